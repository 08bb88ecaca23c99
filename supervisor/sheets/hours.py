"""The lesson hours of a class as cells: what the rules said, what people decided, how much was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.contract.evidence import canonical_json, parse_verdict
from supervisor.decisions.models import Decision
from supervisor.lessons.models import LessonVerdictRow
from supervisor.lessons.repository import LessonRow
from supervisor.rules.attendance import TraineeHour
from supervisor.rules.evidence import LessonKind
from supervisor.rules.verdict import VerdictState
from supervisor.rules.verdict_life import OVERRULED, Result, Stage
from supervisor.sheets import repository
from supervisor.sheets.schemas import HourCell

HOLDS = (Stage.DECIDED_PASS, Stage.DECIDED_FAIL, Stage.OBJECTED, Stage.FINAL_PASS, Stage.FINAL_FAIL)
"""Stages at which the last decision counts."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of a class, each table read once."""

    stages: dict[UUID, Stage]
    verdicts: dict[UUID, LessonVerdictRow]
    decisions: dict[UUID, Decision]

    @staticmethod
    def of(session: Session, class_id: UUID) -> Facts:
        lives = repository.lives(session, class_id)
        return Facts(
            {hour: Stage(life.stage) for hour, life in lives.items()},
            repository.verdicts(session, class_id),
            repository.decisions(session, class_id),
        )


def cells(
    lessons: Sequence[LessonRow], facts: Facts, present: dict[UUID, tuple[TraineeHour, ...]], now: datetime
) -> list[HourCell]:
    """`lessons`: in force, by start; numbered anew each day."""
    found, day, slot = [], None, 0
    for one in lessons:
        slot = slot + 1 if one.session.local_date == day else 1
        day = one.session.local_date
        found.append(_cell(one, slot, facts, present[one.hour.id], now))
    return found


def _cell(one: LessonRow, slot: int, facts: Facts, people: tuple[TraineeHour, ...], now: datetime) -> HourCell:
    hour = one.hour
    row, stage = facts.verdicts.get(hour.id), facts.stages.get(hour.id)
    verdict = parse_verdict(canonical_json(row.body)) if row else None
    decision = facts.decisions.get(hour.id) if stage in HOLDS else None
    length_ms = (hour.end - hour.start).total_seconds() * 1000
    judged = verdict is not None and verdict.state not in (VerdictState.EXEMPT, VerdictState.NO_DATA_YET)
    return HourCell(
        lesson_hour_id=hour.id,
        slot=slot,
        start=hour.start,
        end=hour.end,
        kind=LessonKind(one.session.kind),
        room=one.room.name,
        over=hour.end <= now,
        makes_up=hour.makes_up_for is not None,
        stage=stage,
        state=verdict.state if verdict else None,
        reasons=list(verdict.reasons) if verdict else [],
        required=verdict.required if verdict else None,
        seen=verdict.median if verdict else None,
        recorded=min(1.0, verdict.media_ms / length_ms) if verdict and judged else None,
        present=sum(who.attends for who in people),
        roster=len(people),
        decided=Result(decision.result) if decision else None,
        overruled=bool(decision and verdict and OVERRULED.get(verdict.state) == decision.result),
    )
