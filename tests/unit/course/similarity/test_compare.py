"""A class with copies that were written on purpose: they come on top, and no honest pair is listed."""

from __future__ import annotations

import random
import resource
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from grader.course.similarity.compare import compared
from grader.course.similarity.works import Work, read_work
from grader.records import Submission, SubmittedFile
from grader.records.similarity import Similarity

SOURCE = """
class Own:
    def collect(self, values):
        total = [one * 2 for one in values if one > 3]
        self.seen = torch.stack(total).mean(0) + values[0]
        while total:
            yield total.pop() - self.seen.std()
        return {key: len(item) for key, item in self.seen.items()}

    def show(self, rows, columns):
        figure, axes = plt.subplots(rows, columns, figsize=(4, 4))
        for axis, image in zip(axes.flat, self.seen):
            axis.imshow(image.permute(1, 2, 0).clip(0, 1), cmap="gray")
        assert figure is not None, rows + columns
"""


def read(place: Path, names: list[str]) -> list[Work]:
    """Submissions as kept clones are read: no git, so that many take moments."""
    works = []
    for name in names:
        paths = sorted((place / name).iterdir())
        files = tuple(SubmittedFile(one.name, one.stat().st_size, f"{name}/{one.name}") for one in paths)
        submission = Submission(name, "folder", name, "", "", "", "", False, f"sha256:{name}", files)
        works.append(read_work(place / name, submission, name))
    return works


def a_class(
    place: Path, maker: ModuleType, rows: int, kinds: tuple[str, ...]
) -> tuple[Similarity, dict[frozenset[str], str]]:
    planted = maker.written(place, rows, kinds)
    works = read(place, sorted(one.name for one in place.iterdir()))
    return compared(works), {frozenset(one.names): one.kind for one in planted}


def listed(found: Similarity) -> list[frozenset[str]]:
    return [frozenset((pair.left.name, pair.right.name)) for pair in found.pairs]


def test_the_renamed_copy_is_on_top_and_no_honest_pair_is_listed(
    tmp_path: Path, similarity_class: ModuleType
) -> None:
    found, planted = a_class(tmp_path, similarity_class, 58, ("renamed",))
    assert [planted[one] for one in listed(found)] == ["renamed"]
    assert found.compared == 60 * 59 // 2
    top = found.pairs[0]
    assert top.score > 0.85
    assert found.median < 0.05
    assert top.above_median == pytest.approx(top.score - found.median, abs=1e-4)
    assert top.excerpts[0].left
    assert len(top.excerpts[0].left) == len(top.excerpts[0].right)


def test_every_kind_of_copy_is_listed_and_nothing_else(tmp_path: Path, similarity_class: ModuleType) -> None:
    found, planted = a_class(tmp_path, similarity_class, 52, tuple(similarity_class.COPIES))
    assert sorted(planted[one] for one in listed(found)) == sorted(similarity_class.COPIES)
    kinds = {planted[one]: pair for one, pair in zip(listed(found), found.pairs, strict=True)}
    assert kinds["notebook"].score == 1.0
    assert kinds["one class"].score < 0.6  # listed for a stretch that nobody else has
    assert [sign.kind for sign in kinds["saved log"].signs] == ["log"]
    assert "5 lines of a saved log" in kinds["saved log"].signs[0].text


@pytest.mark.slow
def test_a_course_of_150_takes_seconds(tmp_path: Path, similarity_class: ModuleType) -> None:
    begin = time.process_time()
    found, planted = a_class(tmp_path, similarity_class, 142, tuple(similarity_class.COPIES))
    assert time.process_time() - begin < 20
    assert found.works == 150
    assert {planted.get(one) for one in listed(found)} == set(similarity_class.COPIES)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * 1024**2


def test_the_order_of_the_submissions_plays_no_part(tmp_path: Path, similarity_class: ModuleType) -> None:
    similarity_class.written(tmp_path, 6)
    works = read(tmp_path, sorted(one.name for one in tmp_path.iterdir()))
    first = compared(works)
    random.Random(1).shuffle(works)
    again = compared(works)
    assert listed(again) == listed(first)
    assert [pair.score for pair in again.pairs] == [pair.score for pair in first.pairs]


def test_the_same_repository_and_the_same_person_are_not_compared(work) -> None:
    one, other = work("ada", a__py=SOURCE), work("bo", b__py=SOURCE)
    assert len(compared([one, other]).pairs) == 1
    same = ("https://github.com/ada/s4", "")
    from dataclasses import replace

    found = compared([replace(one, repository=same), replace(other, repository=same)])
    assert (found.compared, found.not_compared, found.pairs) == (0, 1, ())
    earlier = replace(other, batch="s4-2025")
    assert len(compared([one, earlier]).pairs) == 1
    assert compared([one, replace(earlier, name="Ada")]).not_compared == 1


def test_pairs_of_earlier_years_are_not_listed(work) -> None:
    now = work("ada", a__py=SOURCE)
    then = [work(name, "s4-2025", a__py=SOURCE + f"\nx_{name} = 1\n") for name in ("bo", "cy")]
    found = compared([now, *then])
    assert (found.works, found.earlier_works, found.compared) == (1, 2, 2)
    assert {pair.right.batch for pair in found.pairs} == {"s4-2025"}
    assert {pair.left.name for pair in found.pairs} == {"ada"}


def test_what_was_handed_out_is_nobodys(work) -> None:
    works = [work(name, a__py=SOURCE) for name in ("ada", "bo")]
    starter = work("starter", given__py=SOURCE.replace("Own", "Given").replace("seen", "kept"))
    found = compared(works, starter=starter)
    assert [sign.kind for pair in found.pairs for sign in pair.signs] == ["files"]
    assert found.pairs[0].score == 0.0
    assert found.common > 0


def test_one_submission_and_none() -> None:
    assert compared([]).pairs == ()
    assert compared([Work("ada")]).compared == 0
    assert compared([Work("ada"), Work("bo")]).pairs == ()  # nothing in common, as both are empty


def test_only_the_first_are_given_and_all_are_counted(work) -> None:
    works = [work(name, a__py=SOURCE, x__py=f"{name} = 1\n") for name in ("ada", "bo", "cy")]
    found = compared([*works, *(Work(f"s{number}") for number in range(8))], most=2)
    assert (found.above, len(found.pairs)) == (3, 2)
    assert listed(found) == [frozenset(("ada", "bo")), frozenset(("ada", "cy"))]


def test_a_second_repository_that_several_import_is_nobodys_own(work) -> None:
    one, other = work("ada", a__py=SOURCE), work("bo", b__py=SOURCE)
    shared = {"https://github.com/course/models": tuple(one.hashes)}
    found = compared([replace(one, seconds=shared), replace(other, seconds=shared)])
    assert found.pairs == ()
    assert compared([replace(one, seconds=shared), other]).pairs[0].score > 0.8
