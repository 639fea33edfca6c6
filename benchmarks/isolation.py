"""What isolation adds to the start of a worker: the same Python, started plainly and at each level in turn.

    python benchmarks/isolation.py [ROUNDS]

Timed is the start up to the end of a Python that finds nothing to run: all of what a sandbox sets up and takes down,
and none of the seconds that importing torch takes. The levels take turns, so that the machine's moods hit all alike.
Run it as a normal user and as root: a grader of root drops to another uid first, which costs the start of a launcher.
"""

from __future__ import annotations

import os
import socket
import statistics
import sys
import time
from dataclasses import replace

from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits, Sandbox, Workplace
from grader.isolation.landlock import Landlock
from grader.isolation.plain import Plain
from grader.isolation.workplace import workplace
from grader.scratch import private_folder

SANDBOXES: tuple[Sandbox, ...] = (Plain(), Bubblewrap(), Landlock())


def seconds(sandbox: Sandbox, place: Workplace) -> float:
    """From the start of a worker without a harness to the end of all that was started for it."""
    ours, theirs = socket.socketpair()
    begin = time.perf_counter()
    with ours, theirs:
        held = sandbox.start(place, Limits(), theirs)
        held.process.wait()
        held.end()
    assert held.process.stdout is not None
    held.process.stdout.close()
    return time.perf_counter() - begin


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with private_folder() as folder:
        folder.chmod(0o755)
        (folder / "nothing").touch()
        place = replace(workplace(folder), harness=((folder / "nothing", "nothing"),))
        usable = [one for one in SANDBOXES if not one.unavailable()]
        times: dict[str, list[float]] = {one.level: [] for one in usable}
        for turn in range(rounds + 3):
            for sandbox in usable:
                taken = seconds(sandbox, place)
                if turn >= 3:
                    times[sandbox.level].append(taken)
    plain = statistics.median(times["1"])
    who = "root" if os.geteuid() == 0 else "a normal user"
    print(f"Started by {who}, {rounds} rounds in turn, milliseconds.\n")
    print("| level | median | least | beyond a plain process |\n| --- | ---: | ---: | ---: |")
    for level, found in times.items():
        middle = statistics.median(found)
        print(f"| {level} | {1e3 * middle:.0f} | {1e3 * min(found):.0f} | {1e3 * (middle - plain):.0f} |")


if __name__ == "__main__":
    main()
