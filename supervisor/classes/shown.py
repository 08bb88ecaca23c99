"""What is shown of a class: names and ID numbers masked (L14)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.centre import Centre
from supervisor.classes import repository
from supervisor.classes.models import TrainingClass
from supervisor.classes.schemas import ClassOut, LessonHourOut, RosterOut, SessionOut
from supervisor.profiles import profile_named
from supervisor.rules.evidence import ExemptKind, LessonKind
from supervisor.rules.masking import mask_id_number, mask_name


def summary(training: TrainingClass) -> dict[str, object]:
    profile = profile_named(training.profile)
    return {
        "id": training.id,
        "institution_id": training.institution_id,
        "class_no": training.class_no,
        "name": training.name,
        "status": training.status,
        "profile": training.profile,
        "profile_zh": profile.name_zh,
        "profile_en": profile.name_en,
        "demo": profile.demo,
        "exempt": ExemptKind(training.exempt) if training.exempt else None,
        "approved_at": training.approved_at,
        "class_end": training.class_end,
    }


def class_out(centre: Centre, session: Session, training: TrainingClass) -> ClassOut:
    pattern = profile_named(training.profile).publicity.id_mask
    held = repository.sessions(session, training.id)
    hours: dict[UUID, list[LessonHourOut]] = {}
    for hour in repository.lesson_hours(session, (one.id for one in held)):
        out = LessonHourOut(id=hour.id, slot=hour.slot, start=hour.start, end=hour.end)
        hours.setdefault(hour.session_id, []).append(out)
    return ClassOut(
        **summary(training),
        roster=[
            RosterOut(
                id=entry.id,
                name=mask_name(trainee.name),
                id_number=mask_id_number(centre.vault.unseal(trainee.id_number_cipher, trainee.id), pattern),
                status=entry.status,
            )
            for entry, trainee in repository.roster(session, training.id)
        ],
        sessions=[
            SessionOut(
                id=one.id,
                room_id=one.room_id,
                kind=LessonKind(one.kind),
                start=one.start,
                end=one.end,
                teachers=one.teachers,
                code=one.code,
                check_in_url=f"{centre.public_url}/c/{one.code}",
                lesson_hours=hours.get(one.id, []),
            )
            for one in held
        ],
    )
