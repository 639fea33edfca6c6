"""Downloads against a real server on the loopback: good and bad mirrors, broken transfers, full disks."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from grader.data import connection, mnist
from grader.data.download import Patience, Remote, Unreachable, fetch
from grader.data.interface import Request, load
from grader.errors import DataMissing, GraderFault

PATIENT = Patience(connect_seconds=2.0, stall_seconds=0.5, file_seconds=20.0)
ROOT = Path(__file__).resolve().parents[2]


def made_files() -> dict[str, bytes]:
    """Two idx files, small and valid, packed."""
    rng = random.Random(4)
    images = (
        bytes((0, 0, 8, 3)) + b"".join(n.to_bytes(4, "big") for n in (90, 28, 28)) + rng.randbytes(90 * 784)
    )
    labels = bytes((0, 0, 8, 1)) + (90).to_bytes(4, "big") + bytes(i % 10 for i in range(90))
    return {"images.gz": gzip.compress(images, mtime=0), "labels.gz": gzip.compress(labels, mtime=0)}


FILES = made_files()


def remotes_of(files: dict[str, bytes]) -> tuple[Remote, ...]:
    return tuple(Remote(name, len(data), hashlib.md5(data).hexdigest()) for name, data in files.items())


REMOTES = remotes_of(FILES)


class Handler(BaseHTTPRequestHandler):
    """The first part of the path says how the server behaves."""

    def do_GET(self) -> None:
        mirror = self.server.mirror  # type: ignore[attr-defined]
        _, behaviour, name = self.path.split("/", 2)
        mirror.asked[behaviour] += 1
        if behaviour == "hangs":
            mirror.stopped.wait(30)
            return
        if behaviour == "gone" or name not in mirror.files:
            self.send_error(404)
            return
        try:
            self._answer(behaviour, mirror.files[name], mirror)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client had enough

    def _answer(self, behaviour: str, data: bytes, mirror: Mirror) -> None:
        self.send_response(200)
        self.end_headers()
        if behaviour == "wrong":
            data = bytes(len(data))
        if behaviour == "endless":
            data = data * 50
        if behaviour == "breaks" or (behaviour == "breaks-once" and mirror.asked[behaviour] == 1):
            data = data[: len(data) // 2]
        if behaviour == "drips":
            for i in range(len(data)):
                self.wfile.write(data[i : i + 1])
                if mirror.stopped.wait(0.02):
                    return
        elif behaviour == "falls-silent":
            self.wfile.write(data[:100])
            mirror.stopped.wait(30)
        else:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the test's output."""


@dataclass
class Mirror:
    """A running server; `mirror.url("wrong")` is a base URL that behaves so."""

    base: str
    files: dict[str, bytes]
    asked: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)

    def url(self, behaviour: str) -> str:
        return f"{self.base}/{behaviour}/"


