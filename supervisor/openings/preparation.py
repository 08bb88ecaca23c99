"""What an institution sees while it prepares an opening: what it may choose from, what it has put in, who spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.accounts import repository as accounts
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import Institution, TrainingClass
from supervisor.classes.service import found_class
from supervisor.openings import catalogues, repository
from supervisor.openings.application import content_sha256, opening_day
from supervisor.openings.models import CatalogueEntry, Commitment, OpeningReview, OpeningSignature
from supervisor.openings.schemas import Listed, MadeCommitment, PlannedSession, Preparation
from supervisor.profiles import profile_named
from supervisor.rules.evidence import LessonKind


def prepared(centre: Centre, caller: Caller, class_id: UUID) -> Preparation:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        rules, day = profile_named(training.profile), opening_day(session, training)
        rooms = repository.rooms_of(session, training.institution_id)
        signed = _signature(session, training)
        reviews = repository.of_class(session, OpeningReview, training.id)
        return Preparation(
            institution=session.get_one(Institution, training.institution_id).name,
            extra_elements=list(rules.opening_application.extra_elements) if rules.opening_application else [],
            class_max=rules.opening.class_max,
            occupations=_listed(repository.catalogue(session, "occupation", training.approved_at), day),
            bodies=_listed(repository.catalogue(session, "evaluation_body", training.approved_at), day),
            rooms=list(rooms.values()),
            sessions=_sessions(session, training, rooms),
            commitments=_commitments(session, training),
            signed_by=accounts.names(session, [signed.account_id])[signed.account_id] if signed else None,
            signed_at=signed.at if signed else None,
            submitted_at=max((one.at for one in reviews if one.kind == "completeness"), default=None),
        )


def _signature(session: Session, training: TrainingClass) -> OpeningSignature | None:
    sha256 = content_sha256(session, training)
    made = repository.of_class(session, OpeningSignature, training.id)
    return next((one for one in reversed(made) if one.sha256 == sha256), None)


def _listed(rows: Sequence[CatalogueEntry], day: date) -> list[Listed]:
    valid = {
        (one.code, one.level): Listed(code=one.code, name=one.name, level=one.level)
        for one in catalogues.on_day(rows, day)
    }
    return [valid[key] for key in sorted(valid)]


def _sessions(session: Session, training: TrainingClass, rooms: dict[UUID, tuple[str, str]]) -> list[PlannedSession]:
    held = classes.sessions(session, training.id)
    details = repository.details(session, [one.id for one in held])
    hours = Counter(hour.session_id for hour in classes.lesson_hours(session, [one.id for one in held]))
    return [
        PlannedSession(
            start=one.start,
            end=one.end,
            lesson_hours=hours[one.id],
            kind=LessonKind(one.kind),
            room=" ".join(rooms[one.room_id]),
            teachers=one.teachers,
            identified=one.id in details,
            content=details[one.id][0].content if one.id in details else "",
            textbook=details[one.id][0].textbook if one.id in details else "",
        )
        for one in held
    ]


def _commitments(session: Session, training: TrainingClass) -> list[MadeCommitment]:
    """Of people who are on the roster now, and the institution's."""
    entries = {entry.id for entry, _ in classes.roster(session, training.id)}
    newest = {
        (one.kind, one.roster_entry_id): one
        for one in repository.of_class(session, Commitment, training.id)
        if one.roster_entry_id is None or one.roster_entry_id in entries
    }
    return [
        MadeCommitment(
            kind=one.kind,
            roster_entry_id=one.roster_entry_id,
            text_version=one.text_version,
            text_sha256=one.text_sha256,
            at=one.at,
        )
        for one in newest.values()
    ]
