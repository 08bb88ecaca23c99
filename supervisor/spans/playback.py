"""Looking at a span: entered in the viewing register before the first byte, then played by byte ranges as a clip is."""

from __future__ import annotations

from uuid import UUID

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.lessons.playback import Media, hls, served
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.spans.files import key_of, store_of
from supervisor.spans.models import RawSpan, SpanState
from supervisor.spans.service import seen


def playlist(centre: Centre, caller: Caller, span_id: UUID, reason: ViewReason, ip: str) -> str:
    """HLS VOD playlist. Raises LessonProofError SPAN_NOT_FOUND (404), SPAN_NOT_HERE, CLIP_NOT_PLAYABLE (409),
    SPAN_DELETED (410)."""
    span = _open(centre, caller, span_id, reason, ip)
    assert span.manifest is not None
    return hls(span.playlist, f"/api/spans/{span_id}/span.mp4?reason={reason}", int(span.manifest["start_ms"]))


def media(centre: Centre, caller: Caller, span_id: UUID, reason: ViewReason, ip: str, wanted: str | None) -> Media:
    """`wanted`: the Range header. Raises as `playlist`, and RANGE_INVALID (416)."""
    span = _open(centre, caller, span_id, reason, ip)
    return served(store_of(centre), key_of(span), span.bytes, wanted)


def _open(centre: Centre, caller: Caller, span_id: UUID, reason: ViewReason, ip: str) -> RawSpan:
    with centre.uow.read() as session:
        span = seen(session, caller, span_id)[0]
    if span.state != SpanState.HERE:
        raise _absent(span)
    enter(centre, caller, span.lesson_hour_id, "recording", reason, ip)
    return span


def _absent(span: RawSpan) -> LessonProofError:
    if span.state in (SpanState.DELETING, SpanState.DELETED) and span.retain_until is not None:
        day = span.retain_until.astimezone(CHINA).date()
        return LessonProofError(
            "SPAN_DELETED",
            status=410,
            zh=f"调取的原始录像留存到 {day} 为止,之后已按规定删除",
            en=f"the term of this raw recording ended on {day} and it was deleted after that",
        )
    return LessonProofError(
        "SPAN_NOT_HERE", status=409, zh="这一段原始录像不在中心", en="this stretch of raw recording is not here"
    )