@contextmanager
def serving(files: dict[str, bytes], tls: ssl.SSLContext | None = None) -> Iterator[Mirror]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    mirror = Mirror(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", files)
    server.mirror = mirror  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a refused handshake is no news here
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield mirror
    finally:
        mirror.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with serving(FILES) as running:
        yield running


def closed_port() -> str:
    """A base URL at which nobody listens."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def right(folder: Path) -> bool:
    return {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_files_arrive_whole_and_nothing_else_is_left(mirror: Mirror, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    paths = fetch(
        REMOTES, (mirror.url("good"),), tmp_path / "a" / "b", lambda *step: seen.append(step), PATIENT
    )
    assert paths == (tmp_path / "a/b/images.gz", tmp_path / "a/b/labels.gz")
    assert right(tmp_path / "a" / "b")
    assert paths[0].stat().st_mode & 0o777 == 0o644
    assert [step for step in seen if step[1] == step[2]] == [
        (r.name, r.size_bytes, r.size_bytes) for r in REMOTES
    ]
    done = [step[1] for step in seen if step[0] == "images.gz"]
    assert done == sorted(done)


def test_what_is_there_is_not_asked_for_again(mirror: Mirror, tmp_path: Path) -> None:
    fetch(REMOTES, (mirror.url("good"),), tmp_path, patience=PATIENT)
    (tmp_path / "labels.gz").write_bytes(b"damaged")
    fetch(REMOTES, (mirror.url("good"),), tmp_path, patience=PATIENT)
    assert mirror.asked["good"] == 3
    assert right(tmp_path)
    fetch(REMOTES, (closed_port(),), tmp_path, patience=PATIENT)  # nothing is wanted: no network is needed


@pytest.mark.parametrize("bad", ["gone", "wrong", "breaks", "endless", "falls-silent", "hangs"])
def test_the_second_mirror_serves_where_the_first_does_not(bad: str, mirror: Mirror, tmp_path: Path) -> None:
    fetch(REMOTES, (mirror.url(bad), mirror.url("good")), tmp_path, patience=PATIENT)
    assert right(tmp_path)
    assert mirror.asked[bad] >= 1


def test_a_dead_first_mirror_is_asked_once(tmp_path: Path, mirror: Mirror) -> None:
    began = time.monotonic()
    fetch(REMOTES, (mirror.url("hangs"), mirror.url("good")), tmp_path, patience=PATIENT)
    assert mirror.asked["hangs"] == 1
    assert time.monotonic() - began < PATIENT.connect_seconds


def test_a_broken_download_begins_anew(mirror: Mirror, tmp_path: Path) -> None:
    fetch(REMOTES[:1], (mirror.url("breaks-once"),), tmp_path, patience=PATIENT)
    assert (tmp_path / "images.gz").read_bytes() == FILES["images.gz"]
    assert mirror.asked["breaks-once"] == 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("gone", "HTTP status 404"),
        ("wrong", f"expected MD5 {REMOTES[0].md5}, found "),
        ("endless", f"expected {REMOTES[0].size_bytes:,} bytes, it sends more"),
        ("breaks", f"broke off after {REMOTES[0].size_bytes // 2:,} of {REMOTES[0].size_bytes:,} bytes"),
        ("falls-silent", "fell silent after 100 of"),
    ],
)
def test_a_bad_mirror_alone_is_a_named_fault_and_leaves_nothing(
    bad: str, said: str, mirror: Mirror, tmp_path: Path
) -> None:
    with pytest.raises(GraderFault) as caught:
        fetch(REMOTES, (mirror.url(bad),), tmp_path, patience=PATIENT)
    assert not isinstance(caught.value, Unreachable)
    assert "images.gz" in caught.value.message
    assert "127.0.0.1" in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_dripping_server_meets_the_deadline(mirror: Mirror, tmp_path: Path) -> None:
    with pytest.raises(GraderFault, match="too slow"):
        fetch(REMOTES, (mirror.url("drips"),), tmp_path, patience=Patience(2.0, 0.5, file_seconds=0.3))
    assert list(tmp_path.iterdir()) == []


def test_without_network_all_attempts_together_end_in_time(mirror: Mirror, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable) as caught:
        fetch(
            REMOTES,
            (mirror.url("hangs"), mirror.url("hangs")),
            tmp_path,
            patience=Patience(connect_seconds=1.0),
        )
    assert 0.9 < time.monotonic() - began < 1.5
    assert "no answer within" in caught.value.message


def test_the_default_patience_with_connecting_is_ten_seconds() -> None:
    assert Patience().connect_seconds == 10.0


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="refused"):
        fetch(REMOTES, (closed_port(), closed_port()), tmp_path, patience=PATIENT)


def test_a_host_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"nowhere\.invalid"):
        fetch(REMOTES, ("https://nowhere.invalid/",), tmp_path, patience=PATIENT)


def test_a_server_that_does_not_speak_http(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(1):
                client, _ = listener.accept()
                with client:
                    client.recv(1000)
                    client.sendall(b"SSH-2.0-something\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(GraderFault, match="not an HTTP answer"):
            fetch(REMOTES[:1], (url,), tmp_path, patience=PATIENT)
        thread.join()


def test_https_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(FILES, tls) as mirror:
        with pytest.raises(Unreachable, match=r"(?i)certificate"):
            fetch(REMOTES, (mirror.url("good"),), tmp_path, patience=PATIENT)
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        fetch(REMOTES, (mirror.url("good"),), tmp_path / "data", patience=PATIENT)
    assert right(tmp_path / "data")


def test_a_late_answer_is_closed(mirror: Mirror) -> None:
    with pytest.raises(connection.NoConnection, match="no answer within 0 s"):
        connection.open_url(mirror.url("hangs") + "images.gz", 0.2, 5.0)
    mirror.stopped.set()  # the server's thread ends, the abandoned attempt with it
    deadline = time.monotonic() + 5
    while any(thread.name.endswith("(_attempt)") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_folder_that_cannot_be(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(GraderFault, match="cannot be written") as caught:
        fetch(REMOTES, (mirror.url("good"),), tmp_path / "file" / "data", patience=PATIENT)
    assert "XDG_CACHE_HOME" in caught.value.hint


# --- in processes of their own ------------------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from grader.data.download import Patience, Remote, fetch
from grader.errors import GraderError
url, folder, *remotes = sys.argv[1:]
wanted = tuple(Remote(n, int(s), m) for n, s, m in (r.split(":") for r in remotes))
try:
    fetch(wanted, (url,), Path(folder), lambda *step: print(*step, flush=True), Patience(5.0, 5.0, 60.0))
except GraderError as error:
    sys.exit(str(error))
"""


def child(url: str, folder: Path, remotes: tuple[Remote, ...], *before: str) -> subprocess.Popen[str]:
    words = [f"{remote.name}:{remote.size_bytes}:{remote.md5}" for remote in remotes]
    return subprocess.Popen(
        [*before, sys.executable, "-c", CHILD, url, str(folder), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_processes_at_once_do_not_clash(mirror: Mirror, tmp_path: Path) -> None:
    both = [child(mirror.url("good"), tmp_path, REMOTES) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert right(tmp_path)


def test_a_killed_download_leaves_no_half_file_and_is_cleared_away_later(
    mirror: Mirror, tmp_path: Path
) -> None:
    process = child(mirror.url("drips"), tmp_path, REMOTES)
    assert process.stdout is not None
    process.stdout.readline()  # some bytes have come
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    (leftover,) = tmp_path.iterdir()
    assert leftover.suffix == ".part"

    fetch(REMOTES, (mirror.url("good"),), tmp_path, patience=PATIENT)
    assert leftover.exists()  # young: another process may still write to it
    long_ago = time.time() - 7200
    os.utime(leftover, (long_ago, long_ago))
    fetch(REMOTES, (mirror.url("good"),), tmp_path, patience=PATIENT)
    assert right(tmp_path)


def small_disk(folder: Path, size_bytes: int) -> list[str]:
    """A command's beginning that makes `folder` a file system of this size; skips where that cannot be."""
    bwrap = shutil.which("bwrap")
    if not bwrap:
        pytest.skip("bubblewrap is not installed")
    before = [
        bwrap,
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--size",
        str(size_bytes),
        "--tmpfs",
        str(folder),
    ]
    if subprocess.run([*before, "true"], capture_output=True, timeout=30).returncode:
        pytest.skip("bubblewrap cannot run here")
    return before


@pytest.mark.sandbox
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    before = small_disk(tmp_path, 256 << 10)
    files = {"large.gz": random.Random(1).randbytes(1 << 20)}
    with serving(files) as mirror:
        process = child(mirror.url("good"), tmp_path, remotes_of(files), *before)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{tmp_path}: cannot be written: the disk is full." in errors
    assert "Free some space" in errors


# --- the whole way, with the real files ---------------------------------------------------------------------


def official_files() -> dict[str, bytes]:
    folder = Path(os.environ.get("GRADER_DATA", "")) / "MNIST" / "raw"
    if not os.environ.get("GRADER_DATA") or not all((folder / r.name).is_file() for r in mnist.REMOTES):
        pytest.skip("GRADER_DATA does not hold the packed MNIST")
    return {remote.name: (folder / remote.name).read_bytes() for remote in mnist.REMOTES}


@pytest.mark.mnist
def test_mnist_is_downloaded_into_the_cache_verified_and_found_again(tmp_path: Path) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    request = Request(environment=environment)
    with serving(official_files()) as mirror:
        first = mnist.load(request, (mirror.url("good"),))
        cached = tmp_path / "grader/data/MNIST/raw"
        (cached / "t10k-images-idx3-ubyte.gz").write_bytes(b"damaged")
        again = mnist.load(request, (mirror.url("good"),))
        assert mirror.asked["good"] == 5
    assert first.facts.official
    assert first.facts.place == "official download"
    assert again.facts.place == "official download; user cache did not hold it"
    assert first.facts.digest == again.facts.digest
    offline = load("mnist", data_dir=None, environment=environment, download=False)
    assert offline.facts.place == "user cache"
    assert offline.facts.digest == first.facts.digest


def test_mnist_without_data_and_network_names_the_three_ways(tmp_path: Path) -> None:
    request = Request(
        data_dir=tmp_path, environment={"XDG_CACHE_HOME": str(tmp_path), "GRADER_DATA": "/nowhere"}
    )
    with pytest.raises(DataMissing) as caught:
        mnist.load(request, (closed_port(),))
    said = str(caught.value)
    for words in (
        f"--data-dir ({tmp_path}) holds none",
        "GRADER_DATA (/nowhere) holds none",
        "no mirror could be",
    ):
        assert words in said
    for way in ("grader data fetch mnist", "--data-dir DIR", "--stand-in"):
        assert way in caught.value.hint
