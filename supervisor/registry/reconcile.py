"""Local ↔ registry, message by message (A-31, B-15): every difference is a row, to be explained by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from uuid import UUID

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.registry import repository
from supervisor.registry.client import Held, NullRegistryClient, RegistryAway, RegistryClient, open_client
from supervisor.registry.mapping import Mapping, load_mapping
from supervisor.registry.models import OutboxMessage, ReconcileDifference, ReconcileReport
from supervisor.registry.payload import build

PAGE = 500


def day_bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), CHINA)
    return start, start + timedelta(days=1)


def reconcile(centre: Centre, day: date, actor: str, client: RegistryClient | None = None) -> UUID:
    """Compare one day and keep what differs. Raises LessonProofError REGISTRY_AWAY (503): nothing is kept then.

    Both sides are read in pages; only the keys of the day are held in memory."""
    client = client or open_client(centre.settings)
    mapping = load_mapping(centre.settings.registry.mapping)
    found: list[ReconcileDifference] = []
    there: set[str] = set()
    try:
        held = client.fetch_day(day)
        while page := list(islice(held, PAGE)):
            there.update(one.key for one in page)
            found += _registry_page(centre, mapping, page)
    except RegistryAway as error:
        raise LessonProofError(
            "REGISTRY_AWAY", status=503, zh="实名制系统暂不能对账", en=f"the registry cannot be asked: {error}"
        ) from None
    local = 0
    for rows in _local_pages(centre, day):
        local += len(rows)
        found += [_difference(row, "missing_there") for row in rows if row.idempotency_key not in there]
    now = centre.clock.now()
    with centre.uow.write() as session:
        report = ReconcileReport(day=day, made_at=now, local_count=local, registry_count=len(there))
        session.add(report)
        session.flush()
        for one in found:
            one.report_id = report.id
        session.add_all(found)
        what = f"reconcile_report:{report.id}"
        record(session, now, actor, "registry_reconciled", what, day=day.isoformat(), differences=len(found))
        return report.id


def reconcile_yesterday(centre: Centre) -> int:
    """The daily job. The number of differences; 0 where no registry can be asked."""
    client = open_client(centre.settings)
    if isinstance(client, NullRegistryClient) or client.in_line:  # sheets cannot be asked
        return 0
    yesterday = centre.clock.now().astimezone(CHINA).date() - timedelta(days=1)
    report = reconcile(centre, yesterday, "centre", client)
    with centre.uow.read() as session:
        return len(repository.differences(session, report))


def _registry_page(centre: Centre, mapping: Mapping, page: list[Held]) -> list[ReconcileDifference]:
    found = []
    with centre.uow.read() as session:
        known = repository.keyed(session, [one.key for one in page])
        for one in page:
            row = known.get(one.key)
            if row is None:
                found.append(
                    ReconcileDifference(
                        subject=one.subject[:48], idempotency_key=one.key[:96], what="missing_here", fields=[]
                    )
                )
                continue
            outgoing = build(centre, session, row)
            ours = {} if outgoing is None else mapping.coded(row.kind, outgoing.fields)
            codes = sorted(code for code in {*ours, *one.fields} if ours.get(code) != one.fields.get(code))
            if codes:
                found.append(_difference(row, "differs", [mapping.named(row.kind, code) for code in codes]))
    return found


def _local_pages(centre: Centre, day: date) -> Iterator[list[OutboxMessage]]:
    start, end = day_bounds(day)
    after: tuple[datetime, UUID] | None = None
    while True:
        with centre.uow.read() as session:
            rows = list(repository.between(session, start, end, after, PAGE))
        if not rows:
            return
        yield rows
        after = rows[-1].event_at, rows[-1].id


def _difference(row: OutboxMessage, what: str, fields: list[str] | None = None) -> ReconcileDifference:
    return ReconcileDifference(subject=row.subject, idempotency_key=row.idempotency_key, what=what, fields=fields or [])
