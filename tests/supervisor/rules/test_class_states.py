from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supervisor.rules.class_states import NEXT, Mover, by_itself, may_become

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
HELD = [(NOON, NOON + HOUR), (NOON + 2 * HOUR, NOON + 3 * HOUR)]
APPROVED = NOON - HOUR


@pytest.mark.rule("A-01", "A-27")
def test_every_state_is_in_the_table_and_the_whole_way_is_open() -> None:
    assert {state for following in NEXT.values() for state in following} | {"draft"} == set(NEXT)
    way = ["draft", "submitted", "approved", "running", "finished", "examined", "closed"]
    movers = ["institution", "approver", "clock", "clock", "results", "handler"]
    for state, wanted, mover in zip(way, way[1:], movers, strict=False):
        assert [one for one in Mover if may_become(state, wanted, one)] == [mover]
    assert not any(may_become("finished", "closed", mover) for mover in Mover)  # never without its results
    assert all(NEXT[end] == {} for end in ("closed", "rejected", "withdrawn", "voided"))


@pytest.mark.rule("A-27")
@pytest.mark.parametrize(
    ("state", "after_h", "approved_at", "missing", "passed"),
    [
        ("approved", -0.1, APPROVED, 3, []),
        ("approved", 0, APPROVED, 3, ["running"]),
        ("approved", 1.5, NOON + HOUR, 3, []),  # its first session was before the approval
        ("approved", 2, NOON + HOUR, 3, ["running"]),
        ("approved", 9, NOON + 2.5 * HOUR, 3, []),  # no session of it ever counts
        ("running", 2.9, APPROVED, 0, []),
        ("running", 3, APPROVED, 3, ["finished"]),
        ("running", 3, APPROVED, 0, ["finished", "examined"]),
        ("approved", 3, APPROVED, 0, ["running", "finished", "examined"]),
        ("finished", 4, APPROVED, 1, []),
        ("finished", 4, APPROVED, 0, ["examined"]),
        ("suspended", 4, APPROVED, 0, []),
        ("submitted", 4, None, 0, []),
        ("examined", 4, APPROVED, 0, []),
    ],
)
def test_a_class_moves_by_itself(
    state: str, after_h: float, approved_at: datetime | None, missing: int, passed: list[str]
) -> None:
    assert by_itself(state, NOON + after_h * HOUR, approved_at, HELD, missing) == passed
