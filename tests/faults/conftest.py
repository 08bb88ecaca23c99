"""What the faults have in common: the table of what was seen, printed at the end."""

from __future__ import annotations

import pytest

from tests.faults.site import SEEN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SEEN:
        terminalreporter.section("faults: what was seen")
        for line in SEEN:
            terminalreporter.write_line(line)
