"""An export of recordings, of a lesson hour or a whole class: asked for by one person, approved by another, fetched by
the first, with a watermark, for some days, every time counted (L13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.archives import service as archives
from supervisor.audit.service import record
from supervisor.bundles import service as bundles
from supervisor.bundles.page import Watermark
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.models import TrainingClass
from supervisor.classes.service import found_class
from supervisor.devices.service import not_found
from supervisor.exports import repository
from supervisor.exports.models import ExportAnswer, ExportFetch, ExportRequest
from supervisor.exports.repository import ExportRow
from supervisor.exports.schemas import ExportAnswerIn, ExportIn, ExportOut, ExportState, ExportsWanted
from supervisor.lessons import repository as lessons
from supervisor.lessons.schemas import ViewReason
from supervisor.paging import Page, after, page_of
from supervisor.profiles import profile_named

DEFAULT_DAYS = 7


def needs_approval(profile: RegionProfile) -> bool:
    return profile.privacy is not None and profile.privacy.export_approval


def require_free(
    centre: Centre, caller: Caller, *, lesson_hour_id: UUID | None = None, class_id: UUID | None = None
) -> None:
    """Raises LessonProofError EXPORT_NEEDS_APPROVAL (409) where a second person must agree, and what finding the lesson
    hour or the class raises."""
    with centre.uow.read() as session:
        profile = _class_of(session, caller, lesson_hour_id, class_id).profile
    if needs_approval(profile_named(profile)):
        raise _error(
            "EXPORT_NEEDS_APPROVAL",
            409,
            "导出录像须先提交申请并由另一人批准",
            "a recording is exported on a request that another person approves",
        )


def _class_of(session: Session, caller: Caller, lesson_hour_id: UUID | None, class_id: UUID | None) -> TrainingClass:
    """Raises LESSON_NOT_FOUND, CLASS_NOT_FOUND (404)."""
    if class_id is not None:
        return found_class(session, caller, class_id)
    lesson = None if lesson_hour_id is None else lessons.lesson(session, caller, lesson_hour_id)
    if lesson is None:
        raise not_found("LESSON", "课时", "lesson hour")
    return lesson.training


def ask(
    centre: Centre,
    caller: Caller,
    wanted: ExportIn,
    *,
    lesson_hour_id: UUID | None = None,
    class_id: UUID | None = None,
) -> ExportOut:
    """Of a lesson hour, or of a whole class. Raises LessonProofError LESSON_NOT_FOUND, CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        _class_of(session, caller, lesson_hour_id, class_id)
        request = ExportRequest(
            at=now,
            account_id=caller.account_id,
            name=caller.name,
            unit=caller.unit,
            lesson_hour_id=lesson_hour_id,
            class_id=class_id,
            reason=wanted.reason,
            case=wanted.case,
        )
        session.add(request)
        session.flush()
        row = _found(session, caller, request.id)
        subject = f"export:{request.id}"
        record(session, now, caller.actor, "export_asked", subject, reason=wanted.reason.value, **_about(row))
        return _out(row, caller, now)


def answer(centre: Centre, caller: Caller, export_id: UUID, wanted: ExportAnswerIn) -> ExportOut:
    """Raises LessonProofError EXPORT_NOT_FOUND (404), SAME_PERSON, EXPORT_ANSWERED (409), EXPORT_TEXT_MISSING (422)."""
    now = centre.clock.now()
    if not wanted.approved and not wanted.text:
        raise _error("EXPORT_TEXT_MISSING", 422, "不批准须写明理由", "say why it is refused")
    with centre.uow.write() as session:
        row = _found(session, caller, export_id, lock=True)
        if row.request.account_id == caller.account_id:
            raise _error("SAME_PERSON", 409, "须由另一人批准", "another person approves it")
        if row.answer is not None:
            raise _error("EXPORT_ANSWERED", 409, "该申请已有结果", "this request has been answered")
        session.add(
            ExportAnswer(
                export_id=export_id,
                at=now,
                account_id=caller.account_id,
                name=caller.name,
                approved=wanted.approved,
                text=wanted.text,
            )
        )
        action = "export_approved" if wanted.approved else "export_refused"
        record(session, now, caller.actor, action, f"export:{export_id}", **_about(row))
        session.flush()
        return _out(_found(session, caller, export_id), caller, now)


