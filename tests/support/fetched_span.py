"""A box's side of a span on a watched day: that it lives, what it answers, without a recording of its own."""

from __future__ import annotations

import hashlib
from typing import Any

from config.clock import epoch_ms
from supervisor.callers import Caller
from supervisor.contract.evidence import canonical_json
from supervisor.contract.log import ClipManifest, LogAppend, SpanEntry
from supervisor.contract.span import SpanFailure, SpanGap
from supervisor.contract.state import BoxState, DiskReport
from supervisor.devices import service as devices
from supervisor.devices.models import Box
from supervisor.lessons import ingest
from supervisor.lessons.schemas import ViewReason
from supervisor.spans import service, uploads
from supervisor.spans.models import RawSpan
from supervisor.spans.schemas import SpanIn
from tests.support.drawn_class import HIGH, WIDE, film
from tests.support.room_day import WatchedDay

FILM_S = 20


def tell(day: WatchedDay) -> None:
    """The box lives."""
    disk = DiskReport(total_bytes=10, free_bytes=5, admission_ok=True)
    state = BoxState(
        at=day.clock.now(), version="1", cameras=(), lessons=(), disk=disk, backlog_entries=0, backlog_clips=0
    )
    devices.report_state(day.centre, day.box_id, state)


def answer(day: WatchedDay, span: RawSpan, content: bytes | None, gaps: tuple[SpanGap, ...] = ()) -> None:
    """As the box does, without its bytes."""
    told: dict[str, Any] = {"lesson_hour_id": span.lesson_hour_id, "camera_id": span.camera_id}
    file = None
    if content is not None:
        file = ClipManifest(
            **told, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), start_ms=span.start_ms,
            end_ms=span.start_ms + FILM_S * 1000, media_ms=FILM_S * 1000, codec="h264", width=WIDE, height=HIGH,
        )  # fmt: skip
    entry = SpanEntry(
        **told, at=epoch_ms(day.clock.now()), span_id=span.id, start_ms=span.start_ms, end_ms=span.end_ms, file=file,
        failure=None if content else SpanFailure.NOT_RECORDED, gaps=gaps,
    )  # fmt: skip
    with day.centre.uow.read() as session:
        size = session.get_one(Box, day.box_id).log_size
    body = canonical_json(entry.model_dump(mode="json")).decode()
    ingest.append_log(day.centre, day.box_id, LogAppend(from_index=size, entries=[body]))


def fetched(day: WatchedDay, inspector: Caller) -> RawSpan:
    """Two stretches of the second lesson hour's raw recording were asked for: one is here, the other half of it."""
    tell(day)
    content = film(11, seconds=FILM_S, tone=150)
    first = _asked(day, inspector, 5 * 60_000)
    answer(day, first, content)
    uploads.receive(day.centre, day.box_id, first.id, 0, content)
    day.clock.step(1)
    second = _asked(day, inspector, 20 * 60_000)
    answer(day, second, content)
    uploads.receive(day.centre, day.box_id, second.id, 0, content[: len(content) // 2])
    return first


def _asked(day: WatchedDay, inspector: Caller, at_ms: int) -> RawSpan:
    start = day.starts[1] + at_ms
    wanted = SpanIn(camera_id=day.cameras[0], start=start, end=start + FILM_S * 1000, reason=ViewReason.COMPLAINT)
    made = service.ask(day.centre, inspector, day.lessons[1], wanted, "10.0.0.1")
    with day.centre.uow.read() as session:
        return session.get_one(RawSpan, made.id)
