"""People become trainees and rows of a roster, whether a request or a file named them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from config.profile import RegionProfile
from storage.database.types import new_id
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import RosterEntry, Trainee, TrainingClass
from supervisor.classes.schemas import RosterRow
from supervisor.rosters.models import RosterDetail
from supervisor.rosters.people import PERSONAL, RosterPerson
from supervisor.rosters.repository import last_version
from supervisor.rules.identifiers import parse_id_number


def id_numbers(roster: Sequence[RosterRow], profile: RegionProfile, today: date) -> list[str]:
    """The ID numbers of a requested class, checked. Raises LessonProofError (422) CLASS_TOO_LARGE, ROSTER_ID_INVALID,
    ROSTER_DUPLICATE with the JSON pointer."""
    refuse_too_many(len(roster), profile, "/roster")
    numbers: list[str] = []
    for index, row in enumerate(roster):
        where = f"/roster/{index}/id_number"
        try:
            number = parse_id_number(row.id_number, today=today).number
        except LessonProofError as error:
            raise _error(
                "ROSTER_ID_INVALID", where, f"第 {index + 1} 行:{error.zh}", f"row {index + 1}: {error.en}"
            ) from None
        if number in numbers:
            first = numbers.index(number) + 1
            raise _error(
                "ROSTER_DUPLICATE",
                where,
                f"第 {index + 1} 行与第 {first} 行是同一人",
                f"row {index + 1} is the same person as row {first}",
            )
        numbers.append(number)
    return numbers


def add_roster(
    centre: Centre,
    session: Session,
    training: TrainingClass,
    rows: Sequence[RosterRow],
    numbers: Sequence[str],
    now: datetime,
    first: int = 0,
) -> list[RosterEntry]:
    """Rows of the newest version of a roster, from position `first` on.

    Raises LessonProofError ROSTER_NAME_DIFFERS (422) with the JSON pointer."""
    people = [
        RosterPerson(name=row.name, id_number=number, where_name=f"/roster/{index}/name")
        for index, (row, number) in enumerate(zip(rows, numbers, strict=True))
    ]
    for position in differing_names(centre, session, people):
        raise _error(
            "ROSTER_NAME_DIFFERS",
            people[position].where_name,
            f"第 {position + 1} 行:姓名与该身份证号已登记的姓名不同",
            f"row {position + 1}: this ID number is registered under another name",
        )
    version = max(last_version(session, training.id), 1)
    return enrol(centre, session, training, people, version, now, first)


def refuse_too_many(people: int, profile: RegionProfile, where: str | None) -> None:
    """Raises LessonProofError CLASS_TOO_LARGE (422)."""
    if people > profile.opening.class_max:
        raise _error(
            "CLASS_TOO_LARGE",
            where,
            f"花名册有 {people} 人,超过每班 {profile.opening.class_max} 人",
            f"{people} trainees; a class has at most {profile.opening.class_max}",
        )


def differing_names(centre: Centre, session: Session, people: Sequence[RosterPerson]) -> list[int]:
    """Places of those whose ID number is registered under another name."""
    hashes = [centre.vault.lookup("id_number", person.id_number) for person in people]
    known = classes.trainees_by_hash(session, hashes)
    return [
        place
        for place, (person, hashed) in enumerate(zip(people, hashes, strict=True))
        if hashed in known and known[hashed].name != person.name
    ]


def enrol(
    centre: Centre,
    session: Session,
    training: TrainingClass,
    people: Sequence[RosterPerson],
    version: int,
    now: datetime,
    first: int = 0,
) -> list[RosterEntry]:
    """Rows of the roster for people whose names do not differ; who is not known yet becomes a trainee."""
    hashes = [centre.vault.lookup("id_number", person.id_number) for person in people]
    known = classes.trainees_by_hash(session, hashes)
    made: list[RosterEntry] = []
    for position, (person, hashed) in enumerate(zip(people, hashes, strict=True), start=first):
        trainee = known.get(hashed)
        if trainee is None:
            trainee = Trainee(
                created_at=now, name=person.name, id_number_hmac=hashed, id_number_cipher=b"", last4_hmac=""
            )
            trainee.id = new_id()  # needed before the insert: the cipher is bound to it
            trainee.id_number_cipher = centre.vault.seal(person.id_number, trainee.id)
            trainee.last4_hmac = centre.vault.lookup("last4", person.id_number[-4:])
            session.add(trainee)
            session.flush()
        entry = RosterEntry(
            id=new_id(),
            created_at=now,
            class_id=training.id,
            trainee_id=trainee.id,
            position=position,
            status="active",
            version=version,
        )
        made.append(entry)
    session.add_all(made)
    session.flush()
    session.add_all(_detail(centre, entry, person) for entry, person in zip(made, people, strict=True))
    session.flush()
    return made


def _detail(centre: Centre, entry: RosterEntry, person: RosterPerson) -> RosterDetail:
    personal = {name: value for name in PERSONAL if (value := getattr(person, name)) is not None}
    hashes = {
        f"{name}_hmac": centre.vault.lookup(name, "".join(personal[name].split())) if name in personal else None
        for name in ("phone", "account", "address")
    }
    return RosterDetail(
        entry_id=entry.id,
        sex=person.sex,
        ethnic=person.ethnic,
        education=person.education,
        household=person.household,
        category=person.category,
        personal=centre.vault.seal(json.dumps(personal, ensure_ascii=False), entry.id) if personal else None,
        **hashes,
    )


def _error(code: str, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=422, where=where, zh=zh, en=en)
