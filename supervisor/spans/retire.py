"""Every night: spans whose short term is over, and whose lesson hour nobody holds, are deleted; the row stays.

In two phases, as clips (`supervisor.retention.retire`): marked, deleted and looked for, written down. What dies in
between is finished the next night. The day is the one that `retire_clips` moved on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import epoch_ms
from storage.retention import Asset, Claim, DeletionRefused, Kind, delete_object, may_delete
from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.retention import today
from supervisor.spans import repository
from supervisor.spans.files import key_of, store_of
from supervisor.spans.models import RawSpan, SpanState


def retire_spans(centre: Centre) -> int:
    """How many were deleted."""
    with centre.uow.read() as session:
        day = today.present(session)
        due = [] if day is None else repository.due(session, day)
    return sum(_retire(centre, span_id, day) for span_id in due if day is not None)


def _retire(centre: Centre, span_id: UUID, day: datetime) -> bool:
    with centre.uow.write() as session:
        span = session.get_one(RawSpan, span_id, with_for_update=True)
        asset = _asset(session, span, day)
        if not may_delete(asset, epoch_ms(day)).allowed:
            span.state = SpanState.HERE.value  # a lock came after it was marked
            return False
        span.state = SpanState.DELETING.value
    try:
        delete_object(store_of(centre), key_of(span), asset, epoch_ms(day))
    except DeletionRefused:
        return False
    now = centre.clock.now()
    with centre.uow.write() as session:
        span = session.get_one(RawSpan, span_id, with_for_update=True)
        span.state, span.deleted_at = SpanState.DELETED.value, now
        record(
            session, now, CENTRE, "span_deleted", f"lesson_hour:{span.lesson_hour_id}",
            span=str(span.id), sha256=span.manifest["sha256"] if span.manifest else None,
        )  # fmt: skip
    return True


def _asset(session: Session, span: RawSpan, day: datetime) -> Asset:
    assert span.retain_until is not None and span.arrived_at is not None
    held = repository.is_held(session, span.lesson_hour_id, day)
    recorded_ms = min(span.end_ms, epoch_ms(span.arrived_at))
    return Asset(Kind.SPAN, recorded_ms, (Claim(epoch_ms(span.retain_until + timedelta(seconds=1)), held=held),))
