"""The send loop: claim, build, push, keep what came back. Whatever was claimed and not answered is sent again, under
the same key."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from supervisor.audit.service import CENTRE, record
from supervisor.centre import Centre
from supervisor.registry import repository
from supervisor.registry.client import NullRegistryClient, Outgoing, Pushed, RegistryClient, open_client
from supervisor.registry.models import OutboxMessage
from supervisor.registry.payload import build
from supervisor.rules.registry import retry_delay_s

ROUND_S = 45.0
"""One run of the job stops taking batches after this."""
CARRIED_FOR = timedelta(days=3)
"""Sheets that nobody acknowledged are written again after this."""
_CLAIM_SPARE_S = 60.0


def send_waiting(centre: Centre, client: RegistryClient | None = None) -> int:
    """Send what is due, batch by batch. The number of messages that were answered or handed on."""
    client = client or open_client(centre.settings)
    if isinstance(client, NullRegistryClient):
        return 0
    ends, done = centre.clock.monotonic() + ROUND_S, 0
    while centre.clock.monotonic() < ends:
        batch = _claim(centre, client)
        if not batch:
            break
        results = client.push([outgoing for _, outgoing in batch])
        done += _settle(centre, [row_id for row_id, _ in batch], results)
        if any(one.outcome == "again" for one in results):
            break  # it is away or in trouble: the next minute is soon enough
    return done


def _claim(centre: Centre, client: RegistryClient) -> list[tuple[UUID, Outgoing]]:
    """Mark a batch as sent before it is: whoever dies now leaves messages that are sent again when the claim is over,
    which is after the longest that a whole batch may take."""
    now = centre.clock.now()
    wanted = centre.settings.registry
    over = now + timedelta(seconds=wanted.batch * wanted.timeout_s + _CLAIM_SPARE_S)
    batch: list[tuple[UUID, Outgoing]] = []
    with centre.uow.write() as session:
        for row in repository.due(session, now, wanted.batch, in_line=client.in_line):
            outgoing = build(centre, session, row)
            if outgoing is None:
                row.state = "suspended"
                record(session, now, CENTRE, "registry_suspended", f"outbox:{row.id}", alarm=True)
                continue
            row.state, row.tries, row.next_try_at = "sent", row.tries + 1, over
            batch.append((row.id, outgoing))
    return batch


def _settle(centre: Centre, ids: list[UUID], results: list[Pushed]) -> int:
    now = centre.clock.now()
    with centre.uow.write() as session:
        for row_id, result in zip(ids, results, strict=True):
            row = session.get_one(OutboxMessage, row_id, with_for_update=True)
            if row.state == "sent":  # a person may have decided, or a slower sender been answered, in the meantime
                settle(row, result, now)
                if result.outcome == "refused":
                    record(session, now, CENTRE, "registry_refused", f"outbox:{row.id}", kind=row.kind)
    return sum(one.outcome != "again" for one in results)


def settle(row: OutboxMessage, result: Pushed, now: datetime) -> None:
    """What the registry said of a message that was sent."""
    row.last_error = result.words
    if result.outcome == "acknowledged":
        row.state, row.acknowledged_at, row.registry_ref = "acknowledged", now, result.ref
    elif result.outcome == "refused":
        row.state = "refused"
    elif result.outcome == "handed":
        row.next_try_at = now + CARRIED_FOR
    else:
        row.state = "waiting"
        row.next_try_at = now + timedelta(seconds=retry_delay_s(row.tries, row.idempotency_key))
