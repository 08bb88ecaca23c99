"""Somebody asks for a stretch of raw recording: who may, of what, how often; and how far it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.secrecy import refuse_secret
from supervisor.contract.span import SpanFailure, SpanGap
from supervisor.decisions.exempt import exempt_of
from supervisor.devices.models import Box
from supervisor.devices.service import is_silent, not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.register import viewing
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.profiles import profile_named
from supervisor.spans import repository
from supervisor.spans.files import held_bytes
from supervisor.spans.models import RawSpan, SpanState
from supervisor.spans.repository import Row
from supervisor.spans.schemas import SpanFileOut, SpanIn, SpanOut

ASKERS = (Role.INSPECTOR,)
READERS = (Role.INSPECTOR, Role.APPROVER, Role.THIRD_PARTY, Role.OVERSIGHT)
"""What the supervision fetched is for the supervision; an institution has its own recordings in its own box."""
WAIT = timedelta(days=7)
"""A box that had no line for so long brings it no more: whoever still needs it asks again."""
MOST_A_DAY = 30


def ask(centre: Centre, caller: Caller, lesson_hour_id: UUID, wanted: SpanIn, ip: str) -> SpanOut:
    """The same stretch, asked for by whoever, is fetched once. Entered in the viewing register, and in the record.

    Raises LessonProofError LESSON_NOT_FOUND, CAMERA_NOT_FOUND (404), SECRET_UNIT (403), SPAN_OUTSIDE_LESSON,
    SPAN_NOT_YET (422), LESSON_EXEMPT, BOX_REVOKED (409), SPAN_GONE (410), SPANS_TODAY (429).
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = lessons.lesson(session, caller, lesson_hour_id)
        if row is None:
            raise not_found("LESSON", "课时", "lesson hour")
        lessons.lock_lesson(session, lesson_hour_id)
        box = _box_of(session, row, wanted)
        _may_be_had(session, row, wanted, box, now)
        found = repository.same(session, wanted.camera_id, wanted.start, wanted.end)
        if found is None:
            _not_too_often(session, caller, now)
            found = RawSpan(
                asked_at=now,
                account_id=caller.account_id,
                reason=wanted.reason,
                lesson_hour_id=lesson_hour_id,
                camera_id=wanted.camera_id,
                box_id=box.id,
                start_ms=wanted.start,
                end_ms=wanted.end,
                state=SpanState.ASKED.value,
                wait_until=now + WAIT,
                gaps=[],
            )
            session.add(found)
            session.flush()
            record(
                session, now, caller.actor, "span_asked", f"lesson_hour:{lesson_hour_id}", ip=ip,
                span=str(found.id), camera=str(wanted.camera_id), start_ms=wanted.start, end_ms=wanted.end,
                reason=wanted.reason.value,
            )  # fmt: skip
        session.add(viewing(caller, lesson_hour_id, "recording", wanted.reason, ip, now))
        session.flush()
        made = repository.span(session, caller, found.id)
        assert made is not None
        return span_out(centre, made)


def show(centre: Centre, caller: Caller, span_id: UUID) -> SpanOut:
    """Raises LessonProofError SPAN_NOT_FOUND (404), also for another institution's."""
    with centre.uow.read() as session:
        return span_out(centre, seen(session, caller, span_id))


def seen(session: Session, caller: Caller, span_id: UUID) -> Row:
    row = repository.span(session, caller, span_id)
    if row is None:
        raise not_found("SPAN", "原始录像段", "span")
    return row


def of_lessons(centre: Centre, session: Session, caller: Caller, lesson_hour_ids: Collection[UUID]) -> list[SpanOut]:
    """Newest first; none for those who may not see them. The caller has been let into the lesson hours."""
    if caller.role not in READERS:
        return []
    return [span_out(centre, row) for row in repository.of_lessons(session, lesson_hour_ids)]


def span_out(centre: Centre, row: Row) -> SpanOut:
    span, camera, box, who = row
    file = None
    if span.manifest is not None and span.entry_idx is not None:
        file = SpanFileOut(
            sha256=span.manifest["sha256"],
            bytes=span.bytes,
            start=span.manifest["start_ms"],
            end=span.manifest["end_ms"],
            media_ms=span.manifest["media_ms"],
            entry=span.entry_idx,
        )
    return SpanOut(
        id=span.id,
        lesson_hour_id=span.lesson_hour_id,
        camera_id=camera.id,
        camera_code=camera.code,
        start=span.start_ms,
        end=span.end_ms,
        reason=ViewReason(span.reason),
        who=who,
        asked_at=span.asked_at,
        state=SpanState(span.state),
        wait_until=span.wait_until,
        box_silent=is_silent(centre, box) or box.revoked_at is not None,
        file=file,
        held=held_bytes(centre, span),
        gaps=[SpanGap.model_validate(gap) for gap in span.gaps],
        failure=None if span.failure is None else SpanFailure(span.failure),
        playable=span.state == SpanState.HERE and span.playlist is not None,
        retain_until=span.retain_until,
    )


def _box_of(session: Session, row: LessonRow, wanted: SpanIn) -> Box:
    """The box that recorded the lesson hour; before it reported, the one the camera hangs on."""
    cameras = lessons.cameras_of_rooms(session, [row.room.id]).get(row.room.id, [])
    camera = next((one for one in cameras if one.id == wanted.camera_id), None)
    if camera is None:
        raise not_found("CAMERA", "摄像头", "camera", "/camera_id")
    evidence = lessons.latest_evidence(session, row.hour.id)
    return session.get_one(Box, camera.box_id if evidence is None else evidence.box_id)


def _may_be_had(session: Session, row: LessonRow, wanted: SpanIn, box: Box, now: datetime) -> None:
    refuse_secret(session, row.institution.id)
    if not epoch_ms(row.hour.start) <= wanted.start < wanted.end <= epoch_ms(row.hour.end):
        raise LessonProofError(
            "SPAN_OUTSIDE_LESSON",
            status=422,
            where="/start",
            zh="起止时间须在同一个课时之内",
            en="the stretch must lie inside one lesson hour",
        )
    if wanted.end > epoch_ms(now):
        raise LessonProofError(
            "SPAN_NOT_YET", status=422, where="/end", zh="这段时间还没有过完", en="this stretch is not over yet"
        )
    if exempt_of(session, row) is not None:
        raise LessonProofError(
            "LESSON_EXEMPT", status=409, zh="这个班免于录像", en="this class is exempt from being filmed"
        )
    if box.revoked_at is not None:
        raise LessonProofError(
            "BOX_REVOKED",
            status=409,
            zh="录下这一课时的现场设备已停用,取不到它的录像",
            en="the box that recorded this lesson hour is revoked: its recordings cannot be had",
        )
    days = profile_named(row.training.profile).retention.raw_days
    if now > row.hour.end + timedelta(days=days) and not repository.is_held(session, row.hour.id, now):
        raise LessonProofError(
            "SPAN_GONE",
            status=410,
            zh=f"原始录像在现场设备里只保存 {days} 天,已过期",
            en=f"the box keeps raw recordings for {days} days, and these are over",
        )


def _not_too_often(session: Session, caller: Caller, now: datetime) -> None:
    midnight = datetime.combine(now.astimezone(CHINA).date(), time(), CHINA)
    if repository.asked_since(session, caller.account_id, midnight) >= MOST_A_DAY:
        raise LessonProofError(
            "SPANS_TODAY",
            status=429,
            zh=f"每人每天最多调取 {MOST_A_DAY} 段原始录像",
            en=f"one person may ask for {MOST_A_DAY} stretches of raw recording a day",
        )
