"""Large downloads on the loopback: going on where one broke off, and unpacking what is right."""

from __future__ import annotations

import fcntl
import hashlib
import io
import pickle
import random
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from grader.data import cifar10, partial, tiny_imagenet
from grader.data.download import Patience, Remote, fetch
from grader.data.interface import Request
from grader.errors import GraderFault

PATIENT = Patience(connect_seconds=5.0, stall_seconds=2.0, file_seconds=20.0)
CONTENTS = random.Random(8).randbytes(300_000)
FILE = Remote("large.bin", len(CONTENTS), hashlib.md5(CONTENTS).hexdigest())


class Server(ThreadingHTTPServer):
    """Serves `files`. Each answer ends after `at_most` bytes; `ranges` says whether it can begin in the middle."""

    daemon_threads = True
    files: dict[str, bytes]
    at_most = 1 << 30
    ranges = True
    page = b""  # sent in place of every file
    sent: list[tuple[int, int]]  # status and bytes of each answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.sent = {}, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        data = self.server.page or self.server.files[self.path[1:]]
        asked = self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.ranges else 0
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        part = data[first : first + self.server.at_most]
        self.server.sent.append((206 if first else 200, len(part)))
        self.wfile.write(part)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        running.files[FILE.name] = CONTENTS
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def keep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this size count as large."""
    monkeypatch.setattr(partial, "KEPT_FROM_BYTES", FILE.size_bytes)


def get(server: Server, folder: Path) -> Path:
    (path,) = fetch((FILE,), (server.url,), folder, patience=PATIENT)
    return path


def test_a_broken_download_goes_on_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    server.at_most = 200_000
    assert get(server, tmp_path).read_bytes() == CONTENTS
    assert server.sent == [(200, 200_000), (206, 100_000)]


def test_a_server_that_cannot_do_that_sends_all_of_it_again(server: Server, tmp_path: Path) -> None:
    server.ranges, server.at_most = False, 200_000
    with pytest.raises(GraderFault, match="broke off after 200,000 of 300,000 bytes"):
        get(server, tmp_path)
    server.at_most = 1 << 30
    assert get(server, tmp_path).read_bytes() == CONTENTS
    assert [status for status, _ in server.sent] == [200, 200, 200]


@pytest.mark.usefixtures("keep")
def test_the_next_command_goes_on_with_a_large_file(server: Server, tmp_path: Path) -> None:
    server.at_most = 100_000
    with pytest.raises(GraderFault, match="broke off after 200,000"):
        get(server, tmp_path)
    (kept,) = tmp_path.iterdir()
    assert kept.name.endswith(".kept.part")
    assert get(server, tmp_path).read_bytes() == CONTENTS
    assert server.sent == [(200, 100_000), (206, 100_000), (206, 100_000)]
    assert [path.name for path in tmp_path.iterdir()] == ["large.bin"]
    assert (tmp_path / "large.bin").stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("keep")
def test_a_kept_part_that_does_not_belong_is_thrown_away(server: Server, tmp_path: Path) -> None:
    server.at_most = 100_000
    with pytest.raises(GraderFault):
        get(server, tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"x" * 150_000)
    server.at_most = 1 << 30
    assert get(server, tmp_path).read_bytes() == CONTENTS
    assert server.sent[-2:] == [(206, 150_000), (200, 300_000)]


@pytest.mark.usefixtures("keep")
def test_two_at_once_do_not_write_to_the_same_part(server: Server, tmp_path: Path) -> None:
    server.at_most = 100_000
    with pytest.raises(GraderFault):
        get(server, tmp_path)
    (kept,) = tmp_path.iterdir()
    server.at_most = 1 << 30
    with kept.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)  # as another process would hold it
        before = kept.read_bytes()
        assert get(server, tmp_path).read_bytes() == CONTENTS
        assert server.sent[-1] == (200, 300_000)
        assert kept.read_bytes() == before


@pytest.mark.usefixtures("keep")
def test_a_wrong_file_is_not_kept(server: Server, tmp_path: Path) -> None:
    server.files[FILE.name] = bytes(FILE.size_bytes)
    with pytest.raises(GraderFault, match=f"expected MD5 {FILE.md5}"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_web_page_in_place_of_the_file_is_named(server: Server, tmp_path: Path) -> None:
    server.page = b"<!DOCTYPE html><html>Sign in to this network"
    with pytest.raises(GraderFault, match=r"sends a web page \(HTML\) in place of the file"):
        get(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- CIFAR-10's archive -------------------------------------------------------------------------------------


def made_members() -> dict[str, bytes]:
    rng = np.random.default_rng(6)
    found = {
        stem: pickle.dumps(
            {
                "data": rng.integers(0, 256, (10, 3072)).astype(np.uint8),
                "labels": rng.permutation(10).tolist(),
            },
            protocol=2,
        )
        for stem in cifar10.STEMS
    }
    return {**found, "batches.meta": b"names", "readme.html": b"<html>"}


MEMBERS = made_members()


def packed(members: dict[str, bytes]) -> bytes:
    contents = io.BytesIO()
    with tarfile.open(fileobj=contents, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return contents.getvalue()


@pytest.fixture
def archive(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server of a made archive, whose checksums count as the published ones."""
    publish(server, monkeypatch, packed(MEMBERS))
    md5 = {name: hashlib.md5(data).hexdigest() for name, data in MEMBERS.items()}
    monkeypatch.setattr(cifar10, "OFFICIAL_MD5", {stem: md5[stem] for stem in cifar10.STEMS})
    monkeypatch.setattr(cifar10, "_NAMES_OF_CLASSES", {"batches.meta": md5["batches.meta"]})
    return server


