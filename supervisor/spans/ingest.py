"""The box's answer to a request for raw recording, as an entry of its log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from supervisor.audit.service import record
from supervisor.contract.log import SpanEntry
from supervisor.contract.span import SpanFailure
from supervisor.devices.models import Box
from supervisor.spans import repository
from supervisor.spans.models import RawSpan, SpanState


def take_span(session: Session, box: Box, index: int, entry: SpanEntry, now: datetime) -> None:
    """A box that lost what it knew answers again; the newest answer counts as long as the bytes are not here. What
    nobody waits for any more is kept as log; what was never asked for is an alarm, and so is another stretch than that
    which was asked for."""
    span = repository.of_box(session, box.id, entry.span_id, lock=True)
    actor = f"box:{box.id}"
    if span is None or not _as_asked(span, entry):
        record(session, now, actor, "span_not_asked_for", f"span:{entry.span_id}", alarm=True, index=index)
        return
    if span.state not in repository.OPEN:
        return
    span.entry_idx = index
    span.gaps = [gap.model_dump(mode="json") for gap in entry.gaps]
    if entry.file is not None:
        span.state, span.manifest, span.failure = SpanState.FETCHING.value, entry.file.model_dump(mode="json"), None
        return
    assert entry.failure is not None
    nothing = entry.failure is SpanFailure.NOT_RECORDED
    span.state = (SpanState.NOT_RECORDED if nothing else SpanState.FAILED).value
    span.manifest, span.failure = None, entry.failure.value
    record(
        session, now, actor, "span_not_to_be_had", f"lesson_hour:{span.lesson_hour_id}",
        span=str(span.id), why=entry.failure.value,
    )  # fmt: skip


def _as_asked(span: RawSpan, entry: SpanEntry) -> bool:
    asked = span.lesson_hour_id, span.camera_id
    whole = entry.file is None or (entry.file.lesson_hour_id, entry.file.camera_id) == asked
    told = entry.lesson_hour_id, entry.camera_id, entry.start_ms, entry.end_ms
    return whole and told == (*asked, span.start_ms, span.end_ms)
