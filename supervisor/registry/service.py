"""What people do about the feed: look, correct or waive what was refused, bring receipts, explain differences."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.paging import Page, page_of
from supervisor.registry import repository
from supervisor.registry.acknowledgements import read_sheet
from supervisor.registry.mapping import load_mapping
from supervisor.registry.models import OutboxMessage, ReconcileDifference, ReconcileReport
from supervisor.registry.reconcile import day_bounds
from supervisor.registry.schemas import DifferenceOut, LagOut, MessageOut, Overview, ReportOut, Taken
from supervisor.registry.sending import settle
from supervisor.rules.registry import percentile

LONGEST_DAYS = 31
_SHOWN = 200


def overview(centre: Centre, caller: Caller) -> Overview:
    """The page: a week of lags, the refused ones, the last comparison (whole county only)."""
    today = centre.clock.now().astimezone(CHINA).date()
    week = lag(centre, caller, today - timedelta(days=6), today)
    with centre.uow.read() as session:
        last = repository.last_report(session) if caller.whole_county else None
        return Overview(
            configured=centre.settings.registry.kind != "none",
            counts=repository.counts(session, caller),
            refused=[
                MessageOut.model_validate(one, from_attributes=True)
                for one in repository.messages(session, caller, "refused", None, _SHOWN - 1)
            ],
            lag=week,
            report=None if last is None else _report(last, repository.differences(session, last.id)),
        )


def messages(centre: Centre, caller: Caller, state: str, cursor: str | None, size: int) -> Page[MessageOut]:
    """Oldest first. Raises LessonProofError CURSOR_INVALID (422)."""
    with centre.uow.read() as session:
        rows = repository.messages(session, caller, state, cursor, size)
        return Page(**page_of(rows, size, lambda row: (row.created_at, row.id), _message))


def _message(row: OutboxMessage) -> MessageOut:
    return MessageOut.model_validate(row, from_attributes=True)


def lag(centre: Centre, caller: Caller, first: date, last: date) -> list[LagOut]:
    """Raises LessonProofError REGISTRY_DAYS (422): more than 31 days, or none."""
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise _error("REGISTRY_DAYS", 422, "时间范围须为 1 至 31 天", "from 1 to 31 days")
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.lags(session, caller, day_bounds(first)[0], day_bounds(last)[1])
    groups: dict[tuple[date, str], list[tuple[float | None, bool]]] = {}
    for kind, event, acknowledged, due in rows:
        hours = None if acknowledged is None else (acknowledged - event).total_seconds() / 3600
        late = due is not None and (acknowledged or now) > due
        groups.setdefault((event.astimezone(CHINA).date(), kind), []).append((hours, late))
    out = []
    for (day, kind), each in sorted(groups.items()):
        hours_known = [hours for hours, _ in each if hours is not None]
        out.append(
            LagOut(
                day=day, kind=kind, events=len(each), acknowledged=len(hours_known),
                late=sum(late for _, late in each), p50_h=percentile(hours_known, 0.5),
                p95_h=percentile(hours_known, 0.95), max_h=max(hours_known, default=None),
            )
        )  # fmt: skip
    return out


def waive(centre: Centre, caller: Caller, message_id: UUID, reason: str) -> MessageOut:
    """A refused message need not be told: those behind it go on. Raises
    MESSAGE_NOT_FOUND (404), MESSAGE_STATE (409)."""
    return _decide(centre, caller, message_id, reason, "waived")


def correct(centre: Centre, caller: Caller, message_id: UUID, reason: str) -> MessageOut:
    """After the data was put right: the same event once more, in the same place of its line, under a new key.
    Raises MESSAGE_NOT_FOUND (404), MESSAGE_STATE (409)."""
    return _decide(centre, caller, message_id, reason, "superseded")


def _decide(centre: Centre, caller: Caller, message_id: UUID, reason: str, state: str) -> MessageOut:
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = repository.message(session, caller, message_id)
        if row is None:
            raise _error("MESSAGE_NOT_FOUND", 404, "没有这条消息", "no such message")
        if row.state != "refused":
            raise _error("MESSAGE_STATE", 409, "只有被退回的消息可以处理", "only a refused message can be decided on")
        row.state, row.reason, row.decided_by = state, reason, caller.account_id
        digest = hashlib.sha256(reason.encode()).hexdigest()
        record(session, now, caller.actor, f"registry_{state}", f"outbox:{row.id}", reason_sha256=digest)
        if state == "superseded":
            row = _again(row, now)
            session.add(row)
        session.flush()
        return MessageOut.model_validate(row, from_attributes=True)


def _again(row: OutboxMessage, now: datetime) -> OutboxMessage:
    same = ("subject", "n", "kind", "institution_id", "class_id", "body", "event_at", "due_at")
    first_key = row.idempotency_key.removesuffix(f"~{row.revision}")
    return OutboxMessage(
        **{name: getattr(row, name) for name in same},
        revision=row.revision + 1, idempotency_key=f"{first_key}~{row.revision + 1}",
        created_at=now, state="waiting", tries=0, next_try_at=now,
    )  # fmt: skip


def take_acknowledgements(centre: Centre, caller: Caller, name: str, content: bytes) -> Taken:
    """A sheet that came back. All of it or nothing. Raises ACKNOWLEDGEMENT_SHEET (422)."""
    columns = load_mapping(centre.settings.registry.mapping).acknowledgement
    told = read_sheet(name, content, columns)
    now, taken, refused = centre.clock.now(), 0, 0
    with centre.uow.write() as session:
        known = repository.keyed(session, [one.key for one in told])
        for at, one in enumerate(told, start=2):
            row = known.get(one.key)
            if row is None:
                raise LessonProofError(
                    "ACKNOWLEDGEMENT_SHEET", status=422, where=f"/rows/{at}",
                    zh=f"第 {at} 行:没有这个消息编号", en=f"row {at}: no such message",
                )  # fmt: skip
            if row.state == "sent":
                settle(row, one, now)
                taken += one.outcome == "acknowledged"
                refused += one.outcome == "refused"
        digest = hashlib.sha256(content).hexdigest()
        record(session, now, caller.actor, "registry_acknowledged", f"sheet:{digest}", taken=taken, refused=refused)
    return Taken(acknowledged=taken, refused=refused)


def reports(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[ReportOut]:
    """The newest comparisons first; only for those who see the whole county. Raises CURSOR_INVALID (422)."""
    if not caller.whole_county:
        return Page(items=[], next=None)
    with centre.uow.read() as session:
        rows = repository.reports(session, cursor, size)
        return Page(
            **page_of(
                rows,
                size,
                lambda one: (one.made_at, one.id),
                lambda one: _report(one, repository.differences(session, one.id)),
            )
        )


def report(centre: Centre, caller: Caller, report_id: UUID) -> ReportOut:
    """Raises LessonProofError REPORT_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        one = session.get(ReconcileReport, report_id) if caller.whole_county else None
        if one is None:
            raise _error("REPORT_NOT_FOUND", 404, "没有这份对账结果", "no such comparison")
        return _report(one, repository.differences(session, one.id))


