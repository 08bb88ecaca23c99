"""The list "what needs me now" of inspectors, institutions, approvers and handlers, by urgency; and how long it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.decisions import repository as decisions
from supervisor.inspections.shown import pairs, rounds_of
from supervisor.openings.application import content_sha256, is_signed, missing
from supervisor.profiles import profile_named
from supervisor.rules.masking import mask_name
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.rules.verdict_life import Stage, end_of_working_day
from supervisor.todo import repository
from supervisor.todo.repository import SEEN_BY
from supervisor.todo.schemas import Kind, Waiting, WaitingList

MOST = 200
"""Of one kind on one page."""
SOON = timedelta(hours=24)
WORKS_OFF = (Role.INSPECTOR, Role.TEACHER, Role.RESPONSIBLE)
"""Whose turn a lesson hour may be."""
HAS_LIST = tuple(role for role in Role if role in {*WORKS_OFF, *(one for some in SEEN_BY.values() for one in some)})


def waiting(centre: Centre, caller: Caller) -> WaitingList:
    """What ends within a day first, then by the day it is due; where there is no term, since when it waits."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        items, whole = _lessons(session, caller, now)
        unsigned = _unsigned(session, caller)
        items, whole = items + unsigned[:MOST], whole and len(unsigned) <= MOST
        for kind in SEEN_BY:
            query = repository.statement(caller, kind, now)
            rows = session.execute(query.limit(MOST + 1)).all() if query is not None else []
            whole = whole and len(rows) <= MOST
            items += _BUILD[kind](session, rows[:MOST])
    return WaitingList(items=sorted(items, key=lambda one: _urgency(one, now)), whole=whole)


