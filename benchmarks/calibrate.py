"""`python benchmarks/calibrate.py [--check]`: the calibration tables from what was measured; a second.

Reads benchmarks/calibration.toml and the measurements that it names, all of them committed, and writes
grader/evaluation/calibration/{noise_table,honest_ranges,reference_steps}.py. `--check` writes nothing and ends with 1
where a table is not what the measurements give.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

from calibrate_honest import honest_ranges
from calibrate_noise import noise_table
from calibrate_sources import ROOT, CalibrationError
from calibrate_steps import reference_steps

PLACE = ROOT / "grader" / "evaluation" / "calibration"
TABLES = {
    "noise_table.py": noise_table,
    "honest_ranges.py": honest_ranges,
    "reference_steps.py": reference_steps,
}
DECIDES = ("noise_table.py", "reference_steps.py")
AGAIN = (
    "A figure in them decides grades. If one changed, and not only words: raise MEASURING_VERSION in "
    "grader/records/basic.py, say so under Grading in CHANGELOG.md, and add the new figures to "
    "tests/unit/evaluation/test_calibration.py."
)


def main() -> int:
    options = _parsed()
    try:
        made = generated()
    except CalibrationError as error:
        print(f"The calibration tables cannot be made. {error}", file=sys.stderr)
        return 2
    changed = [name for name, text in made.items() if _there(name) != text]
    for name in made:
        print(f"{name}: {'other than before' if name in changed else 'unchanged'}")
    if not options.check:
        for name in changed:
            (PLACE / name).write_text(made[name], "utf-8")
    if any(name in DECIDES for name in changed):
        print(AGAIN)
    return 1 if options.check and changed else 0


def generated(root: Path = ROOT) -> dict[str, str]:
    """File name → text of each table, from the measurements below `root`.

    Raises:
        CalibrationError: a measurement is missing or cannot be used.
    """
    place = root / "benchmarks" / "calibration.toml"
    try:
        asked = tomllib.loads(place.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CalibrationError(f"{place.name} cannot be read: {error}.") from error
    return {name: table(asked, root) for name, table in TABLES.items()}


def _there(name: str) -> str:
    place = PLACE / name
    return place.read_text("utf-8") if place.is_file() else ""


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a table is another one")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