def explain(centre: Centre, caller: Caller, difference_id: UUID, reason: str) -> DifferenceOut:
    """Once, and it stays. Raises DIFFERENCE_NOT_FOUND (404), DIFFERENCE_EXPLAINED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        row = session.get(ReconcileDifference, difference_id, with_for_update=True) if caller.whole_county else None
        if row is None:
            raise _error("DIFFERENCE_NOT_FOUND", 404, "没有这条差异", "no such difference")
        if row.explanation is not None:
            raise _error("DIFFERENCE_EXPLAINED", 409, "这条差异已有说明", "this difference is explained already")
        row.explanation, row.explained_by, row.explained_at = reason, caller.account_id, now
        digest = hashlib.sha256(reason.encode()).hexdigest()
        record(session, now, caller.actor, "difference_explained", f"difference:{row.id}", reason_sha256=digest)
        return DifferenceOut.model_validate(row, from_attributes=True)


def _report(one: ReconcileReport, rows: Sequence[ReconcileDifference]) -> ReportOut:
    differences = [DifferenceOut.model_validate(row, from_attributes=True) for row in rows]
    return ReportOut(
        id=one.id, day=one.day, made_at=one.made_at, local_count=one.local_count, registry_count=one.registry_count,
        open=sum(each.explanation is None for each in differences), differences=differences,
    )  # fmt: skip


def _error(code: str, status: int, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en)