def count(centre: Centre, caller: Caller) -> int:
    """How long the list is, without building it."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        queries = [query for kind in SEEN_BY if (query := repository.statement(caller, kind, now)) is not None]
        of_lessons = decisions.count_todo(session, caller, now) if caller.role in WORKS_OFF else 0
        return of_lessons + len(_unsigned(session, caller)) + sum(repository.count(session, query) for query in queries)


def _urgency(one: Waiting, now: datetime) -> tuple[bool, datetime, str]:
    return one.until is None or one.until - now > SOON, one.due_at, str(one.id)


def _lessons(session: Session, caller: Caller, now: datetime) -> tuple[list[Waiting], bool]:
    if caller.role not in WORKS_OFF:
        return [], True
    rows = decisions.todo(session, caller, now, None, MOST + 1)
    verdicts = repository.counting_verdicts(session, [hour.id for _, hour, _ in rows])
    schools = repository.institutions_of(session, {training.id for _, _, training in rows})
    items = []
    for kept, hour, training in rows[:MOST]:
        verdict = verdicts.get(hour.id)
        over = kept.stage == Stage.FAIL_PROPOSED_EXPLAIN and kept.due_at <= now
        items.append(
            Waiting(
                kind=Kind.LESSON,
                id=hour.id,
                class_id=training.id,
                class_no=training.class_no,
                class_name=training.name,
                institution=schools[training.id],
                since=kept.due_at if over else kept.since,
                until=None if over else kept.until,
                due_at=kept.due_at,
                start=hour.start,
                end=hour.end,
                stage=Stage.FAIL_PROPOSED_DECIDE if over else Stage(kept.stage),
                state=VerdictState(verdict.state) if verdict else None,
                reasons=[ReasonCode(code) for code in verdict.body["reasons"]] if verdict else [],
            )
        )
    return items, len(rows) <= MOST


def _unsigned(session: Session, caller: Caller) -> list[Waiting]:
    """Drafts with all their elements, which only the responsible person's signature keeps from being handed in (A-04).
    What is signed is a hash, so each draft is looked into: an institution has few."""
    if caller.role is not Role.RESPONSIBLE:
        return []
    return [
        _item(Kind.SIGNATURE, (training, training, institution), training.created_at, None)
        for training, institution in repository.drafts(session, caller, MOST + 1)
        if profile_named(training.profile).opening_application is not None
        and not missing(session, training)
        and not is_signed(session, training, content_sha256(session, training))
    ]


def _item(kind: Kind, row: Any, since: datetime, until: datetime | None, **more: Any) -> Waiting:
    asked, training, institution = row[0], row[1], row[2]
    return Waiting(
        kind=kind,
        id=asked.id,
        class_id=training.id,
        class_no=training.class_no,
        class_name=training.name,
        institution=institution.name,
        since=since,
        until=until,
        due_at=until or since,
        who=mask_name(row[3]) if len(row) > 3 else "",
        **more,
    )


def _openings(session: Session, rows: Sequence[Any]) -> list[Waiting]:
    ids = [row[0].id for row in rows]
    since, returned = repository.handed_in(session, ids), repository.returned_for(session, ids)
    items = []
    for row in rows:
        training = row[0]
        begun = since.get(training.id, training.created_at)
        days = profile_named(training.profile).opening.review_working_days
        until = end_of_working_day(begun, days) if training.status == "submitted" else None
        why = "; ".join(reason for _, reason in returned.get(training.id, []) if reason)
        items.append(_item(Kind.OPENING, row, begun, until, detail=training.status, reason=why))
    return items


def _exemptions(_session: Session, rows: Sequence[Any]) -> list[Waiting]:
    return [_item(Kind.EXEMPTION, row, row[0].at, None, detail=row[0].kind, reason=row[0].basis) for row in rows]


def _changes(session: Session, rows: Sequence[Any]) -> list[Waiting]:
    held = repository.sessions_of(session, [row[0].session_id for row in rows])
    return [
        _item(
            Kind.CHANGE, row, row[0].asked_at, row[0].decide_by,
            detail=row[0].kind, reason=row[0].reason,
            start=held[row[0].session_id].start, end=held[row[0].session_id].end,
        )
        for row in rows
    ]  # fmt: skip


def _leaves(_session: Session, rows: Sequence[Any]) -> list[Waiting]:
    """The reason may tell of illness: it is read where it is decided, by who decides."""
    return [
        _item(
            Kind.LEAVE, row, row[0].asked_at, None,
            detail=row[0].kind, reason=row[0].reason, start=row[0].start, end=row[0].until,
        )
        for row in rows
    ]  # fmt: skip


def _makeups(_session: Session, rows: Sequence[Any]) -> list[Waiting]:
    return [
        _item(Kind.MAKEUP, row, row[0].asked_at, None, detail=row[0].direction, reason=row[0].reason, start=row[0].at)
        for row in rows
    ]


def _drop_outs(_session: Session, rows: Sequence[Any]) -> list[Waiting]:
    return [_item(Kind.DROP_OUT, row, row[0].asked_at, None, reason=row[0].reason) for row in rows]


def _exports(session: Session, rows: Sequence[Any]) -> list[Waiting]:
    """Of a lesson hour, or of a whole class."""
    hours = repository.hours_of(session, [row[0].lesson_hour_id for row in rows if row[0].lesson_hour_id])
    items = []
    for row in rows:
        hour = hours.get(row[0].lesson_hour_id)
        told = {} if hour is None else {"detail": str(hour.id), "start": hour.start, "end": hour.end}
        items.append(_item(Kind.EXPORT, row, row[0].at, None, reason=row[0].case, **told))
    return items


def _rectifications(session: Session, rows: Sequence[Any]) -> list[Waiting]:
    """The institution has a term; an answer waits since it came."""
    told = pairs(session, [row[0].id for row in rows])
    items = []
    for row in rows:
        rounds = rounds_of(row[0], told[row[0].id])
        answered = rounds[-1].answered_at
        returned = [ruling.at for _, ruling in told[row[0].id] if ruling is not None]
        since = answered or max(returned, default=row[0].at)
        detail = "answered" if answered else "open"
        until = None if answered else rounds[-1].due_at
        items.append(_item(Kind.RECTIFICATION, row, since, until, detail=detail, start=row[0].started_at))
    return items


_BUILD: dict[Kind, Callable[[Session, Sequence[Any]], list[Waiting]]] = {
    Kind.OPENING: _openings,
    Kind.EXEMPTION: _exemptions,
    Kind.CHANGE: _changes,
    Kind.LEAVE: _leaves,
    Kind.MAKEUP: _makeups,
    Kind.DROP_OUT: _drop_outs,
    Kind.EXPORT: _exports,
    Kind.RECTIFICATION: _rectifications,
}
