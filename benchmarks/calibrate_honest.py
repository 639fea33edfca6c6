"""What honest models show in each integrity probe, from two sources: `benchmarks/probes.py` and stored references.

The references' figures stand in the sentences of their probes, which are ours; a sentence that cannot be read is an
error, so that a probe cannot drop out of its range unseen. Models with a mistake on purpose count in the probes that
do not mention it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibrate_code import module, text
from calibrate_sources import ROOT, CalibrationError, number, shown, stored, table_with

from grader.evaluation.calibration.rows import Honest

Figures = list[tuple[str, float]]
"""(model, what it shows); a model may have several."""


@dataclass(frozen=True)
class Probe:
    """Where a probe's figure stands, and how its range is said.

    column: of the table of `benchmarks/probes.py`, "" where it has none; its figure is divided by `scale`.
    sentence: of a stored probe; its first group is the figure, `images` how many it is a share of, `less` is taken off.
    """

    words: Callable[[list[float]], str]
    column: str = ""
    sentence: str = ""
    scale: float = 1.0


def count(values: list[float]) -> str:
    return f"{max(values):,.0f}"


def share(values: list[float]) -> str:
    return f"{100 * max(values):.2g} %"


def above_chance(values: list[float]) -> str:
    most = max(values)
    return f"at most {100 * most:.1f} points above chance" if most > 0 else "no better than chance"


def fall(values: list[float]) -> str:
    return f"a fall of at most {100 * max(0.0, *values):.1f} points"


def spread(values: list[float]) -> str:
    return f"{100 * min(values):.0f} to {100 * max(values):.0f} %"


IMAGES = r"(?P<images>[\d,]+) test images"
ORDERS = rf"(?P<figure>[\d.]+) % of {IMAGES} got other scores"
ANSWERS = rf"of {IMAGES} got other scores and (?P<figure>[\d.]+) % another answer"
MEASURED = {
    "hidden values": Probe(count, "", r"Operators take (?P<figure>[\d,]+) values"),
    "learning while predicting": Probe(share, "changed", ANSWERS, 100),
    "perturbed images": Probe(
        fall,
        "perturbed drop",
        rf"on {IMAGES} the accuracy goes from (?P<figure>[\d.]+) % to (?P<less>[\d.]+) %",
        100,
    ),
    "scrambled state": Probe(
        above_chance,
        "scrambled above chance",
        rf"shuffled, (?P<figure>[\d.]+) % of {IMAGES} are right \(chance (?P<less>[\d.]+) %",
        100,
    ),
    "start and seed": Probe(
        share, "same start", r"initial values, [\d,]+ \((?P<figure>[\d.]+) %\) are the same", 100
    ),
    "steps": Probe(count, "writes", r"at most (?P<figure>[\d.]+) times a step"),
    "tensors outside of the state": Probe(count, "outside bytes", r"training (?P<figure>[\d,]+) bytes"),
    "two orders": Probe(share, "moved", ORDERS, 100),
    "untrained accuracy": Probe(spread, "untrained", rf"it tells (?P<figure>[\d.]+) % of {IMAGES}", 100),
}
"""Probes with a figure."""
SAYS = {"learning while predicting": "two orders"}
"""Probes whose figure stands in another one's sentence."""
EVENTS = ("all probes", "batch sizes", "finite scores", "repository", "state size", "state while predicting")
"""Probes that are raised or not: their range is how many honest models raise them."""
STATED_ONLY = ("buffers", "files in passing")


def honest_ranges(asked: dict[str, Any], root: Path = ROOT) -> str:
    """The module's text; raises as `ranges` does."""
    found = ranges(asked["honest"], root)
    lines = [
        f"    {text(name)}: Honest(most={one.most!r}, models={one.models}, text={text(one.text)}),"
        for name, one in sorted(found.items())
    ]
    names = ", ".join(place.stem for place in _references(asked["honest"], root))
    sources = [asked["honest"]["models"], f"the probes of {asked['honest']['references']}: {names}"]
    imports = "from grader.evaluation.calibration.rows import Honest"
    what = "What honest models show in the integrity probes, in the units of their thresholds."
    return module(what, sources, imports, "HONEST", "dict[str, Honest]", lines)


