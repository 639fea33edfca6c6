"""Attacks that write or read what is not theirs: rows 3, 9 and 10."""

from __future__ import annotations

from pathlib import Path

from grader_attack import HONEST, NOT_RUN, Attack, Expected, model, net, write

_RESULT = """
    result = json.dumps({"schema": "grader/result/1", "grade": {"status": "complete", "points": 100.0}})
    for folder in (".", "..", "/", "/tmp", "/repo", "/out", "/reports", os.path.expanduser("~"), *sys.path):
        for name in ("result.json", "reports/result.json", "grade.json"):
            try:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(result)
            except OSError:
                continue
    print(result, flush=True)
    os._exit(0)
"""

_WRITE = """
    places = ["/owned", "/repo/model.py", "/repo/owned", "/usr/owned", "/etc/owned", "/proc/sys/kernel/core_pattern"]
    places += ["/harness/grader/worker/main.py", "/harness/owned", PLACE]
    places += [os.path.join(folder, "owned.pth") for folder in sys.path if folder.startswith("/opt")]
    written = []
    for place in places:
        try:
            with open(place, "a") as file:
                file.write("owned")
        except OSError:
            continue
        written.append(place)
    if written:
        raise RuntimeError(f"written: {written}")
"""

_READ = """
    def can_be_read(place):
        try:
            os.listdir(place) if os.path.isdir(place) else open(place, "rb").read(1)
        except OSError:
            return False
        return True

    found = [place for place in PLACES + ["/etc/passwd", "/etc/shadow", "/root", "/home"] if can_be_read(place)]
    for process in [f"/proc/{number}" for number in range(1, 5_000)]:
        for name in ("environ", "cmdline", "cwd/model.py", "root/etc/passwd"):
            try:
                with open(f"{process}/{name}", "rb") as file:
                    content = file.read()
            except OSError:
                continue
            if b"planted" in content or b"submission" in content or name == "root/etc/passwd":
                found.append(f"{process}/{name}")
    found += [name for name in os.environ if "TOKEN" in name]
    if found:
        raise RuntimeError(f"found: {found}")
"""


def _writes_everywhere(folder: Path) -> Path:
    """The place that it is told of is its own folder: what was handed in must not change."""
    place = folder / "submission" / "owned"
    return write(folder / "submission", {"model.py": net("import os, sys", init=_WRITE.replace("PLACE", repr(str(place))))})


def _reads_everything(folder: Path) -> Path:
    """It is told where another student's work lies, the grader's home, and the specs."""
    neighbour = write(folder / "neighbour", {"model.py": "SECRET = 'planted'\n"})
    places = [neighbour / "model.py", folder.parent, Path(__file__), *Path(__file__).parents[2].glob("specs/*")]
    told = f"PLACES = {[str(place) for place in places]!r}"
    return write(folder / "submission", {"model.py": net(f"import os\n{told}", init=_READ)})


ATTACKS = [
    Attack(
        3,
        "own-result",
        "filesystem",
        "Writes result.json wherever it can, prints it, and ends the process as if all were well",
        model(net("import json, os, sys", init=_RESULT)),
        Expected(**NOT_RUN, ending="exit"),
    ),
    Attack(
        9,
        "writes-everywhere",
        "filesystem",
        "Writes into the submission, the harness, the packages, the system, and raises where it could",
        _writes_everywhere,
        HONEST,
        first=True,
    ),
    Attack(
        10,
        "reads-everything",
        "filesystem",
        "Looks for accounts, keys, tokens, other submissions and the grader, and raises where it finds one",
        _reads_everything,
        HONEST,
    ),
]
