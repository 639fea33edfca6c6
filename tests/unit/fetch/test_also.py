"""Second repositories: where they lie, which commit is taken, and what they do to the digest."""

from __future__ import annotations

import importlib.util
import os
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.errors import FetchError, UsageError
from grader.fetch.also import earlier
from grader.fetch.digest import tree_digest
from grader.fetch.interface import Caps, fetch
from grader.records import SecondRepository, Submission


def _load(name: str) -> ModuleType:
    place = Path(__file__).parents[2] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")


def commits(bare: Path, days: dict[int, dict[str, str]]) -> Path:
    """A bare repository with a commit on some days of March 2026, noon UTC; each adds or changes files."""
    bare.mkdir(parents=True)
    support.git("init", "--quiet", "--bare", cwd=bare)
    stream = b""
    for day, files in days.items():
        stream += (
            f"commit refs/heads/main\ncommitter S <s@x.invalid> {1772280000 + 86400 * day} +0000\n".encode()
        )
        stream += b"data 4\nwork"
        for path, text in files.items():
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (
                path.encode(),
                len(text.encode()),
                text.encode(),
            )
        stream += b"\n"
    support.git("fast-import", "--quiet", "--date-format=raw", cwd=bare, stdin=stream)
    return bare


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """S7 was last changed on the 5th, the repository on the 20th."""
    days = {1: {"README.md": "#"}, 5: {"S7/train.py": "import models"}, 20: {"S8/train.py": "1"}}
    return commits(tmp_path / "hers/work.git", days)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    days = {day: {"models/net.py": f"day = {day}\n"} for day in (2, 4, 6, 19, 25)}
    return commits(tmp_path / "hers/shared-models.git", days)


def fetched(source: Path, *also: Path | str, **options: Any) -> Submission:
    with fetch(str(source), also=tuple(map(str, also)), **options) as found:
        for second in found.submission.also:
            staged = {
                f"{second.folder}/{p.relative_to(found.root / second.folder)}"
                for p in (found.root / second.folder).rglob("*")
                if p.is_file()
            }
            assert staged == {file.path for file in second.files}
        return found.submission


def second(found: Submission) -> SecondRepository:
    assert len(found.also) == 1
    return found.also[0]


def test_it_lies_in_a_folder_of_its_name(work: Path, shared: Path) -> None:
    with fetch(str(work), also=(str(shared),)) as found:
        assert (found.root / "shared-models/models/net.py").read_text() == "day = 19\n"
        one = second(found.submission)
        assert [file.path for file in found.submission.files] == ["README.md", "S7/train.py", "S8/train.py"]
        assert sorted(os.listdir(found.root.parent)) == ["submission"]
    assert (one.kind, one.folder, one.name, one.ref) == ("git", "shared-models", "shared-models", "")
    assert [file.path for file in one.files] == ["shared-models/models/net.py"]
    assert one.committed_at == "2026-03-19T12:00:00+00:00"
    assert one.earlier_commits == 3
    assert one.notes[0].startswith(
        "Taken is the last commit before the submission's own commit (2026-03-20T12:00:00+00:00): "
    )
    assert "1 later one does not count" in one.notes[0]


def test_the_folder_that_was_handed_in_sets_the_date(work: Path, shared: Path) -> None:
    """A repository of many sessions goes on; the code of session 7 was written against what there was then."""
    clone = work.parent / "clone"
    support.git("clone", "--quiet", str(work), str(clone), cwd=work.parent)
    found = fetched(clone / "S7", shared, ref="main")
    assert found.subfolder == "S7"
    assert second(found).committed_at == "2026-03-04T12:00:00+00:00"
    assert "before the last change of S7 (2026-03-05T12:00:00+00:00)" in second(found).notes[0]


