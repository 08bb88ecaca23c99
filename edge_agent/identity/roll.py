"""Who of a lesson hour's trainees was recognised, in the box's database until the hour is judged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from edge_agent.vision.samples import counter_id
from storage.evidence.tables import CounterRow, RecognitionRow
from supervisor.rules.evidence import Counter, Identity

_LOOKED = ""  # the row that says that somebody looked


@dataclass(frozen=True, slots=True)
class Expected:
    """A lesson hour that asks for recognition, who attends it, and its end (ms since 1970)."""

    lesson_hour_id: str
    trainees: frozenset[str]
    until_ms: int


def keep(
    session: Session, expected: Expected, engine: Counter, enrolled: Collection[str], seen: Collection[str], at_ms: int
) -> None:
    """What one picture added. `enrolled`: everybody with templates here; who withdrew and was not seen is no longer
    expected."""
    rows = {row.trainee: row for row in session.scalars(_of(expected.lesson_hour_id))}
    engine_id = counter_id(session, engine)
    for trainee in (expected.trainees & set(enrolled)) | {_LOOKED}:
        row = rows.get(trainee)
        if row is None:
            row = RecognitionRow(
                lesson_hour_id=expected.lesson_hour_id,
                trainee=trainee,
                counter_id=engine_id,
                until_ms=expected.until_ms,
            )
            session.add(row)
        if row.seen_ms is None and trainee in seen:
            row.seen_ms = at_ms
    for trainee, row in rows.items():
        if row.seen_ms is None and trainee not in enrolled and trainee != _LOOKED:
            session.delete(row)


def identity_of(session: Session, lesson_hour_id: str) -> Identity | None:
    """None: nobody looked. Nobody enrolled is another matter: who did not consent is not looked for."""
    rows = session.scalars(_of(lesson_hour_id).order_by(RecognitionRow.trainee)).all()
    if not rows:
        return None
    engine = session.get_one(CounterRow, rows[0].counter_id)
    return Identity(
        engine=Counter(engine.name, engine.model_sha256, engine.engine, engine.threshold),
        enrolled=tuple(row.trainee for row in rows if row.trainee != _LOOKED),
        seen=tuple(row.trainee for row in rows if row.seen_ms is not None),
    )


def forget_old(session: Session, before_ms: int) -> None:
    """Of lesson hours that were never judged."""
    session.execute(delete(RecognitionRow).where(RecognitionRow.until_ms < before_ms))


def forget(session: Session, lesson_hour_id: str) -> None:
    session.execute(delete(RecognitionRow).where(RecognitionRow.lesson_hour_id == lesson_hour_id))


def _of(lesson_hour_id: str) -> Select[RecognitionRow]:
    return select(RecognitionRow).where(RecognitionRow.lesson_hour_id == lesson_hour_id)
