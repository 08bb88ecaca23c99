"""Legal holds: placed by a county person with a reason, lifted by another one, or over by themselves.

The record gets the reason's code and who; the free text, which may name people, stays in the table.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.accounts.models import Account
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.repository import training_class
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.models import EvidenceClip
from supervisor.retention import repository
from supervisor.retention.models import LegalHold
from supervisor.retention.schemas import HoldIn, HoldOut, HoldReason, LiftIn


def place(centre: Centre, caller: Caller, wanted: HoldIn) -> HoldOut:
    """Raises LessonProofError HOLD_OF_COUNTY (403), CLASS_NOT_FOUND, LESSON_NOT_FOUND, CLIP_NOT_FOUND (404), and 422
    HOLD_OF_WHAT, HOLD_EXPIRY."""
    _county(caller)
    now = centre.clock.now()
    if (wanted.class_id is None) == (wanted.lesson_hour_id is None) or (wanted.sha256 and wanted.class_id):
        raise _error("HOLD_OF_WHAT", 422, "请指明一个班级,或一个课时(及其片段)", "name one class, or one lesson hour")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise _error("HOLD_EXPIRY", 422, "到期时间须在将来", "the hold would be over already")
    with centre.uow.write() as session:
        class_id, clip = _found(session, caller, wanted)
        hold = LegalHold(
            class_id=class_id,
            lesson_hour_id=wanted.lesson_hour_id,
            clip_id=clip.id if clip else None,
            reason=wanted.reason.value,
            text=wanted.text,
            placed_by=caller.account_id,
            placed_at=now,
            expires_at=wanted.expires_at,
        )
        session.add(hold)
        session.flush()
        record(
            session, now, caller.actor, "hold_placed", f"legal_hold:{hold.id}", reason=hold.reason,
            class_id=str(class_id), lesson_hour_id=wanted.lesson_hour_id and str(wanted.lesson_hour_id),
            sha256=wanted.sha256, expires_at=wanted.expires_at and wanted.expires_at.isoformat(),
        )  # fmt: skip
        return _out(session, hold, session.get_one(Account, caller.account_id), now)


def lift(centre: Centre, caller: Caller, hold_id: UUID, wanted: LiftIn) -> HoldOut:
    """Raises HOLD_OF_COUNTY, HOLD_LIFTED_BY_PLACER (403), HOLD_NOT_FOUND (404), HOLD_OVER (409)."""
    _county(caller)
    now = centre.clock.now()
    with centre.uow.write() as session:
        found = repository.hold(session, caller, hold_id)
        if found is None:
            raise not_found("HOLD", "证据锁定", "hold")
        hold, account = found
        if not _active(hold, now):
            raise _error("HOLD_OVER", 409, "这项锁定已经解除或到期", "this hold is over already")
        if hold.placed_by == caller.account_id:
            raise _error(
                "HOLD_LIFTED_BY_PLACER", 403, "解除锁定须由另一人办理", "somebody else than who placed it lifts a hold"
            )
        hold.lifted_by, hold.lifted_at, hold.lift_text = caller.account_id, now, wanted.text
        record(session, now, caller.actor, "hold_lifted", f"legal_hold:{hold.id}", reason=hold.reason)
        return _out(session, hold, account, now)


def holds(centre: Centre, caller: Caller, lesson_hour_id: UUID | None = None) -> list[HoldOut]:
    """Newest first. Raises HOLD_OF_COUNTY (403)."""
    _county(caller)
    now = centre.clock.now()
    with centre.uow.read() as session:
        return [
            _out(session, hold, account, now) for hold, account in repository.holds(session, caller, lesson_hour_id)
        ]


def _county(caller: Caller) -> None:
    """A hold may be about the institution: its own people neither see nor change it."""
    if not caller.whole_county:
        raise _error("HOLD_OF_COUNTY", 403, "证据锁定由主管单位办理", "only the county places, sees and lifts holds")


def _found(session: Session, caller: Caller, wanted: HoldIn) -> tuple[UUID, EvidenceClip | None]:
    if wanted.class_id is not None:
        training = training_class(session, caller, wanted.class_id)
        if training is None:
            raise not_found("CLASS", "班级", "class", "/class_id")
        return training.id, None
    assert wanted.lesson_hour_id is not None
    lesson = lessons.lesson(session, caller, wanted.lesson_hour_id)
    if lesson is None:
        raise not_found("LESSON", "课时", "lesson hour", "/lesson_hour_id")
    if wanted.sha256 is None:
        return lesson.training.id, None
    for clip, _ in lessons.clips(session, [lesson.hour.id]).get(lesson.hour.id, []):
        if clip.sha256 == wanted.sha256:
            return lesson.training.id, clip
    raise not_found("CLIP", "取证片段", "clip", "/sha256")


def _active(hold: LegalHold, now: datetime) -> bool:
    return hold.lifted_at is None and (hold.expires_at is None or hold.expires_at > now)


def _out(session: Session, hold: LegalHold, placed_by: Account, now: datetime) -> HoldOut:
    clip = session.get(EvidenceClip, hold.clip_id) if hold.clip_id else None
    return HoldOut(
        id=hold.id,
        class_id=hold.class_id,
        lesson_hour_id=hold.lesson_hour_id,
        sha256=clip.sha256 if clip else None,
        reason=HoldReason(hold.reason),
        text=hold.text,
        placed_by=hold.placed_by,
        placed_by_name=placed_by.name,
        placed_at=hold.placed_at,
        expires_at=hold.expires_at,
        lifted_by=hold.lifted_by,
        lifted_at=hold.lifted_at,
        active=_active(hold, now),
        clips=repository.covered(session, hold.id),
    )


def _error(code: str, status: int, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en)
