"""The life of a training class (A-01, RULES 1.5): which state may follow which, and who moves it. A table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum


class Mover(StrEnum):
    INSTITUTION = "institution"
    APPROVER = "approver"
    COUNTY = "county"  # suspends, takes up again, declares void
    CLOCK = "clock"  # sessions begin and end
    RESULTS = "results"  # the last result that was missing has come
    HANDLER = "handler"


_I, _A, _C = Mover.INSTITUTION, Mover.APPROVER, Mover.COUNTY
NEXT: Mapping[str, Mapping[str, Mover]] = {
    "draft": {"submitted": _I, "withdrawn": _I},
    "submitted": {"approved": _A, "returned": _A, "rejected": _A, "withdrawn": _I},
    "returned": {"submitted": _I, "withdrawn": _I},
    "approved": {"running": Mover.CLOCK, "suspended": _C, "voided": _C},
    "running": {"finished": Mover.CLOCK, "suspended": _C, "voided": _C},
    "finished": {"examined": Mover.RESULTS, "suspended": _C, "voided": _C},
    "examined": {"closed": Mover.HANDLER, "suspended": _C, "voided": _C},
    "suspended": {"approved": _C, "running": _C, "finished": _C, "examined": _C, "voided": _C},
    "closed": {},
    "rejected": {},
    "withdrawn": {},
    "voided": {},
}


def may_become(state: str, wanted: str, mover: Mover) -> bool:
    return NEXT[state].get(wanted) is mover


def by_itself(
    state: str, now: datetime, approved_at: datetime | None, sessions: Iterable[tuple[datetime, datetime]], missing: int
) -> list[str]:
    """The states a class passes through without anybody's decision, in order; empty: it stays.

    It runs since its first countable session began (one that began before the approval never counts), is finished when
    the last session is over, and examined when no active trainee lacks a result (A-27). `sessions`: start and end of
    those that are held. `missing`: active trainees without a result; of a class without trainees, say 1.
    """
    counted = [(start, end) for start, end in sessions if approved_at is not None and start >= approved_at]
    holds = {
        "running": any(start <= now for start, _ in counted),
        "finished": bool(counted) and all(end <= now for _, end in counted),
        "examined": missing == 0,
    }
    passed = []
    for wanted, mover in (("running", Mover.CLOCK), ("finished", Mover.CLOCK), ("examined", Mover.RESULTS)):
        if may_become(state, wanted, mover) and holds[wanted]:
            passed.append(wanted)
            state = wanted
    return passed