def ranges(asked: dict[str, Any], root: Path = ROOT) -> dict[str, Honest]:
    """Probe → its range.

    Args:
        asked: the table `honest` of calibration.toml.

    Raises:
        CalibrationError: a measurement is missing or cannot be read, or an honest model raised a probe.
    """
    mistakes: dict[str, list[str]] = asked["mistakes"]
    own = _calibrated(root / asked["models"], mistakes)
    others = [_Reference(place, asked["enough_images"]) for place in _references(asked, root)]
    for other in others:
        other.check()
    found = {}
    for name, probe in MEASURED.items():
        figures = [*own(name, probe), *(figure for other in others for figure in other.figures(name, probe))]
        values = [value for _, value in figures]
        found[name] = Honest(round(max(values), 6), len(dict(figures)), probe.words(values))
    for name in EVENTS:  # each of them was looked at in every model, and an honest one does not raise it
        models = len(own(name, MEASURED["steps"])) + len(others)
        found[name] = Honest(0.0, models, "0")
    return found | dict(_stated(found, asked["stated"]))


def _stated(found: dict[str, Honest], stated: dict[str, list[str]]) -> Iterator[tuple[str, Honest]]:
    for name, (words, _) in stated.items():
        if not words.startswith(","):
            yield name, Honest(0.0, 0, words)
        else:
            yield name, Honest(found[name].most, found[name].models, found[name].text + words)


def _references(asked: dict[str, Any], root: Path) -> list[Path]:
    """The stored results of trained reference models."""
    places = sorted((root / asked["references"]).glob("*.json"))
    return [place for place in places if stored(place).get("evidence", {}).get("integrity", {}).get("probes")]


# --- the table of benchmarks/probes.py ----------------------------------------------------------------------


def _calibrated(place: Path, mistakes: dict[str, list[str]]) -> Callable[[str, Probe], Figures]:
    """What its honest models show in a probe, without those whose mistake the probe mentions."""
    rows = table_with(place, "model", "raised", *(one.column for one in MEASURED.values() if one.column))
    best = {row["model"]: row["highest"] for row in table_with(place, "model", "highest")}
    for row in rows:
        raised = {one.partition(" (")[0] for one in row["raised"].split(", ")} - {"-"}
        if unknown := raised - set(mistakes.get(row["model"], [])):
            raise CalibrationError(f"{shown(place)}: {row['model']} is honest and raises {min(unknown)}.")

    def figures(name: str, probe: Probe) -> Figures:
        kept = [row for row in rows if name not in mistakes.get(row["model"], [])]
        cells = [(row["model"], row[probe.column]) for row in kept if probe.column]
        if name == "untrained accuracy":
            cells += [(row["model"], best[row["model"]]) for row in kept if row["model"] in best]
        return [(model, number(place, cell) / probe.scale) for model, cell in cells]

    return figures


# --- stored references --------------------------------------------------------------------------------------


class _Reference:
    """The probes of one stored run."""

    def __init__(self, place: Path, enough_images: int) -> None:
        probes = stored(place)["evidence"]["integrity"]["probes"]
        self._place, self._enough = place, enough_images
        self._details = {one["name"]: one["detail"] for one in probes}
        self.weights = {one["name"]: one["weight"] for one in probes}

    def check(self) -> None:
        """A reference is honest, so what raises a probe in it is a fault of the probe or of the reference."""
        for name, weight in self.weights.items():
            if weight != "clean" and name not in STATED_ONLY:
                raise CalibrationError(
                    f"{shown(self._place)}: the reference is honest and raises {name} ({weight})."
                )

    def figures(self, name: str, probe: Probe) -> Figures:
        """One figure, or none where too few images were looked at, or the probe was not run."""
        detail = self._details.get(SAYS.get(name, name))
        if detail is None:
            return []
        found = re.search(probe.sentence, detail)
        if found is None:
            raise CalibrationError(
                f'{shown(self._place)}: no figure of "{name}" is in its sentence: {detail}'
            )
        groups = {key: number(self._place, value) for key, value in found.groupdict().items()}
        if groups.get("images", self._enough) < self._enough:
            return []
        return [(self._place.stem, (groups["figure"] - groups.get("less", 0.0)) / probe.scale)]
