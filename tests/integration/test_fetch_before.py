"""The last commit before a deadline, from real git servers and from repositories on this machine."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.errors import FetchError, GraderError, UsageError
from grader.fetch.also import earlier
from grader.fetch.interface import Caps, fetch
from grader.records import Submission


def _load(name: str) -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


support = _load("git_server")

DAYS = (1, 5, 10, 20)
"""Days of March 2026, noon UTC, at which the commits of `main` were made."""


def history(bare: Path, dates: list[tuple[str, dict[str, str]]], branch: str = "main") -> list[str]:
    """Commits on one branch of a bare repository, each with a date and its files; returns their ids."""
    stream = b""
    for number, (date, files) in enumerate(dates, 1):
        stream += (
            f"commit refs/heads/{branch}\nmark :{number}\ncommitter S <s@example.invalid> {date}\n".encode()
        )
        stream += b"data 4\nwork"
        stream += f"from :{number - 1}\n".encode() if number > 1 else b""
        stream += b"deleteall\n"
        for path, text in files.items():
            content = text.encode()
            stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content)
    marks = bare / "marks"
    support.git(
        "fast-import",
        "--quiet",
        "--force",
        "--date-format=raw",
        f"--export-marks={marks}",
        cwd=bare,
        stdin=stream,
    )
    lines = [line.split() for line in marks.read_text().splitlines()]
    return [commit for _, commit in sorted((int(mark[1:]), commit) for mark, commit in lines)]


def at(day: int, zone: str = "+0000") -> str:
    return f"{1772280000 + 86400 * day} {zone}"  # noon of 28 February and some days: day 1 is 1 March


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "srv").mkdir()
    running = support.GitServer(tmp_path / "srv")
    monkeypatch.setenv("GIT_SSL_CAINFO", str(running.certificate))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    try:
        yield running
    finally:
        running.stop()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.fixture
def bare(server: Any) -> Path:
    return Path(server.publish("work.git"))


@pytest.fixture
def commits(bare: Path) -> list[str]:
    return history(
        bare, [(at(day), {"S4/model.py": f"day = {day}\n", "README.md": "# Work\n"}) for day in DAYS]
    )


def submission(source: str, before: str, **options: Any) -> Submission:
    with fetch(source, before=before, **options) as fetched:
        assert (fetched.root / "README.md").exists()
        return fetched.submission


def fault(source: str, before: str, kind: type[GraderError], **options: Any) -> str:
    with pytest.raises(kind) as raised:
        submission(source, before, **options)
    assert raised.value.hint
    return str(raised.value)


@pytest.mark.parametrize("filters", [True, False], ids=["filters", "sends all"])
@pytest.mark.parametrize("behaviour", ["plain", "old"])
@pytest.mark.parametrize(
    ("before", "index", "later"),
    [
        ("2026-03-10T12:00:00+00:00", 2, "1 later one does not count"),
        ("2026-03-10T17:29:59+05:30", 1, "2 later ones do not count"),
        ("2026-03-10T17:30:00+05:30", 2, "1 later one does not count"),
        ("2027-01-01T00:00:00Z", 3, "no later one"),
    ],
)
def test_the_last_commit_up_to_the_deadline(
    server: Any,
    bare: Path,
    commits: list[str],
    before: str,
    index: int,
    later: str,
    behaviour: str,
    filters: bool,
) -> None:
    support.git("config", "uploadpack.allowFilter", str(filters).lower(), cwd=bare)
    support.git("config", "uploadpack.allowReachableSHA1InWant", "true", cwd=bare)
    found = submission(server.url("work.git", behaviour), before)
    assert found.commit == commits[index]
    assert found.committed_at == f"2026-03-{DAYS[index]:02}T12:00:00+00:00"
    assert later in found.notes[0]
    assert "can be forged" in found.notes[0]
    assert len(found.notes) == 1
    plain = submission(server.url("work.git"), "", ref=commits[index])
    assert (plain.files, plain.tree_digest) == (found.files, found.tree_digest)


def test_without_a_zone_it_is_said(server: Any, commits: list[str]) -> None:
    found = submission(server.url("work.git"), "2026-03-06 00:00")
    assert found.commit == commits[1]
    assert (
        found.notes[1]
        == "The deadline 2026-03-06T00:00:00+00:00 was given without a time zone; UTC was taken."
    )


def test_a_branch_a_folder_and_a_commit(server: Any, bare: Path, commits: list[str]) -> None:
    other = history(
        bare, [(at(2), {"S4/x.py": "1", "README.md": ""}), (at(9), {"README.md": ""})], "feature/x"
    )
    url, before = server.url("work.git"), "2026-03-06T00:00:00Z"
    assert submission(f"{url}/tree/feature/x/S4", before).commit == other[0]
    assert submission(f"{url}/tree/feature/x/S4", before).subfolder == "S4"
    assert submission(f"{url}/tree/main/S4", before, ref="feature/x").commit == other[0]
    assert submission(url, before, ref=commits[3]).commit == commits[1]
    assert submission(url, before, ref="main").ref == "main"


def test_a_folder_that_came_after_the_deadline(server: Any, bare: Path) -> None:
    history(bare, [(at(1), {"README.md": ""}), (at(9), {"README.md": "", "S4/a.py": "1"})])
    said = fault(f"{server.url('work.git')}/tree/main/S4", "2026-03-05T00:00:00Z", FetchError)
    assert "There is no folder S4" in said


def test_nothing_is_old_enough(server: Any, commits: list[str]) -> None:
    said = fault(server.url("work.git"), "2026-02-01T00:00:00+05:30", FetchError)
    assert (
        "No commit on the default branch of plain/work is from before the deadline 2026-02-01T00:00:00+05:30"
        in said
    )
    assert "the oldest is of 2026-03-01T12:00:00+00:00" in said
    assert "UTC was taken" in fault(server.url("work.git"), "2026-02-01 00:00", FetchError)


def test_a_merge_counts_by_its_first_parent(server: Any, bare: Path, commits: list[str]) -> None:
    """Work on another branch, merged after the deadline, was not handed in before it."""
    other = history(bare, [(at(4), {"README.md": "other"})], "other")
    tree = support.git("rev-parse", f"{other[0]}^{{tree}}", cwd=bare)
    merge = support.git("commit-tree", tree, "-p", commits[0], "-p", other[0], "-m", "merge", cwd=bare)
    raw = support.git("cat-file", "commit", merge, cwd=bare).replace("1767323045", at(8).split()[0])
    merge = support.git("hash-object", "-t", "commit", "-w", "--stdin", cwd=bare, stdin=raw.encode() + b"\n")
    support.git("update-ref", "refs/heads/main", merge, cwd=bare)
    assert submission(server.url("work.git"), "2026-03-05T00:00:00Z").commit == commits[0]
    assert submission(server.url("work.git"), "2026-03-09T00:00:00Z").commit == merge


def test_dates_out_of_order_are_pointed_out(server: Any, bare: Path) -> None:
    forged = history(
        bare, [(at(1), {"README.md": "1"}), (at(20), {"README.md": "2"}), (at(2), {"README.md": "3"})]
    )
    found = submission(server.url("work.git"), "2026-03-05T00:00:00Z")
    assert found.commit == forged[2]
    assert f"out of order: {forged[1][:12]}, an ancestor of the commit taken" in found.notes[1]


def test_a_date_that_no_calendar_has(server: Any, bare: Path) -> None:
    history(bare, [("99999999999999 +0000", {"README.md": "1"})])
    assert "99999999999999 seconds after 1970" in fault(
        server.url("work.git"), "2026-03-05T00:00:00Z", FetchError
    )


@pytest.mark.parametrize("form", ["work tree", "git folder", "bare"])
def test_repositories_of_this_machine(form: str, bare: Path, commits: list[str], tmp_path: Path) -> None:
    support.git("clone", "--quiet", str(bare), str(tmp_path / "clone"), cwd=tmp_path)
    (tmp_path / "clone" / "README.md").write_text("changed and not committed")
    place = {"work tree": tmp_path / "clone", "git folder": tmp_path / "clone/.git", "bare": bare}[form]
    found = submission(str(place), "2026-03-06T00:00:00Z")
    assert (found.commit, found.kind, found.dirty) == (commits[1], "git", False)


def test_a_folder_in_a_repository(bare: Path, commits: list[str], tmp_path: Path) -> None:
    support.git("clone", "--quiet", str(bare), str(tmp_path / "clone"), cwd=tmp_path)
    found = submission(str(tmp_path / "clone/S4"), "2026-03-06T00:00:00Z")
    assert (found.commit, found.subfolder) == (commits[1], "S4")


def test_a_folder_without_commits(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    said = fault(str(tmp_path / "work"), "2026-03-06T00:00:00Z", UsageError)
    assert "is in no git repository" in said
    assert "Leave --before out" in said


def test_a_shallow_copy_says_that_it_is_cut(bare: Path, commits: list[str], tmp_path: Path) -> None:
    support.git("clone", "--quiet", "--depth=2", f"file://{bare}", str(tmp_path / "cut"), cwd=tmp_path)
    assert submission(str(tmp_path / "cut"), "2026-03-11T00:00:00Z").commit == commits[2]
    said = fault(str(tmp_path / "cut"), "2026-03-06T00:00:00Z", FetchError)
    assert "that this shallow copy holds" in said


def test_the_cap_holds_for_the_history(server: Any, bare: Path, tmp_path: Path) -> None:
    """The server sends everything; a data set that was deleted again is still in it."""
    work = support.make_repository(tmp_path / "work", {"README.md": "1", "data.bin": os.urandom(3 << 20)})
    (work / "data.bin").unlink()
    server.publish("big.git", support.commit(work))
    caps, before = Caps(clone_bytes=1 << 20), "2027-01-01T00:00:00Z"
    began = time.monotonic()
    said = fault(server.url("big.git"), before, FetchError, caps=caps)
    assert "The repository with its history is larger than 1 MiB" in said
    assert "--ref" in said
    assert time.monotonic() - began < 5
    support.git("config", "uploadpack.allowFilter", "true", cwd=server.folder / "big.git")
    assert submission(server.url("big.git"), before, caps=caps).files


def test_a_server_that_hangs(server: Any) -> None:
    began = time.monotonic()
    with pytest.raises(GraderError, match=r"within 1\.5 s"):
        submission(server.url("work.git", "hang"), "2026-03-05T00:00:00Z", caps=Caps(seconds=1.5))
    assert time.monotonic() - began < 6


def test_a_long_history_is_quick(server: Any, bare: Path) -> None:
    stream = b"".join(
        f"commit refs/heads/main\ncommitter S <s@x.invalid> {1772280000 + number} +0000\ndata 1\nw".encode()
        + (b"M 100644 inline README.md\ndata 1\nx\n" if number == 0 else b"\n")
        for number in range(20_000)
    )
    support.git("fast-import", "--quiet", "--date-format=raw", cwd=bare, stdin=stream)
    support.git("config", "uploadpack.allowFilter", "true", cwd=bare)
    began = time.monotonic()
    found = submission(server.url("work.git"), "2026-02-28T12:00:10Z")
    assert "19989 later ones do not count" in found.notes[0]
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("filters", [True, False], ids=["filters", "sends all"])
def test_a_second_repository_by_its_link(server: Any, bare: Path, commits: list[str], filters: bool) -> None:
    """The folder that was handed in was last changed on the 5th; a branch in the link would win over that."""
    first = Path(server.publish("first.git"))
    history(first, [(at(5), {"S7/a.py": "1", "README.md": ""}), (at(15), {"S7/a.py": "1", "README.md": "2"})])
    for place in (first, bare):
        support.git("config", "uploadpack.allowFilter", str(filters).lower(), cwd=place)
    link, other = f"{server.url('first.git')}/tree/main/S7", server.url("work.git")
    found = submission(link, "", also=(other,)).also[0]
    assert (found.commit, found.folder, found.source) == (commits[1], "work", other)
    assert "before the last change of S7 (2026-03-05T12:00:00+00:00)" in found.notes[0]
    named = submission(link, "2026-03-06T00:00:00Z", also=(f"{other}/tree/main",), also_steps_back=1).also[0]
    assert (named.commit, named.ref, named.earlier_commits) == (commits[3], "main", 0)
    assert named.notes == (
        "Its link names main, so no commit was chosen by a date. The deadline was not applied to it. "
        "No steps back were taken in it.",
    )
    at_commit = submission(link, "", also=(f"lib={other}/tree/{commits[0]}/S4",)).also[0]
    assert (at_commit.commit, at_commit.folder) == (commits[0], "lib")
    assert [file.path for file in at_commit.files] == ["lib/README.md", "lib/S4/model.py"]


@pytest.mark.parametrize("behaviour", ["plain", "old"])
def test_walking_back_on_a_server(server: Any, bare: Path, commits: list[str], behaviour: str) -> None:
    first = Path(server.publish("first.git"))
    history(first, [(at(15), {"README.md": ""})])
    with fetch(server.url("first.git"), also=(server.url("work.git", behaviour),)) as found:
        assert found.submission.also[0].commit == commits[2]
        again = earlier(found, steps=2)
        assert (found.root / "work/S4/model.py").read_text() == "day = 1\n"
        assert again.submission.also[0].commit == commits[0]
        support.git("update-ref", "-d", "refs/heads/main", cwd=bare)
        with pytest.raises(GraderError, match="second repository"):
            earlier(found)
        assert (found.root / "work/S4/model.py").exists()
        assert [place.name for place in found.root.parent.iterdir()] == ["submission"]


def test_a_damaged_repository_of_this_machine(bare: Path, commits: list[str]) -> None:
    blob = support.git("rev-parse", f"{commits[3]}:README.md", cwd=bare)
    for pack in list(
        (bare / "objects/pack").glob("*.pack")
    ):  # each object as a file of its own, so that one can go
        content = pack.read_bytes()
        pack.unlink()
        support.git("unpack-objects", "-q", cwd=bare, stdin=content)
    (bare / "objects" / blob[:2] / blob[2:]).unlink()
    assert "are damaged: git refuses them" in fault(str(bare), "2026-03-06T00:00:00Z", FetchError)