def test_another_second_repository_is_other_evidence(work: Path, shared: Path) -> None:
    alone = fetched(work)
    one, back = fetched(work, shared), fetched(work, shared, also_steps_back=1)
    named = fetched(work, f"lib={shared}")
    assert alone.tree_digest == tree_digest(alone.files)
    assert len({alone.tree_digest, one.tree_digest, back.tree_digest, named.tree_digest}) == 4
    assert fetched(work, shared).tree_digest == one.tree_digest
    assert alone.files == one.files
    assert second(one).tree_digest != second(back).tree_digest
    assert second(named).folder == "lib"


def test_steps_back(work: Path, shared: Path) -> None:
    one = second(fetched(work, shared, also_steps_back=2))
    assert (one.committed_at, one.earlier_commits, one.steps_back) == ("2026-03-04T12:00:00+00:00", 1, 2)
    assert one.notes[-1] == "2 newer commits were stepped over: the code was taken from before."
    with pytest.raises(FetchError, match=r"second repository \(.*\) was not taken.*no 4 commits before"):
        fetched(work, shared, also_steps_back=4)
    with pytest.raises(UsageError, match="below zero"):
        fetched(work, shared, also_steps_back=-1)


def test_walking_back(work: Path, shared: Path) -> None:
    with fetch(str(work), also=(str(shared),)) as found:
        seen = [found]
        while second(seen[-1].submission).earlier_commits:
            seen.append(earlier(seen[-1]))
            text = (found.root / "shared-models/models/net.py").read_text()
            assert text == f"day = {int(second(seen[-1].submission).committed_at[8:10])}\n"
        with pytest.raises(FetchError, match="0 can be reached"):
            earlier(seen[-1])
        assert sorted(os.listdir(found.root.parent)) == ["submission"]
    ones = [second(each.submission) for each in seen]
    assert [one.committed_at[8:10] for one in ones] == ["19", "06", "04", "02"]
    assert [one.steps_back for one in ones] == [0, 1, 2, 3]
    assert [one.earlier_commits for one in ones] == [3, 2, 1, 0]
    assert ones[3].notes == (
        ones[0].notes[0],
        "3 newer commits were stepped over: the code was taken from before.",
    )
    assert len({each.submission.tree_digest for each in seen}) == 4
    assert seen[2].submission.tree_digest == fetched(work, shared, also_steps_back=2).tree_digest


def test_a_deadline_holds_for_both(work: Path, shared: Path, tmp_path: Path) -> None:
    found = fetched(work, shared, before="2026-03-07T00:00:00Z")
    assert found.committed_at == "2026-03-05T12:00:00+00:00"
    assert second(found).committed_at == "2026-03-04T12:00:00+00:00"
    late = commits(tmp_path / "late.git", {9: {"net.py": "1"}})
    with pytest.raises(FetchError, match="No commit on the default branch of late is from before"):
        fetched(work, late, before="2026-03-07T00:00:00Z")


def test_one_that_is_younger_than_the_work(work: Path, tmp_path: Path) -> None:
    """Its history was made anew, or the dates are wrong: the work is read with its oldest commit, and that is said."""
    late = commits(tmp_path / "late.git", {21: {"net.py": "1"}, 22: {"net.py": "2"}})
    one = second(fetched(work, late))
    assert one.committed_at == "2026-03-21T12:00:00+00:00"
    assert one.notes[0].endswith("the oldest was taken, of 2026-03-21T12:00:00+00:00.")


def test_a_submission_without_a_date(shared: Path, tmp_path: Path) -> None:
    support.write_files(tmp_path / "plain", {"a.py": "1"})
    one = second(fetched(tmp_path / "plain", shared))
    assert one.committed_at == "2026-03-25T12:00:00+00:00"
    assert one.notes == ("The submission has no commit date to go by, so the newest commit was taken.",)
    assert second(fetched(tmp_path / "plain", shared, also_steps_back=1)).committed_at[8:10] == "19"


