"""An archive as the source: honest ones, odd ones, hostile ones."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import time
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import FetchError, GraderFault, UsageError
from grader.fetch.archive import kind_of_file
from grader.fetch.interface import Caps, fetch
from grader.records import Submission

Files = dict[str, bytes]
WORK: Files = {"README.md": b"# Work\n", "model.py": b"import torch\n", "sub/a b.py": b"1"}


def as_zip(place: Path, files: Files) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are packed twice on purpose
        for name, content in files.items():
            archive.writestr(name, content)
    return place


def as_tar(place: Path, files: Files, mode: str = "w:gz") -> Path:
    with tarfile.open(place, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return place


def tar_of(place: Path, *infos: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> Path:
    with tarfile.open(place, "w", format=format) as archive:
        for info, content in infos:
            info.size = info.size or len(content)
            archive.addfile(info, io.BytesIO(content) if content else None)
    return place


def entry(name: str, kind: bytes = tarfile.REGTYPE, **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in changes.items():
        setattr(info, key, value)
    return info


def submission(source: Path, caps: Caps = Caps()) -> Submission:  # noqa: B008 - frozen
    with fetch(str(source), caps=caps) as fetched:
        return fetched.submission


def paths(found: Submission) -> list[str]:
    return [file.path for file in found.files]


def reasons(found: Submission) -> dict[str, str]:
    return {item.path: item.reason for item in found.left_out}


def refused(source: Path, said: str, caps: Caps = Caps()) -> None:  # noqa: B008 - frozen
    with pytest.raises(FetchError, match=said) as raised:
        submission(source, caps)
    assert raised.value.hint
    assert str(source.parent) not in str(raised.value)


PACKERS: dict[str, Callable[[Path, Files], Path]] = {
    "work.zip": as_zip,
    "work.tar": lambda place, files: as_tar(place, files, "w"),
    "work.tar.gz": lambda place, files: as_tar(place, files, "w:gz"),
    "work.tgz": lambda place, files: as_tar(place, files, "w:gz"),
    "work.tar.xz": lambda place, files: as_tar(place, files, "w:xz"),
    "work.tar.bz2": lambda place, files: as_tar(place, files, "w:bz2"),
    "work.ipynb": as_zip,  # the name says nothing
}


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_honest_archives(name: str, tmp_path: Path) -> None:
    with fetch(str(PACKERS[name](tmp_path / name, WORK))) as fetched:
        found, root = fetched.submission, fetched.root
        assert {path: (root / path).read_bytes() for path in paths(found)} == WORK
        files = [place for place in root.rglob("*") if place.is_file()]
        assert {stat.S_IMODE(place.stat().st_mode) for place in files} == {0o644}
        assert {stat.S_IMODE(p.stat().st_mode) for p in root.rglob("*") if p.is_dir()} == {0o755}
    assert not root.exists()
    assert (found.kind, found.commit, found.left_out, found.notes) == ("archive", "", (), ())
    assert found.name == ("work" if "ipynb" not in name else "work.ipynb")
    (tmp_path / "folder").mkdir()
    for path, content in WORK.items():
        (tmp_path / "folder" / path).parent.mkdir(exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(content)
    assert found.tree_digest == submission(tmp_path / "folder").tree_digest


def test_what_is_no_archive(tmp_path: Path) -> None:
    for name, content in {"work.zip": b"not packed", "empty.tar": b"", "zeros.tar": b"\0" * 10240}.items():
        (tmp_path / name).write_bytes(content)
        assert kind_of_file(tmp_path / name) == ""
        with pytest.raises(UsageError, match="is a file, not a folder"):
            submission(tmp_path / name)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive, which is not read"),
        (b"Rar!\x1a\x07\x01\x00", "is a RAR archive, which is not read"),
        (b"\x28\xb5\x2f\xfd", "is packed by Zstandard, which is not read"),
        (b"PK\x03\x04" + b"x" * 50, "is damaged"),
        (gzip.compress(b"print(1)\n"), "holds no tar archive"),
        (lzma.compress(b"x" * 2000), "holds no tar archive"),
        (bz2.compress(b"x" * 2000), "holds no tar archive"),
        (b"\x1f\x8b" + b"x" * 50, "is damaged"),
        (b"\xfd7zXZ\x00" + b"x" * 50, "is damaged"),
        (b"BZh" + b"x" * 50, "is damaged"),
    ],
    ids=["7z", "rar", "zstd", "zip", "gz of text", "xz of text", "bz2 of text", "gz", "xz", "bz2"],
)
def test_what_cannot_be_read(start: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "work.any").write_bytes(start)
    refused(tmp_path / "work.any", rf"work\.any.*{said}")


@pytest.mark.parametrize("option", [{"ref": "main"}, {"before": "2026-03-01T00:00:00Z"}])
def test_an_archive_has_no_commits(option: dict[str, str], tmp_path: Path) -> None:
    place = as_zip(tmp_path / "work.zip", WORK)
    with pytest.raises(UsageError, match="holds no commits") as raised, fetch(str(place), **option):  # type: ignore[arg-type]
        pass
    assert f"--{next(iter(option))}" in raised.value.hint


def test_one_folder_around_everything_is_the_root(tmp_path: Path) -> None:
    junk = {"__MACOSX/r-main/._model.py": b"x", ".DS_Store": b"x", "r-main/.DS_Store": b"x"}
    files = {f"r-main/{path}": content for path, content in WORK.items()}
    for place in (as_zip(tmp_path / "r.zip", files | junk), as_tar(tmp_path / "r.tgz", files | junk)):
        found = submission(place)
        assert paths(found) == sorted(WORK)
        assert found.left_out == ()
        assert found.notes == (
            "Everything in the archive lies in the folder r-main; that folder was taken as the root.",
        )


def test_a_package_and_two_folders_keep_their_place(tmp_path: Path) -> None:
    package = {"net/__init__.py": b"", "net/model.py": b"1"}
    assert paths(submission(as_zip(tmp_path / "p.zip", package))) == sorted(package)
    two = {"a/model.py": b"1", "b/README.md": b"1"}
    assert paths(submission(as_zip(tmp_path / "t.zip", two))) == sorted(two)


def test_copies_of_a_repository_and_caches_are_left_out(tmp_path: Path) -> None:
    files = {f"w/{path}": content for path, content in WORK.items()}
    files |= {
        "w/.git/config": b"[core]",
        "w/__pycache__/x.pyc": b"1",
        "w/venv/pyvenv.cfg": b"",
        "w/venv/lib/x.py": b"1",
    }
    files |= {"w/sub/.ipynb_checkpoints/a.ipynb": b"{}"}
    found = submission(as_zip(tmp_path / "w.zip", files))
    assert paths(found) == sorted(WORK)
    assert reasons(found) == {
        "__pycache__": "a cache of Python",
        "venv": "a virtual environment of Python",
        "sub/.ipynb_checkpoints": "copies made by Jupyter",
    }


@pytest.mark.parametrize("name", ["/etc/x.py", "//x.py", "C:/x.py", "a/../../x.py", "..", "../x.py"])
@pytest.mark.parametrize("pack", [as_zip, as_tar], ids=["zip", "tar"])
def test_members_that_lead_elsewhere(name: str, pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    place = pack(tmp_path / "evil", {"model.py": b"1", name: b"2"})
    refused(place, r"evil: the member .* (has an absolute path|leads out of the archive)")


def test_backslashes_of_windows(tmp_path: Path) -> None:
    place = tmp_path / "w.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for name, system in (("sub\\model.py", 0), ("a\\b.py", 3)):
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.create_system = system
            archive.writestr(info, b"1")
    assert paths(submission(place)) == ["a\\b.py", "sub/model.py"]
    with zipfile.ZipFile(place, "w") as archive:
        info = zipfile.ZipInfo("x")
        info.filename, info.create_system = "..\\x.py", 0
        archive.writestr(info, b"1")
    refused(place, "leads out of the archive")


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    infos = [entry("model.py"), entry("s", tarfile.SYMTYPE, linkname="/etc/passwd")]
    infos += [entry("h", tarfile.LNKTYPE, linkname="model.py", size=7), entry("p", tarfile.FIFOTYPE)]
    infos += [entry("c", tarfile.CHRTYPE), entry("b", tarfile.BLKTYPE), entry("end.py")]
    place = tar_of(tmp_path / "w.tar", *((info, b"") for info in infos))
    found = submission(place)
    assert paths(found) == ["end.py", "model.py"]
    assert reasons(found) == {
        "s": "a symbolic link",
        "h": "a hard link",
        "p": "a named pipe",
        "c": "a device",
        "b": "a device",
    }
    info = zipfile.ZipInfo("s")
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
        archive.writestr("model.py", "1")
    assert reasons(submission(tmp_path / "w.zip")) == {"s": "a symbolic link"}


def test_a_link_and_then_a_file_behind_it(tmp_path: Path) -> None:
    link = (entry("out", tarfile.SYMTYPE, linkname=str(tmp_path)), b"")
    with fetch(
        str(tar_of(tmp_path / "w.tar", link, (entry("out/x.py"), b"1"), (entry("a.py"), b"1")))
    ) as fetched:
        assert (fetched.root / "out").is_dir()
        assert not (fetched.root / "out").is_symlink()
    assert not (tmp_path / "x.py").exists()


@pytest.mark.parametrize("pack", ["zip", "tar"])
def test_a_member_that_comes_twice(pack: str, tmp_path: Path) -> None:
    place = tmp_path / "w"
    if pack == "tar":
        tar_of(place, (entry("a.py"), b"1"), (entry("./a.py"), b"2"))
    else:
        with zipfile.ZipFile(place, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            archive.writestr("a.py", "1")
            archive.writestr("a.py", "2")
    refused(place, r"w: the member a\.py is in it twice")


def test_a_file_where_a_folder_is(tmp_path: Path) -> None:
    found = submission(as_zip(tmp_path / "w.zip", {"a": b"1", "a/b.py": b"2", "c.py": b"3"}))
    assert reasons(found) == {"a/b.py": "another file or folder has the same name here"}


def test_names_that_differ_by_case_are_named(tmp_path: Path) -> None:
    found = submission(as_zip(tmp_path / "w.zip", {"S4/a.py": b"1", "s4/b.py": b"2"}))
    assert paths(found) == ["S4/a.py", "s4/b.py"]
    assert "S4 and s4 differ only by case" in found.notes[0]


def test_odd_names_are_left_out(tmp_path: Path) -> None:
    odd = {"a.py": b"1", "new\nline.py": b"1", "\x1b[31m.py": b"1", "n" * 300: b"1", "gnp.\u202efdp": b"1"}
    expected = {
        "new\\x0aline.py": "its name holds control, bidirectional or unassigned characters",
        "\\x1b[31m.py": "its name holds control, bidirectional or unassigned characters",
        "gnp.\\u202efdp": "its name holds control, bidirectional or unassigned characters",
        "n" * 300: "its name is longer than 255 bytes",
    }
    for pack in (as_zip, as_tar):
        found = submission(pack(tmp_path / "w", odd))
        assert paths(found) == ["a.py"]
        assert reasons(found) == expected


def test_names_in_bytes(tmp_path: Path) -> None:
    """UTF-8 without the flag is read as what it is; other code pages and a zero byte are left out."""
    place = as_zip(tmp_path / "w.zip", {"a.py": b"1", "cafXX.py": b"2", "zooY.py": b"3", "nulZ.py": b"4"})
    raw = (
        place.read_bytes()
        .replace(b"cafXX", "caf\u00e9".encode())
        .replace(b"zooY", b"zoo\x82")
        .replace(b"nulZ", b"nul\0")
    )
    place.write_bytes(raw)
    found = submission(place)
    assert paths(found) == ["a.py", "caf\u00e9.py"]
    assert reasons(found) == {
        "zoo\\x82.py": "its name is not UTF-8",
        "nul\\x00.py": "its name holds control, bidirectional or unassigned characters",
    }
    tar = tar_of(
        tmp_path / "w.tar", (entry("caf\udce9.py"), b"1"), (entry("a.py"), b"1"), format=tarfile.GNU_FORMAT
    )
    assert reasons(submission(tar)) == {"caf\\xe9.py": "its name is not UTF-8"}


def test_a_name_that_lies_about_its_coding(tmp_path: Path) -> None:
    place = as_zip(tmp_path / "w.zip", {"caf\u00e9.py": b"1"})
    place.write_bytes(place.read_bytes().replace("\u00e9".encode(), b"\xe9x"))
    refused(place, r"the name of the member caf\\xe9x\.py says that it is UTF-8 and is not")


def test_an_encrypted_member(tmp_path: Path) -> None:
    place = as_zip(tmp_path / "w.zip", {"a.py": b"1", "model.py": b"2"})
    raw = bytearray(place.read_bytes())
    at = raw.rindex(b"model.py") - 46
    assert raw[at : at + 4] == b"PK\x01\x02"
    raw[at + 8] |= 1
    place.write_bytes(raw)
    refused(place, r"w\.zip: the member model\.py is encrypted.*without a password")


def test_a_method_that_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("model.py", "1")
    refused(tmp_path / "w.zip", r"the member model\.py is packed by a method that is not read \(LZMA\)")


def test_damage_names_the_member(tmp_path: Path) -> None:
    place = as_zip(tmp_path / "w.zip", {"a.py": b"1", "model.py": b"import torch\n" * 50})
    raw = bytearray(place.read_bytes())
    raw[raw.index(b"model.py") + 10] ^= 0xFF
    place.write_bytes(raw)
    refused(place, r"w\.zip is damaged at the member model\.py")
    tar = as_tar(tmp_path / "w.tar", {"a.py": b"1", "model.py": b"x" * 5000}, "w")
    tar.write_bytes(tar.read_bytes()[:3000])
    refused(tar, r"w\.tar is damaged at the member model\.py")


def test_large_members_are_left_out(tmp_path: Path) -> None:
    files = {"a.py": b"1", "train.ipynb": b"x" * 5000, "z.py": b"2"}
    for pack in (as_zip, as_tar):
        found = submission(pack(tmp_path / "w", files), Caps(file_bytes=4000))
        assert paths(found) == ["a.py", "z.py"]
        assert "no file over 0.0038 MiB is taken" in reasons(found)["train.ipynb"]


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        (Caps(files=2), "more than 2 files"),
        (Caps(total_bytes=20), "more than .* together"),
        (Caps(depth=0), "nested deeper than 0"),
        (Caps(clone_bytes=50), "is larger than"),
    ],
    ids=["files", "total", "depth", "archive"],
)
@pytest.mark.parametrize("pack", [as_zip, as_tar], ids=["zip", "tar"])
def test_caps(caps: Caps, said: str, pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    refused(pack(tmp_path / "w", WORK), said, caps)


@pytest.mark.parametrize("pack", [as_zip, as_tar], ids=["zip", "tar"])
def test_no_time_left(pack: Callable[[Path, Files], Path], tmp_path: Path) -> None:
    with pytest.raises(GraderFault, match="longer than 0 s"):
        submission(pack(tmp_path / "w", WORK), Caps(seconds=0))


class TestBombs:
    def measured(self, place: Path, said: str) -> None:
        """Refused, in seconds and without the memory that the bomb asks for."""
        tracemalloc.start()
        began = time.monotonic()
        try:
            refused(place, said)
            assert tracemalloc.get_traced_memory()[1] < 128 << 20
        finally:
            tracemalloc.stop()
        assert time.monotonic() - began < 20

    def test_by_ratio(self, tmp_path: Path) -> None:
        content = bytes(40 << 20)
        self.measured(
            as_zip(tmp_path / "w.zip", {"a.py": b"1", "z.bin": content}), r"100 times its size.*z\.bin"
        )
        self.measured(
            as_tar(tmp_path / "w.tgz", {"a.py": b"1", "z.bin": content}),
            r"100 times its size, at the member z\.bin",
        )
        self.measured(
            as_tar(tmp_path / "w.txz", {"a.py": b"1", "z.bin": content}, "w:xz"), "100 times its size"
        )

    def test_by_overlap(self, tmp_path: Path) -> None:
        """Many members of one content: a few kilobytes that promise gigabytes."""
        kernel = zlib.compress(bytes(1 << 20), 9)[2:-4]
        crc = zlib.crc32(bytes(1 << 20))
        local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(kernel), 1 << 20, 1, 0) + b"a"
        central = b"".join(
            struct.pack(
                "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, len(kernel), 1 << 20, 4, 0, 0, 0, 0, 0, 0
            )
            + f"{number:04}".encode()
            for number in range(4000)
        )
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 4000, 4000, len(central), len(local + kernel), 0)
        (tmp_path / "w.zip").write_bytes(local + kernel + central + end)
        self.measured(tmp_path / "w.zip", "100 times its size")

    def test_by_count(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
            for number in range(10_001):
                archive.writestr(f"{number}", b"")
        self.measured(tmp_path / "w.zip", "more than 10,000 files")
        block = entry("d").tobuf()
        (tmp_path / "w.tgz").write_bytes(gzip.compress(block * 60_000, 1))
        self.measured(tmp_path / "w.tgz", "100 times its size|more than 10,000 files")

    def test_by_a_list_of_members_without_end(self, tmp_path: Path) -> None:
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 200 << 20, 4, 0)
        with (tmp_path / "w.zip").open("wb") as file:
            file.write(b"PK\3\4")
            file.truncate((200 << 20) + 4)
            file.seek(0, 2)
            file.write(end)
        self.measured(tmp_path / "w.zip", "more than 10,000 files")

    def test_by_a_long_header(self, tmp_path: Path) -> None:
        for kind in (b"L", b"K", b"x", b"g"):
            info = entry("././@LongLink", kind, size=4 << 30)
            (tmp_path / "w.tgz").write_bytes(
                gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20), 1)
            )
            self.measured(tmp_path / "w.tgz", "is too long")

    def test_by_a_chain_of_headers(self, tmp_path: Path) -> None:
        block = entry("././@LongLink", b"L", size=512).tobuf(tarfile.GNU_FORMAT) + b"x" * 512
        (tmp_path / "w.tar").write_bytes(block * 3000)
        self.measured(tmp_path / "w.tar", "is too long")

    def test_by_a_sparse_file(self, tmp_path: Path) -> None:
        pax = entry("s.bin", pax_headers={"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,0"})
        found = submission(tar_of(tmp_path / "w.tar", (pax, b"x" * 600), (entry("a.py"), b"1")))
        assert (paths(found), reasons(found)) == (["a.py"], {"s.bin": "a sparse file"})
        old = bytearray(entry("s.bin", b"S", size=512).tobuf(tarfile.GNU_FORMAT))
        old[482] = 1  # one more block of the map follows
        old[148:156] = b"%06o\0 " % (sum(old[:148]) + 256 + sum(old[156:]))
        rest = (tar_of(tmp_path / "x.tar", (entry("a.py"), b"1"))).read_bytes()
        (tmp_path / "w.tar").write_bytes(bytes(old) + bytes(512) + b"y" * 512 + rest)
        found = submission(tmp_path / "w.tar")
        assert (paths(found), reasons(found)) == (["a.py"], {"s.bin": "a sparse file"})

    def test_by_the_memory_of_xz(self, tmp_path: Path) -> None:
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
        packed = bytearray(lzma.compress(as_tar(tmp_path / "w.tar", WORK, "w").read_bytes(), filters=filters))
        assert packed[12 + 4] in range(41)  # the block header's size of the dictionary: 40 is 4 GiB
        packed[12 + 4] = 40
        packed[12 + 8 : 12 + 12] = struct.pack("<L", zlib.crc32(packed[12 : 12 + 8]))
        (tmp_path / "w.txz").write_bytes(packed)
        self.measured(tmp_path / "w.txz", "is damaged")


def test_long_names_of_every_format(tmp_path: Path) -> None:
    long = "/".join(["d" * 60] * 5) + "/\u00e9.py"
    for number, kind in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
        place = tar_of(tmp_path / f"{number}.tar", (entry(long), b"1"), (entry("a.py"), b"2"), format=kind)
        assert paths(submission(place)) == ["a.py", long]
    ustar = "/".join(["d" * 60] * 3) + "/x.py"
    place = tar_of(
        tmp_path / "u.tar", (entry(ustar), b"1"), (entry("a.py"), b"2"), format=tarfile.USTAR_FORMAT
    )
    assert paths(submission(place)) == ["a.py", ustar]


def test_several_streams_of_xz(tmp_path: Path) -> None:
    raw = as_tar(tmp_path / "w.tar", WORK, "w").read_bytes()
    (tmp_path / "w.txz").write_bytes(lzma.compress(raw[:700]) + bytes(4) + lzma.compress(raw[700:]))
    assert paths(submission(tmp_path / "w.txz")) == sorted(WORK)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_refused_or_taken(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed anywhere: a submission or an error with a next step, and nothing outside of the root."""
    kind = data.draw(st.sampled_from(["zip", "tar", "gz", "xz"]))
    place = tmp_path / "w"
    if kind == "zip":
        as_zip(place, WORK)
    else:
        as_tar(place, WORK, {"tar": "w", "gz": "w:gz", "xz": "w:xz"}[kind])
    raw = bytearray(place.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    place.write_bytes(raw[: data.draw(st.integers(1, len(raw)))] if data.draw(st.booleans()) else raw)
    try:
        found = submission(place)
    except (FetchError, UsageError) as error:
        assert error.hint
        return
    assert all(".." not in path.split("/") for path in paths(found))
