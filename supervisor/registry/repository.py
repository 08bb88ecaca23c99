"""SQL of the feed to the registry. People see their own scope's messages; the sender sees all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from supervisor.callers import Caller
from supervisor.paging import paged
from supervisor.registry.models import OPEN, OutboxMessage, ReconcileDifference, ReconcileReport


def due(session: Session, now: datetime, limit: int, *, in_line: bool) -> Sequence[OutboxMessage]:
    """Messages whose time has come, locked. Only the first open one of each subject's line, or (`in_line`) those that
    nothing holds up, in the order of the line."""
    earlier = aliased(OutboxMessage)
    ahead = and_(earlier.subject == OutboxMessage.subject, earlier.n < OutboxMessage.n)
    if in_line:
        holds = or_(
            earlier.state.in_(("refused", "suspended")),
            and_(earlier.state == "waiting", earlier.next_try_at > now),
        )
    else:
        holds = earlier.state.in_(OPEN)
    order = (OutboxMessage.subject, OutboxMessage.n) if in_line else (OutboxMessage.next_try_at, OutboxMessage.id)
    query = (
        select(OutboxMessage)
        .where(
            OutboxMessage.state.in_(("waiting", "sent")),
            OutboxMessage.next_try_at <= now,
            ~select(earlier.id).where(ahead, holds).exists(),
        )
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )
    return session.scalars(query).all()


def message(session: Session, caller: Caller, message_id: UUID) -> OutboxMessage | None:
    query = select(OutboxMessage).where(OutboxMessage.id == message_id, caller.sees(OutboxMessage.institution_id))
    return session.scalar(query.with_for_update())


def messages(session: Session, caller: Caller, state: str, cursor: str | None, size: int) -> Sequence[OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.state == state, caller.sees(OutboxMessage.institution_id))
    return session.scalars(paged(query, OutboxMessage.created_at, OutboxMessage.id, cursor, size)).all()


def keyed(session: Session, keys: Sequence[str]) -> dict[str, OutboxMessage]:
    query = select(OutboxMessage).where(OutboxMessage.idempotency_key.in_(keys))
    return {row.idempotency_key: row for row in session.scalars(query)}


def counts(session: Session, caller: Caller) -> dict[str, int]:
    query = (
        select(OutboxMessage.state, func.count())
        .where(caller.sees(OutboxMessage.institution_id))
        .group_by(OutboxMessage.state)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def between(
    session: Session, start: datetime, end: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[OutboxMessage]:
    """A page of the events in [start, end), by time, for the comparison. Corrected and waived ones are not in it."""
    query = select(OutboxMessage).where(
        OutboxMessage.event_at >= start,
        OutboxMessage.event_at < end,
        OutboxMessage.state.not_in(("superseded", "waived")),
    )
    if after is not None:
        at, last = after
        query = query.where(
            or_(OutboxMessage.event_at > at, and_(OutboxMessage.event_at == at, OutboxMessage.id > last))
        )
    return session.scalars(query.order_by(OutboxMessage.event_at, OutboxMessage.id).limit(limit)).all()


def lags(
    session: Session, caller: Caller, start: datetime, end: datetime
) -> Sequence[tuple[str, datetime, datetime | None, datetime | None]]:
    """Kind, event, acknowledgement, due, of the events in [start, end)."""
    query = select(
        OutboxMessage.kind, OutboxMessage.event_at, OutboxMessage.acknowledged_at, OutboxMessage.due_at
    ).where(
        OutboxMessage.event_at >= start,
        OutboxMessage.event_at < end,
        OutboxMessage.state.not_in(("superseded", "waived")),
        caller.sees(OutboxMessage.institution_id),
    )
    return [(kind, event, acknowledged, due) for kind, event, acknowledged, due in session.execute(query)]


def last_report(session: Session) -> ReconcileReport | None:
    query = select(ReconcileReport).order_by(ReconcileReport.day.desc(), ReconcileReport.made_at.desc())
    return session.scalar(query.limit(1))


def reports(session: Session, cursor: str | None, size: int) -> Sequence[ReconcileReport]:
    """The newest first."""
    query = paged(select(ReconcileReport), ReconcileReport.made_at, ReconcileReport.id, cursor, size, newest=True)
    return session.scalars(query).all()


def differences(session: Session, report_id: UUID) -> Sequence[ReconcileDifference]:
    query = select(ReconcileDifference).where(ReconcileDifference.report_id == report_id)
    return session.scalars(query.order_by(ReconcileDifference.subject, ReconcileDifference.idempotency_key)).all()
