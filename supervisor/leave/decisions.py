"""What requests for leave, make-up check-ins and drop-outs have in common: asked once, decided once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.classes.models import RosterEntry, TrainingClass
from supervisor.contract.evidence import sha256_hex
from supervisor.leave import repository
from supervisor.leave.models import DropOut, LeaveRequest, MakeupRequest
from supervisor.leave.repository import Asked
from supervisor.leave.schemas import Decision

UNDER_WAY = ("approved", "running")
LATER_TOO = (*UNDER_WAY, "finished")
"""What concerns a lesson just held may be asked when the class is over: its last lesson has a day after, too."""


def asked(
    session: Session, caller: Caller, table: type[Asked], wanted: UUID, code: str, zh: str, en: str
) -> tuple[Asked, TrainingClass]:
    """The request, locked. Raises LessonProofError <code>_NOT_FOUND (404)."""
    found = repository.asked(session, caller, table, wanted)
    if found is None:
        raise refusal(f"{code}_NOT_FOUND", 404, None, f"没有这个{zh}", f"no such {en}")
    return found


def decided(one: LeaveRequest | MakeupRequest | DropOut, approved: bool, code: str, zh: str, en: str) -> bool:
    """True: decided the same way before, so there is nothing to do. Decided otherwise: <code>_DECIDED (409)."""
    if one.state == "asked":
        return False
    if one.state != ("approved" if approved else "refused"):
        raise already(code, zh, en)
    return True


def decide(
    session: Session,
    one: LeaveRequest | MakeupRequest | DropOut,
    approved: bool,
    decision: Decision,
    caller: Caller,
    now: datetime,
    subject: str,
    what: str,
) -> None:
    """Once. `what`: the first word of its entries in the log."""
    one.state = "approved" if approved else "refused"
    one.decided_at, one.decided_by, one.decision_reason = now, caller.account_id, decision.reason
    record(session, now, caller.actor, f"{what}_{one.state}", subject, reason_sha256=text_hash(decision.reason))
    session.flush()


def on_roster(session: Session, class_id: UUID, entry_id: UUID) -> RosterEntry:
    """Raises LessonProofError TRAINEE_NOT_FOUND (404)."""
    entry = repository.on_roster(session, class_id, entry_id)
    if entry is None:
        raise refusal("TRAINEE_NOT_FOUND", 404, "/roster_entry_id", "花名册上没有这名学员", "not on the roster")
    return entry


def text_hash(text: str) -> str:
    """A reason may hold names: the log, which keeps everything for ever, has this only."""
    return sha256_hex(text.encode())


def already(code: str, zh: str, en: str) -> LessonProofError:
    return refusal(f"{code}_DECIDED", 409, None, f"该{zh}已有处理结果", f"this {en} was decided or withdrawn already")


def refusal(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