def publish(server: Server, monkeypatch: pytest.MonkeyPatch, contents: bytes) -> None:
    server.files[cifar10.ARCHIVE.name] = contents
    remote = Remote(cifar10.ARCHIVE.name, len(contents), hashlib.md5(contents).hexdigest())
    monkeypatch.setattr(cifar10, "ARCHIVE", remote)


def test_cifar10_is_downloaded_unpacked_verified_and_found_again(archive: Server, tmp_path: Path) -> None:
    request = Request(environment={"XDG_CACHE_HOME": str(tmp_path)})
    first = cifar10.load(request, (archive.url,))
    assert first.facts.official
    assert first.facts.place == "official download"
    folder = tmp_path / "grader/data/cifar-10-batches-py"
    assert {path.name for path in folder.iterdir()} == {*cifar10.STEMS, "batches.meta"}
    assert all(path.stat().st_mode & 0o777 == 0o644 for path in folder.iterdir())
    assert not list(folder.parent.glob("*.tar.gz"))
    assert cifar10.load(request, (archive.url,)).facts.place == "user cache"
    assert cifar10.fetch(request, (archive.url,)) == folder
    assert len(archive.sent) == 1
    (folder / "data_batch_2").write_bytes(b"damaged")
    assert cifar10.load(request, (archive.url,)).facts.digest == first.facts.digest
    assert len(archive.sent) == 2


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({**MEMBERS, "data_batch_4": b"other"}, "data_batch_4 has MD5"),
        (
            {name: data for name, data in MEMBERS.items() if name != "test_batch"},
            "lacks cifar-10-batches-py/test_batch",
        ),
        ({**MEMBERS, "data_batch_1": bytes(65 << 20)}, "data_batch_1 has 68,157,440 bytes"),
    ],
    ids=["wrong", "missing", "too large"],
)
def test_an_archive_with_something_else_in_it_is_refused(
    members: dict[str, bytes], said: str, archive: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(archive, monkeypatch, packed(members))
    with pytest.raises(GraderFault) as caught:
        cifar10.fetch(Request(environment={"XDG_CACHE_HOME": str(tmp_path)}), (archive.url,))
    assert said in caught.value.message
    assert cifar10.ARCHIVE.name in caught.value.message
    assert not list(tmp_path.rglob("*.part"))


def test_an_archive_that_is_none_is_named(
    archive: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(archive, monkeypatch, packed(MEMBERS)[:-2000])
    with pytest.raises(GraderFault, match="it cannot be unpacked"):
        cifar10.fetch(Request(environment={"XDG_CACHE_HOME": str(tmp_path)}), (archive.url,))


def test_members_that_point_elsewhere_are_not_written(
    archive: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = io.BytesIO()
    with tarfile.open(fileobj=contents, mode="w:gz") as whole:
        for name in ("../../outside", "/tmp/outside", "cifar-10-batches-py/../outside"):
            whole.addfile(tarfile.TarInfo(name))
        link = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        whole.addfile(link)
    publish(archive, monkeypatch, contents.getvalue())
    with pytest.raises(GraderFault, match="it lacks"):
        cifar10.fetch(Request(environment={"XDG_CACHE_HOME": str(tmp_path)}), (archive.url,))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [cifar10.ARCHIVE.name]


def test_tiny_imagenet_keeps_its_zip_file(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["tiny-imagenet-200.zip"] = CONTENTS
    monkeypatch.setattr(tiny_imagenet, "ARCHIVE", Remote("tiny-imagenet-200.zip", FILE.size_bytes, FILE.md5))
    folder = tiny_imagenet.fetch(Request(environment={"XDG_CACHE_HOME": str(tmp_path)}), (server.url,))
    assert tiny_imagenet.look(folder).complete
    assert (folder / "tiny-imagenet-200.zip").read_bytes() == CONTENTS
