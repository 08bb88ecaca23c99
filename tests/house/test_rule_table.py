"""Every rule of the county plan is shown by a test, and docs/rules.md says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULES = [*(f"A-{number:02}" for number in range(1, 32)), *(f"RC{number:02}" for number in range(1, 17))]
_MARK = re.compile(r"mark\.rule\(([^\n]*)\)\n")
_RANGE = re.compile(r'f"RC\{n:02\}" for n in range\((\d+), (\d+)\)')


def marked() -> dict[str, set[str]]:
    """Rule → test files with a test that names it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for args in _MARK.findall(path.read_text(encoding="utf-8")):
            ids = re.findall(r'"(A-\d\d|RC\d\d)"', args)
            ids += [f"RC{n:02}" for one in _RANGE.findall(args) for n in range(int(one[0]), int(one[1]))]
            for rule in ids:
                found.setdefault(rule, set()).add(path.relative_to(ROOT).as_posix())
    return found


def table() -> dict[str, tuple[set[str], set[str]]]:
    """Rule → code, tests: the rows `| A-01 | … | `path` | `path` |` of docs/rules.md."""
    text = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (A-\d\d|RC\d\d) \|[^|]*\|([^|]*)\|([^|]*)\|$", text, re.M)
    return {rule: (_paths(code), _paths(tests)) for rule, code, tests in rows}


def _paths(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_in_the_table_with_its_code_and_every_test_that_names_it(rule: str) -> None:
    code, tests = table()[rule]
    assert code and all((ROOT / path).exists() for path in code), code
    assert tests == marked().get(rule, set())
    assert tests