def test_a_submission_whose_date_is_nonsense(shared: Path, tmp_path: Path) -> None:
    bare = commits(tmp_path / "odd.git", {1: {"a.py": "1"}})
    raw = support.git("cat-file", "commit", "main", cwd=bare)
    raw = raw.replace(" +0000", " +9999")
    made = support.git("hash-object", "-t", "commit", "-w", "--stdin", cwd=bare, stdin=raw.encode() + b"\n")
    support.git("update-ref", "refs/heads/main", made, cwd=bare)
    one = second(fetched(bare, shared))
    assert one.notes == ("The submission has no commit date to go by, so the newest commit was taken.",)


def test_folders_and_archives(work: Path, tmp_path: Path) -> None:
    support.write_files(tmp_path / "lib", {"net.py": "1"})
    with zipfile.ZipFile(tmp_path / "tools-main.zip", "w") as archive:
        archive.writestr("tools-main/tool.py", "1")
    found = fetched(work, tmp_path / "lib", tmp_path / "tools-main.zip", also_steps_back=1)
    assert [
        (one.kind, one.folder, one.commit, one.earlier_commits, one.steps_back) for one in found.also
    ] == [
        ("folder", "lib", "", 0, 0),
        ("archive", "tools-main", "", 0, 0),
    ]
    assert found.also[0].notes == ("It is a folder: taken as it is.",)
    assert found.also[1].files[0].path == "tools-main/tool.py"


def test_names_that_are_taken(tmp_path: Path, work: Path) -> None:
    support.write_files(tmp_path / "mine", {"lib/own.py": "1", "README.md": "#"})
    for place in ("a/lib", "b/lib", "c/lib"):
        support.write_files(tmp_path / place, {"net.py": place})
    with fetch(str(tmp_path / "mine"), also=tuple(str(tmp_path / p) for p in ("a/lib", "b/lib"))) as found:
        assert (found.root / "lib/own.py").exists()
        assert (found.root / "lib__also/net.py").read_text() == "a/lib"
        assert (found.root / "lib__also__2/net.py").read_text() == "b/lib"
        note = found.submission.also[0].notes[0]
    assert note == "The submission has lib itself; that one stays, and this repository lies in lib__also."
    found_too = fetched(work, *(tmp_path / p for p in ("a/lib", "b/lib", "c/lib")))
    assert [one.folder for one in found_too.also] == ["lib", "lib__2", "lib__3"]
    assert (
        found_too.also[1].notes[0] == "Another second repository has the name lib; this one lies in lib__2."
    )


@pytest.mark.parametrize("name", [".hidden", "new\nline"])
def test_a_name_that_no_folder_should_have(name: str, tmp_path: Path, work: Path) -> None:
    support.write_files(tmp_path / name, {"net.py": "1"})
    one = second(fetched(work, tmp_path / name))
    assert one.folder in ("also", "new\\x0aline")
    assert "\n" not in one.folder


def test_faults_say_that_it_is_the_second(work: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"The second repository \(no/such\) was not taken\. There is no folder"
    ):
        fetched(work, "no/such")
    with pytest.raises(FetchError, match=r"The second repository \(https://github\.com/o\) was not taken"):
        fetched(work, "https://github.com/o?token=s3cret")
    with pytest.raises(UsageError, match="5 second repositories were named, and at most 4"):
        fetched(work, *["x"] * 5)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FetchError, match="was not taken"):
        fetched(work, tmp_path / "empty")


def test_caps_hold_for_it(work: Path, tmp_path: Path) -> None:
    support.write_files(tmp_path / "many", {f"{number}.py": "" for number in range(9)})
    with pytest.raises(FetchError, match=r"second repository.*more than 8 files"):
        fetched(work, tmp_path / "many", caps=Caps(files=8))


def test_files_that_are_left_out_are_named_in_place(work: Path, tmp_path: Path) -> None:
    support.write_files(tmp_path / "lib", {"net.py": "1"})
    (tmp_path / "lib/out").symlink_to("/etc")
    one = second(fetched(work, tmp_path / "lib"))
    assert [(left.path, left.reason) for left in one.left_out] == [("lib/out", "a symbolic link")]