def exports(centre: Centre, caller: Caller, wanted: ExportsWanted, cursor: str | None, size: int) -> Page[ExportOut]:
    """Newest first. Raises LessonProofError CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.exports(session, caller, wanted, after(cursor), size + 1)
        return Page(
            **page_of(rows, size, lambda row: (row.request.at, row.request.id), lambda row: _out(row, caller, now))
        )


def fetch(centre: Centre, caller: Caller, export_id: UUID, ip: str, out: Path) -> None:
    """Write the bundle or the archive to `out`, marked for whoever asked for it; only that person fetches it.

    Raises LessonProofError EXPORT_NOT_FOUND (404), EXPORT_NOT_APPROVED (409), EXPORT_EXPIRED (410), and as
    `bundles.service.export` or `archives.service.export`."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        row = _found(session, caller, export_id)
        if row.request.account_id != caller.account_id:
            raise not_found("EXPORT", "导出申请", "export")
        state = _state(row, now)
        if state is ExportState.EXPIRED:
            raise _error("EXPORT_EXPIRED", 410, "批准已过期,请重新申请", "the approval has expired: ask again")
        if row.answer is None or state is not ExportState.APPROVED:
            raise _error("EXPORT_NOT_APPROVED", 409, "申请还没有批准", "the request is not approved")
        mark = Watermark(row.request.name, row.request.unit, now, row.request.case, row.answer.name)
        lesson_hour_id, class_id = row.request.lesson_hour_id, row.training.id
        reason = ViewReason(row.request.reason)
    if lesson_hour_id is None:
        archives.export(centre, caller, class_id, reason, ip, out, watermark=mark)
    else:
        bundles.export(centre, caller, lesson_hour_id, reason, ip, out, watermark=mark)
    with centre.uow.write() as session:
        session.add(ExportFetch(at=now, export_id=export_id, ip=ip))
        record(session, now, caller.actor, "export_fetched", f"export:{export_id}", **_about(row))


def _about(row: ExportRow) -> dict[str, Any]:
    """For the record."""
    return {"class": str(row.training.id)} if row.hour is None else {"lesson": str(row.hour.id)}


def _found(session: Session, caller: Caller, export_id: UUID, *, lock: bool = False) -> ExportRow:
    row = repository.export(session, caller, export_id, lock=lock)
    if row is None:
        raise not_found("EXPORT", "导出申请", "export")
    return row


def _expires(row: ExportRow) -> datetime | None:
    if row.answer is None or not row.answer.approved:
        return None
    privacy = profile_named(row.training.profile).privacy
    return row.answer.at + timedelta(days=DEFAULT_DAYS if privacy is None else privacy.export_days)


def _state(row: ExportRow, now: datetime) -> ExportState:
    if row.answer is None:
        return ExportState.ASKED
    expires = _expires(row)
    if expires is None:
        return ExportState.REFUSED
    return ExportState.EXPIRED if expires <= now else ExportState.APPROVED


def _out(row: ExportRow, caller: Caller, now: datetime) -> ExportOut:
    request, said = row.request, row.answer
    return ExportOut(
        id=request.id,
        lesson_hour_id=request.lesson_hour_id,
        class_id=row.training.id,
        class_name=row.training.name,
        class_no=row.training.class_no,
        start=row.hour and row.hour.start,
        slot=row.hour and row.hour.slot,
        reason=ViewReason(request.reason),
        case=request.case,
        asked_by=request.name,
        asked_at=request.at,
        own=request.account_id == caller.account_id,
        state=_state(row, now),
        answered_by=None if said is None else said.name,
        answered_at=None if said is None else said.at,
        answer=None if said is None else said.text,
        expires_at=_expires(row),
        fetched=row.fetched,
    )


def _error(code: str, status: int, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en)
