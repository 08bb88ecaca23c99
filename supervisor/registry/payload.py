"""A message as it leaves: references become names and numbers only here, in the moment of sending."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.centre import Centre
from supervisor.classes.models import Institution, LessonHour, RosterEntry, Trainee, TrainingClass
from supervisor.registry.client import Outgoing
from supervisor.registry.models import OutboxMessage


def build(centre: Centre, session: Session, row: OutboxMessage) -> Outgoing | None:
    """None: its institution became secret-related, so nothing may leave (A-29)."""
    institution = session.get_one(Institution, row.institution_id)
    if institution.secret_related:
        return None
    training = session.get_one(TrainingClass, row.class_id)
    fields = dict(row.body) | {
        "class_no": training.class_no,
        "class_name": training.name,
        "institution_name": institution.name,
        "area_code": institution.area,
    }
    if "roster_entry_id" in row.body:
        entry = session.get_one(RosterEntry, UUID(row.body["roster_entry_id"]))
        trainee = session.get_one(Trainee, entry.trainee_id)
        number = centre.vault.unseal(trainee.id_number_cipher, trainee.id)
        fields |= {
            "name": trainee.name,
            "id_number": number,
            "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
            "sex": "male" if int(number[16]) % 2 else "female",  # GB 11643
        }
    if "lesson_hour_id" in row.body:
        hour = session.get_one(LessonHour, UUID(row.body["lesson_hour_id"]))
        fields |= {"start": hour.start.isoformat(), "end": hour.end.isoformat()}
    return Outgoing(row.idempotency_key, row.kind, row.subject, row.n, row.event_at.isoformat(), fields)
