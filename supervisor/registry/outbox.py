"""What the registry is to be told is written in the transaction of the event itself: both or neither (A-31)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from supervisor.attendance.models import CheckIn
from supervisor.calendars import calendar_of
from supervisor.classes.models import ClassSession as Held
from supervisor.classes.models import Institution, LessonHour, RosterEntry, TrainingClass
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow
from supervisor.profiles import profile_named
from supervisor.registry.models import OutboxMessage, OutboxSubject
from supervisor.rules.registry import DEFAULT, due_at

EXEMPT_KINDS = frozenset({"class_state", "roster_entry", "papers"})
"""All that is told of a class of an enterprise's own staff (A-28)."""


def enqueue(
    session: Session,
    now: datetime,
    kind: str,
    key: str,
    *,
    subject: str,
    training: TrainingClass,
    body: dict[str, Any],
    event_at: datetime | None = None,
) -> None:
    """Put one message at the end of the subject's line; nothing where the rules keep the registry out (A-28, A-29).
    `key`: idempotent, the same event always gives the same one. `body`: references, no name and no ID number."""
    institution = session.get(Institution, training.institution_id)
    if institution is None or institution.secret_related or training.exempt == "secret_unit":
        return
    if training.exempt == "enterprise_staff" and kind not in EXEMPT_KINDS:
        return
    happened = event_at or now
    profile = profile_named(training.profile)
    session.add(
        OutboxMessage(
            subject=subject,
            n=_place(session, subject),
            revision=0,
            kind=kind,
            idempotency_key=key,
            institution_id=training.institution_id,
            class_id=training.id,
            body=body,
            created_at=now,
            event_at=happened,
            due_at=due_at(kind, happened, profile.registry or DEFAULT, calendar_of(profile.region)),
            state="waiting",
            tries=0,
            next_try_at=now,
        )
    )
    session.flush()


def tell_check_in(session: Session, now: datetime, training: TrainingClass, row: CheckIn, trainee_id: UUID) -> None:
    """One that was accepted or is for review; what was refused at the door is no check-in."""
    if row.status == "rejected":
        return
    body = {
        "roster_entry_id": str(row.roster_entry_id),
        "session_id": str(row.session_id),
        "direction": row.direction,
        "at": row.at.isoformat(),
        "method": row.method,
        "status": row.status,
    }
    enqueue(
        session, now, "check_in", f"check_in:{row.id}", subject=f"person:{trainee_id}", training=training, body=body,
        event_at=row.at,
    )  # fmt: skip


def tell_verdict(session: Session, now: datetime, training: TrainingClass, row: LessonVerdictRow) -> None:
    """A version that counts; what a box says of itself does not."""
    if row.source == "box":
        return
    body = {"lesson_hour_id": str(row.lesson_hour_id), "version": row.version, "state": row.state}
    key = f"lesson_verdict:{row.lesson_hour_id}:{row.version}"
    enqueue(session, now, "lesson_verdict", key, subject=f"class:{training.id}", training=training, body=body)


def tell_class(session: Session, now: datetime, training: TrainingClass) -> None:
    """The class's new state; with an approval, its persons too. Persons go first, always in the same order, so that
    two transactions never wait for each other's lines."""
    if training.status == "approved":
        query = select(RosterEntry).where(RosterEntry.class_id == training.id).order_by(RosterEntry.trainee_id)
        for entry in session.scalars(query):
            tell_person(session, now, training, entry)
    body: dict[str, Any] = {"status": training.status, "exempt": training.exempt}
    key = f"class_state:{training.id}:{training.status}:{int(now.timestamp() * 1000)}"
    enqueue(session, now, "class_state", key, subject=f"class:{training.id}", training=training, body=body)


def tell_person(session: Session, now: datetime, training: TrainingClass, entry: RosterEntry) -> None:
    """A row of the roster as it is now: on it since the opening or later, or withdrawn."""
    body = {"roster_entry_id": str(entry.id), "status": entry.status}
    key, subject = f"roster_entry:{entry.id}:{entry.status}", f"person:{entry.trainee_id}"
    enqueue(session, now, "roster_entry", key, subject=subject, training=training, body=body)


def tell_clip(session: Session, now: datetime, clip: EvidenceClip) -> None:
    """The manifest of a clip that has arrived whole, not the video."""
    training = session.scalars(
        select(TrainingClass)
        .join(Held, Held.class_id == TrainingClass.id)
        .join(LessonHour, LessonHour.session_id == Held.id)
        .where(LessonHour.id == clip.lesson_hour_id)
    ).one()
    told = {name: clip.manifest[name] for name in ("start_ms", "end_ms", "media_ms")}
    body = {"lesson_hour_id": str(clip.lesson_hour_id), "sha256": clip.sha256, "bytes": clip.bytes} | told
    key = f"clip_manifest:{clip.id}:{clip.repairs}"
    enqueue(session, now, "clip_manifest", key, subject=f"class:{training.id}", training=training, body=body)


def _place(session: Session, subject: str) -> int:
    """The next place in the line; the line's row stays locked until the event is committed."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(OutboxSubject).values(subject=subject, last_n=1)
    taken = statement.on_conflict_do_update(
        index_elements=["subject"], set_={"last_n": OutboxSubject.last_n + 1}
    ).returning(OutboxSubject.last_n)
    return int(session.execute(taken).scalar_one())
