"""Spans arrive as clips do: resumable at any byte, checked at the end (`supervisor.lessons.uploads`)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.devices.service import not_found
from supervisor.lessons.uploads import UploadState, add_piece, digest_fits, locked, playlist_of
from supervisor.rules.retention import SPAN_DAYS
from supervisor.spans import repository
from supervisor.spans.files import held_bytes, key_of, part_of, store_of
from supervisor.spans.models import RawSpan, SpanState


def upload_state(centre: Centre, box_id: UUID, span_id: UUID) -> UploadState:
    """Raises LessonProofError SPAN_NOT_FOUND (404): nobody waits for it (any more), or its entry has not come."""
    span = _awaited(centre, box_id, span_id)
    held = held_bytes(centre, span)
    if span.state == SpanState.FETCHING and held == span.bytes:  # we died between the last byte and the digest check
        return receive(centre, box_id, span_id, held, b"")
    return UploadState(held, complete=span.state != SpanState.FETCHING)


def receive(centre: Centre, box_id: UUID, span_id: UUID, offset: int, piece: bytes) -> UploadState:
    """Add `piece` at `offset`. Raises SPAN_NOT_FOUND (404), UPLOAD_OFFSET (409), CLIP_TOO_LONG, CLIP_DIGEST (422)."""
    span = _awaited(centre, box_id, span_id)
    part = part_of(centre, span)
    if span.state != SpanState.FETCHING:
        return UploadState(span.bytes, complete=True)
    with locked(part) as file:
        span = _awaited(centre, box_id, span_id)  # while we waited for the lock it may have come whole
        if span.state != SpanState.FETCHING:
            part.unlink(missing_ok=True)
            return UploadState(span.bytes, complete=True)
        held = add_piece(file, part, span.bytes, offset, piece)
        if held < span.bytes:
            return UploadState(held, complete=False)
        assert span.manifest is not None
        sha256 = str(span.manifest["sha256"])
        if not digest_fits(file, part, sha256):
            with centre.uow.write() as session:
                record(session, centre.clock.now(), f"box:{box_id}", "span_digest_wrong", f"span:{span_id}", alarm=True)
            raise LessonProofError(
                "CLIP_DIGEST",
                status=422,
                zh="内容与其指纹不符,请从头上传",
                en="the bytes do not match the hash: upload it again from the start",
            )
        playlist = playlist_of(part)
        store_of(centre).put(key_of(span), part, sha256)
        _here(centre, span, playlist)
        return UploadState(span.bytes, complete=True)


def _here(centre: Centre, span: RawSpan, playlist: dict[str, object] | None) -> None:
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = session.get_one(RawSpan, span.id, with_for_update=True)
        if row.state != SpanState.FETCHING:
            return
        row.state, row.arrived_at, row.playlist = SpanState.HERE.value, now, playlist
        row.retain_until = end_of_term(now)
        record(
            session, now, f"box:{row.box_id}", "span_arrived", f"lesson_hour:{row.lesson_hour_id}",
            span=str(row.id), sha256=span.manifest["sha256"] if span.manifest else None, playable=playlist is not None,
        )  # fmt: skip


def end_of_term(arrived: datetime) -> datetime:
    """The last second of the last day, in Asia/Shanghai."""
    day = arrived.astimezone(CHINA).date() + timedelta(days=SPAN_DAYS + 1)
    return datetime.combine(day, time(), CHINA) - timedelta(seconds=1)


def _awaited(centre: Centre, box_id: UUID, span_id: UUID) -> RawSpan:
    with centre.uow.read() as session:
        span = repository.of_box(session, box_id, span_id)
    if span is None or span.state not in (SpanState.FETCHING, SpanState.HERE):
        raise not_found("SPAN", "等待上传的原始录像段", "span that is waited for")
    return span


def expire_spans(centre: Centre) -> int:
    """What did not come in time is waited for no longer."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        gone = repository.late(session, now)
        for span in gone:
            span.state = SpanState.EXPIRED.value
            record(session, now, CENTRE, "span_expired", f"lesson_hour:{span.lesson_hour_id}", span=str(span.id))
    for span in gone:
        part_of(centre, span).unlink(missing_ok=True)
    return len(gone)
