"""One class's application as it stands: its content, the content's hash, and what the rules find in it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.calendars import calendar_of
from supervisor.classes import repository as classes
from supervisor.classes.models import TrainingClass
from supervisor.contract.evidence import canonical_json, sha256_hex
from supervisor.openings import catalogues, repository
from supervisor.openings.models import Commitment, OpeningApplication, OpeningSignature
from supervisor.profiles import profile_named
from supervisor.rules import opening as rules
from supervisor.rules.opening import Application, Finding, Permitted, PlanFact

_DECLARED = (
    "kind",
    "occupation_code",
    "occupation_name",
    "level",
    "teaching_language",
    "theory_hours",
    "practice_hours",
    "resources",
    "assessment",
    "extra",
)


def declared(row: OpeningApplication) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _DECLARED}


def opening_day(session: Session, training: TrainingClass) -> date:
    held = classes.sessions(session, training.id)
    first = min((one.local_date for one in held), default=training.created_at.astimezone(CHINA).date())
    return training.opening_day or first


def content_sha256(session: Session, training: TrainingClass) -> str:
    """SHA-256 (hex) of the canonical application. People are in it by their keyed hash: any change of the application
    changes it, and so voids the signature."""
    row = session.get(OpeningApplication, training.id)
    held = classes.sessions(session, training.id)
    details = repository.details(session, [one.id for one in held])
    hours = Counter(hour.session_id for hour in classes.lesson_hours(session, [one.id for one in held]))
    plan = []
    for one in held:
        detail = details.get(one.id)
        known = [detail[0].content, detail[0].textbook, detail[0].tags, detail[1].id_number_hmac] if detail else None
        times = [one.start.isoformat(), one.end.isoformat()]
        plan.append([*times, hours[one.id], one.kind, str(one.room_id), one.teachers, known])
    content = {
        "class": [str(training.id), training.class_no, training.name, training.profile],
        "opening_day": opening_day(session, training).isoformat(),
        "declared": declared(row) if row else None,
        "roster": [
            [str(entry.id), entry.status, person.name, person.id_number_hmac]
            for entry, person in classes.roster(session, training.id)
        ],
        "plan": plan,
    }
    return sha256_hex(canonical_json(content))


def is_signed(session: Session, training: TrainingClass, sha256: str) -> bool:
    return any(one.sha256 == sha256 for one in repository.of_class(session, OpeningSignature, training.id))


def facts(session: Session, training: TrainingClass) -> Application:
    row = session.get(OpeningApplication, training.id)
    held = classes.sessions(session, training.id)
    details = repository.details(session, [one.id for one in held])
    hours = Counter(hour.session_id for hour in classes.lesson_hours(session, [one.id for one in held]))
    plan = [
        PlanFact(
            day=one.local_date,
            hours=hours[one.id],
            kind=one.kind,
            room=str(one.room_id),
            teachers=len(one.teachers),
            identified=one.id in details,
            tags=frozenset(details[one.id][0].tags) if one.id in details else frozenset(),
        )
        for one in held
    ]
    return Application(
        opening_day=opening_day(session, training),
        kind=row.kind if row else None,
        occupation=row.occupation_code if row else None,
        level=row.level if row else None,
        teaching_language=row.teaching_language if row else None,
        theory_hours=row.theory_hours if row else None,
        practice_hours=row.practice_hours if row else None,
        roster=len(classes.roster(session, training.id)),
        plan=tuple(plan),
        resources=len(row.resources) if row else 0,
        assessment=row.assessment if row else {},
        extra=row.extra if row else {},
    )


def missing(session: Session, training: TrainingClass) -> list[Finding]:
    """A-02. Under rules without the section: roster and plan, as before."""
    application = facts(session, training)
    wanted = profile_named(training.profile).opening_application
    if wanted is not None:
        return rules.missing(application, wanted)
    found = []
    if not application.roster:
        found.append(Finding("OPEN_MISSING_ROSTER", "BLOCK", "roster", "缺少培训学员花名册", "there is no roster"))
    if not application.plan:
        found.append(Finding("OPEN_MISSING_PLAN", "BLOCK", "plan", "缺少教学计划", "there is no teaching plan"))
    return found


def findings(session: Session, training: TrainingClass, today: date) -> list[Finding]:
    """All that speaks against the class, beside what is missing; nothing under rules without the section."""
    profile = profile_named(training.profile)
    wanted = profile.opening_application
    if wanted is None:
        return []
    application = facts(session, training)
    licences = repository.licences(session, training.institution_id, training.approved_at)
    licensed = [
        Permitted(line["occupation"], line["level"], one.valid_from, one.valid_to)
        for one in licences
        for line in one.scope
    ]
    catalogued = _catalogue(session, training, "occupation")
    found = rules.plan_findings(application, wanted, profile.opening, today, calendar_of(profile.region))
    found += rules.scope_findings(application, licensed, catalogued)
    found += rules.room_findings(application, _capacities(session, application))
    school = any(one.kind == "school" for one in licences)
    found += rules.assessment_findings(application, _catalogue(session, training, "evaluation_body"), school)
    made = repository.of_class(session, Commitment, training.id)
    by_kind: dict[str, set[str]] = {}
    for one in made:
        by_kind.setdefault(one.kind, set()).add(str(one.roster_entry_id))
    bound = application.kind == "ORDER" and any(one.kind == "enterprise_centre" for one in licences)
    return found + rules.commitment_findings(
        [str(entry.id) for entry, _ in classes.roster(session, training.id)],
        notice="institution_notice" in by_kind,
        stated=by_kind.get("trainee_statement", set()),
        intended=by_kind.get("hire_intent", set()) if bound else None,
    )


def _catalogue(session: Session, training: TrainingClass, kind: str) -> list[Permitted]:
    return catalogues.permitted(repository.catalogue(session, kind, training.approved_at))


def _capacities(session: Session, application: Application) -> dict[str, int | None]:
    rooms = [UUID(room) for room in {row.room for row in application.plan}]
    return {
        str(one.room_id): one.capacity if one.passed and one.day <= application.opening_day <= one.valid_to else None
        for one in repository.verifications(session, rooms)
    }
