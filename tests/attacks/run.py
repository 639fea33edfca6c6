"""`make attacks`: every row of the attack table and every honest oddity on a real grader, and a table of what came out.

    python tests/attacks/run.py [--level 2] [--without-user-namespaces] [PYTEST ARGUMENTS]

For one row: `--only 21-answers-in-source`. A normal user and root run the same suite; root drops by itself.
`--without-user-namespaces` is for a normal user: no process below can make one, as on a machine that forbids them.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
CLONE_NEWUSER = 0x10000000
HEADER = "| row | attack | class | expected | seen | time | ok |\n| ---: | --- | --- | --- | --- | ---: | --- |"


class Table:
    """Collects one row for each attack that ran, from all processes."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        rows = [str(value) for name, value in report.user_properties if name == "attack_row"]
        if report.failed or (report.when == "call" and not rows and "comes_to_nothing" in report.nodeid):
            self.broken.append(report.nodeid.rpartition("::")[2])
        self.rows.update((report.nodeid, row) for row in rows)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("attacks and honest oddities")
        terminalreporter.line(HEADER)
        for row in sorted(self.rows.values(), key=_by_row):
            terminalreporter.line(row)
        held = sum(row.rstrip("| ").endswith("ok") for row in self.rows.values())
        terminalreporter.line(f"\n{held} of {len(self.rows)} came out as they have to.")
        for name in dict.fromkeys(self.broken):
            terminalreporter.line(f"Look at: {name}")


def _by_row(line: str) -> tuple[int, str]:
    cell = line.split("|")[1].strip()
    return (int(cell), line) if cell.isdigit() else (1_000, line)


def forbid_user_namespaces() -> None:
    """Go into a user namespace, the same user as before, in which no other may be made."""
    user, group = os.getuid(), os.getgid()
    if user == 0:
        sys.exit("As root this would show nothing: run it as a normal user.")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        return  # there are none to begin with
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    Path("/proc/sys/user/max_user_namespaces").write_text("0")


def main() -> int:
    parser = argparse.ArgumentParser(description="Hand every attack in to a real grader.", add_help=True)
    parser.add_argument("--level", default="auto", choices=["auto", "3", "3c", "2"])
    parser.add_argument("--without-user-namespaces", action="store_true")
    parser.add_argument("--only", default="", help="a part of the names of those to run")
    chosen, more = parser.parse_known_args()
    os.environ["GRADER_ATTACKS_AT_LEVEL"] = chosen.level
    if chosen.without_user_namespaces:
        forbid_user_namespaces()
    which = "(comes_to_nothing or oddity)" + (f" and {chosen.only}" if chosen.only else "")
    suite = str(TESTS / "integration" / "test_attacks.py")
    return int(pytest.main([suite, "-k", which, *more], plugins=[Table()]))


if __name__ == "__main__":
    sys.exit(main())
