"""What two submissions have in common beside their code: files by digest, saved logs, the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.course.similarity.scores import rarity
from grader.course.similarity.works import Work
from grader.records.similarity import Sign, SignKind

LEAST_LOG_LINES = 3
"""One equal loss can be chance; three lines with all their decimals hardly are."""
SURE_LOG_LINES = 6
"""From so many lines on the sign is as strong as it gets."""


@dataclass(frozen=True)
class Signs:
    """How many of the works have each thing; made once for all of them."""

    works: int
    trees: Counter[str]
    notebooks: Counter[str]
    weights: Counter[str]
    logs: Counter[int]
    networks: Counter[str]
    starter: Work

    def of(self, left: Work, right: Work) -> tuple[Sign, ...]:
        """The signs of a pair, the strongest first. The same network is a weak one and never lists a pair by itself."""
        makers: tuple[Callable[[Work, Work], Iterable[Sign]], ...] = (
            self._files,
            self._notebooks,
            self._weights,
            self._logs,
            self._network,
        )
        found = [sign for make in makers for sign in make(left, right)]
        return tuple(sorted(found, key=lambda one: (-one.strength, one.kind)))

    def _files(self, left: Work, right: Work) -> Iterator[Sign]:
        if left.tree_digest and left.tree_digest == right.tree_digest:
            having = self.trees[left.tree_digest]
            yield self._sign("files", "All files are the same", having)

    def _notebooks(self, left: Work, right: Work) -> Iterator[Sign]:
        known = self.starter.notebooks
        yield from self._same(left.notebooks, right.notebooks, known, self.notebooks, "notebook")

    def _weights(self, left: Work, right: Work) -> Iterator[Sign]:
        known = self.starter.weights
        yield from self._same(left.weights, right.weights, known, self.weights, "weights")

    def _same(
        self,
        left: Mapping[str, str],
        right: Mapping[str, str],
        known: Mapping[str, str],
        having: Counter[str],
        kind: Literal["notebook", "weights"],
    ) -> Iterator[Sign]:
        """The rarest file that both have, byte for byte."""
        both = (left.keys() & right.keys()) - known.keys()
        if not both:
            return
        rarest = min(both, key=lambda digest: (having[digest], left[digest], digest))
        what = "The same notebook, byte for byte" if kind == "notebook" else "The same weights, byte for byte"
        names = left[rarest] if left[rarest] == right[rarest] else f"{left[rarest]} and {right[rarest]}"
        more = f", and {len(both) - 1} more" if len(both) > 1 else ""
        yield self._sign(kind, f"{what}: {names}{more}", having[rarest])

    def _logs(self, left: Work, right: Work) -> Iterator[Sign]:
        both = (left.logs.keys() & right.logs.keys()) - self.starter.logs.keys()
        rare = [key for key in sorted(both) if rarity(self.logs[key], self.works) > 0]
        if len(rare) < LEAST_LOG_LINES:
            return
        having = sorted(self.logs[key] for key in rare)[len(rare) // 2]
        text = f'{len(rare)} lines of a saved log with the same numbers, such as "{left.logs[rare[0]]}"'
        yield self._sign("log", text, having, min(1.0, len(rare) / SURE_LOG_LINES))

    def _network(self, left: Work, right: Work) -> Iterator[Sign]:
        if left.network and left.network == right.network:
            having = self.networks[left.network]
            if rarity(having, self.works):
                yield self._sign("network", "The same network, operator by operator", having, 0.0)

    def _sign(self, kind: SignKind, text: str, having: int, share: float = 1.0) -> Sign:
        sentence = f"{text}. {having} of {self.works} have this."
        return Sign(kind, sentence, having, round(share * rarity(having, self.works), 4))


def signs_among(works: Sequence[Work], starter: Work) -> Signs:
    """What there is to be found in these works; what the starter has is nobody's sign."""
    return Signs(
        works=len(works),
        trees=Counter(work.tree_digest for work in works if work.tree_digest),
        notebooks=Counter(digest for work in works for digest in work.notebooks),
        weights=Counter(digest for work in works for digest in work.weights),
        logs=Counter(key for work in works for key in work.logs),
        networks=Counter(work.network for work in works if work.network),
        starter=starter,
    )
