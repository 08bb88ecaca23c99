"""An inspection record as it is shown: with its signatures and the rounds of what is set right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.accounts.repository import names
from supervisor.callers import Caller
from supervisor.decisions.service import READS_WORDS
from supervisor.inspections import record_repository as repository
from supervisor.inspections.models import (
    InspectionRecord,
    RectificationAnswer,
    RectificationFile,
    RectificationRuling,
)
from supervisor.inspections.record_repository import RecordRow
from supervisor.inspections.record_schemas import InspectionOut, PaperOut, RecordFigures, RoundOut, SignatureOut
from supervisor.rules.inspection import Check, Conclusion, InspectionKind, Item, Rectification, Round, rectification
from supervisor.rules.roll_call import Finding

Pair = tuple[RectificationAnswer, RectificationRuling | None]


def pairs(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Pair]]:
    """Record → its answers in their order, each with the ruling on it."""
    ruled = {(one.inspection_id, one.seq): one for one in repository.rulings(session, ids)}
    found: dict[UUID, list[Pair]] = {one: [] for one in ids}
    for answer in repository.answers(session, ids):
        found[answer.inspection_id].append((answer, ruled.get((answer.inspection_id, answer.seq))))
    return found


def rounds_of(record: InspectionRecord, told: Sequence[Pair]) -> list[Round]:
    due, rounds = record.due_at, list[Round]()
    for answer, ruling in told:
        assert due is not None
        rounds.append(Round(due, answer.at, None if ruling is None else ruling.accepted))
        due = None if ruling is None else ruling.due_at
    return rounds if due is None else [*rounds, Round(due)]


def standing(session: Session, record: InspectionRecord, now: datetime) -> Rectification:
    return rectification(rounds_of(record, pairs(session, [record.id])[record.id]), now)


def shown(session: Session, caller: Caller, rows: Sequence[RecordRow], now: datetime) -> list[InspectionOut]:
    ids = [record.id for record, _ in rows]
    told, signed, files = pairs(session, ids), repository.signatures(session, ids), repository.files(session, ids)
    people = {record.account_id for record, _ in rows} | {one.account_id for one in signed}
    people |= {one.account_id for each in told.values() for pair in each for one in pair if one is not None}
    by, reads = names(session, people), caller.role in READS_WORDS
    found = []
    for record, training in rows:
        rounds = rounds_of(record, told[record.id])
        state = rectification(rounds, now)
        papers = [one for one in files if one.inspection_id == record.id]
        found.append(
            InspectionOut(
                id=record.id,
                at=record.at,
                account_id=record.account_id,
                by=by[record.account_id],
                class_id=training.id,
                class_no=training.class_no,
                class_name=training.name,
                plan_id=record.plan_id,
                kind=InspectionKind(record.kind),
                lesson_hour_ids=[UUID(one) for one in record.lesson_hours],
                started_at=record.started_at,
                ended_at=record.ended_at,
                entered_late=record.at >= record.enter_by,
                present=record.present,
                figures=RecordFigures.model_validate(record.figures),
                items={Item(one): Check(said) for one, said in record.items.items()},
                findings=[Finding(one) for one in record.findings],
                words=record.words if reads else None,
                conclusion=Conclusion(record.conclusion),
                demand=record.demand if reads else None,
                signatures=[
                    SignatureOut(account_id=one.account_id, by=by[one.account_id], side=one.side, at=one.at)
                    for one in signed
                    if one.inspection_id == record.id
                ],
                standing=state.standing,
                due_at=state.due_at,
                late=state.late,
                overdue=state.overdue,
                rounds=[
                    _round(number, one, told[record.id], papers, by, reads=reads)
                    for number, one in enumerate(rounds, start=1)
                ],
            )
        )
    return found


def _round(
    number: int, one: Round, told: Sequence[Pair], papers: Sequence[RectificationFile], by: dict[UUID, str], *,
    reads: bool,
) -> RoundOut:  # fmt: skip
    out = RoundOut(seq=number, due_at=one.due_at)
    if number > len(told):
        return out
    answer, ruling = told[number - 1]
    out.answered_at, out.by, out.words = answer.at, by[answer.account_id], answer.words if reads else None
    out.late = answer.at >= one.due_at
    out.files = [
        PaperOut(sha256=paper.sha256, kind=paper.kind, bytes=paper.bytes, at=paper.at)
        for paper in papers
        if paper.seq == number
    ]
    if ruling is not None:
        out.ruled_at, out.ruled_by, out.accepted = ruling.at, by[ruling.account_id], ruling.accepted
        out.ruled_words = ruling.words if reads else None
    return out
