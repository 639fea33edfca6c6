"""`make attacks`: every row of the attack table and every honest oddity on a real grader, and a table of what came out.

    python tests/attacks/run.py [PYTEST ARGUMENTS]      for one row: -k 21-answers-in-source
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
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


def main() -> int:
    suite = str(TESTS / "integration" / "test_attacks.py")
    return int(pytest.main([suite, "-k", "comes_to_nothing or oddity", *sys.argv[1:]], plugins=[Table()]))


if __name__ == "__main__":
    sys.exit(main())
