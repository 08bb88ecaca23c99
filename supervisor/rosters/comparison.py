"""Compare a class's roster (B-12): gather what the centre knows, let the rules decide, keep the run.

A run that finds what the last one found says so (`same_as`) and keeps no checks of its own: nights are many. A new hit
after approval raises an alarm and removes nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from config.profile import DEFAULT_ROSTER
from storage.database.types import new_id
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, RosterEntry, Trainee, TrainingClass
from supervisor.openings import repository as openings
from supervisor.openings.models import Commitment, OpeningApplication
from supervisor.profiles import profile_named
from supervisor.rosters import repository
from supervisor.rosters.models import ComparisonList, ComparisonRun, RosterCheckRow, RosterDetail
from supervisor.rules.identifiers import IdNumber, Sex, parse_id_number
from supervisor.rules.roster_checks import check_roster
from supervisor.rules.roster_facts import (
    Facts,
    Given,
    Lesson,
    Listed,
    ListKind,
    Mark,
    Period,
    Person,
    Previous,
    Result,
    RosterCheck,
    Standing,
)

WATCHED = ("approved", "running", "finished", "examined")
CENTRE = "centre"
_HITS = (Result.WARN, Result.BLOCK)

Row = tuple[RosterEntry, Trainee, RosterDetail | None]


def run_checks(
    centre: Centre,
    session: Session,
    training: TrainingClass,
    now: datetime,
    moment: str,
    actor: str,
    given: Given | None = None,
) -> ComparisonRun:
    """Compares and keeps the result, in the caller's transaction. `moment`: import, submission, opening, claim, demand
    or nightly. `given`: what other parts of the centre know of the class."""
    rows = repository.entries(session, training.id)
    in_force = repository.lists_in_force(session, now)
    facts = _facts(centre, session, training, rows, in_force, now, given or given_of(session, training))
    before = repository.last_run(session, training.id)
    run = ComparisonRun(
        id=new_id(),
        class_id=training.id,
        n=1 if before is None else before.n + 1,
        at=now,
        moment=moment,
        actor=actor,
        lists=[str(one.id) for one in in_force],
        same_as=None,
    )
    found = [_row(run, place, check, rows) for place, check in enumerate(check_roster(facts))]
    known = list(repository.checks(session, before)) if before is not None else []
    if before is not None and Counter(one.key for one in known) == Counter(one.key for one in found):
        run.same_as = before.same_as or before.id
        found = []
    session.add(run)
    session.flush()
    session.add_all(found)
    session.flush()
    keys = {one.key for one in known}
    new = Counter(one.rule for one in found if one.result in _HITS and one.key not in keys)
    watched = training.status in WATCHED
    action = "roster_new_hit" if new and watched else "roster_compared"
    record(
        session,
        now,
        actor,
        action,
        f"training_class:{training.id}",
        alarm=bool(new) and watched,
        run=str(run.id),
        moment=moment,
        new=dict(sorted(new.items())),
    )
    return run


def given_of(session: Session, training: TrainingClass) -> Given:
    """What the opening application knows of a class. What was not declared or entered, the rules say NOT_CHECKED of."""
    declared = session.get(OpeningApplication, training.id)
    if declared is None:
        return Given()
    licences = openings.licences(session, training.institution_id, training.approved_at)
    made = openings.of_class(session, Commitment, training.id)
    ends = [one.valid_to for one in licences if one.valid_to is not None]
    scope = frozenset(line["occupation"] for one in licences for line in one.scope)
    order = declared.kind == "ORDER" and any(one.kind == "enterprise_centre" for one in licences)
    return Given(
        standing=Standing(False, max(ends, default=None), scope) if licences else None,
        has_statement={one.roster_entry_id for one in made if one.kind == "trainee_statement" and one.roster_entry_id},
        enterprise_order=order if licences else None,
        hire_intent={one.roster_entry_id for one in made if one.kind == "hire_intent" and one.roster_entry_id},
        occupation=declared.occupation_code,
        level=int(declared.level) if declared.level.isdecimal() else None,
    )


def unresolved_blocks(session: Session, class_id: UUID) -> list[RosterCheckRow]:
    """BLOCKs of the last run that nobody has lifted; none when there was no run."""
    run = repository.last_run(session, class_id)
    if run is None:
        return []
    lifted = {check.key for _, check, _ in repository.lifts(session, class_id)}
    found = repository.checks(session, run)
    return [one for one in found if one.result == Result.BLOCK and one.key not in lifted]


def refuse_blocked(session: Session, class_id: UUID) -> None:
    """Raises LessonProofError (409) ROSTER_NOT_COMPARED before the first run, ROSTER_BLOCKED with the rules (A-05)."""
    if repository.last_run(session, class_id) is None:
        raise LessonProofError(
            "ROSTER_NOT_COMPARED", status=409, zh="花名册还没有比对", en="the roster was never compared"
        )
    rules = sorted({one.rule for one in unresolved_blocks(session, class_id)})
    if rules:
        raise LessonProofError(
            "ROSTER_BLOCKED",
            status=409,
            zh=f"花名册有未处理的比对问题:{'、'.join(rules)}",
            en=f"the roster has blocks nobody has lifted: {', '.join(rules)}",
        )


def compare_by_night(centre: Centre) -> int:
    """Job: every approved or running class. A class that cannot be compared does not keep the others from it."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        ids = repository.classes_to_watch(session)
    for class_id in ids:
        with centre.uow.write() as session:
            training = session.get_one(TrainingClass, class_id, with_for_update=True)
            run_checks(centre, session, training, now, "nightly", CENTRE)
    return len(ids)


def _row(run: ComparisonRun, place: int, check: RosterCheck, rows: Sequence[Row]) -> RosterCheckRow:
    return RosterCheckRow(
        id=new_id(),
        run_id=run.id,
        entry_id=None if check.row is None else rows[check.row][0].id,
        n=place,
        rule=check.rule,
        result=check.result,
        detail=check.detail,
        source=check.source,
        source_asof=check.source_asof,
        subject=check.subject,
    )


def _facts(
    centre: Centre,
    session: Session,
    training: TrainingClass,
    rows: Sequence[Row],
    in_force: Sequence[ComparisonList],
    now: datetime,
    given: Given,
) -> Facts:
    own = repository.sessions_with_hours(session, [training.id])
    days = [held.local_date for held, _ in own] or [now.astimezone(CHINA).date()]
    people = tuple(_person(centre, place, row) for place, row in enumerate(rows))
    keys = {trainee.id: trainee.id_number_hmac for _, trainee, _ in rows}
    elsewhere = repository.other_classes(session, training, keys)
    at = {entry.id: place for place, (entry, _, _) in enumerate(rows)}
    return Facts(
        opening_day=min(days),
        last_day=max(days),
        rules=profile_named(training.profile).roster or DEFAULT_ROSTER,
        people=people,
        lists=_listed(session, in_force, [person.key for person in people]),
        lessons=_lessons(session, training, own),
        busy=_busy(session, elsewhere, keys),
        previous=_previous(elsewhere, keys),
        shared=repository.shared(
            session,
            keys,
            [value for one in people for value in (one.phone, one.account, one.address) if value is not None],
        ),
        staff=repository.staff_names(session, training.institution_id),
        marks=tuple(
            Mark(at[entry_id], session_id, method, device)
            for entry_id, session_id, method, device in repository.check_ins(session, at)
        ),
        given=given,
    )


def _person(centre: Centre, place: int, row: Row) -> Person:
    entry, trainee, detail = row
    number: IdNumber | None
    try:
        number = parse_id_number(centre.vault.unseal(trainee.id_number_cipher, trainee.id))
    except LessonProofError:
        number = None
    if detail is None:
        return Person(place, trainee.id_number_hmac, trainee.name, number, entry.id)
    return Person(
        row=place,
        key=trainee.id_number_hmac,
        name=trainee.name,
        number=number,
        entry=entry.id,
        sex=Sex(detail.sex) if detail.sex else None,
        category=detail.category,
        phone=detail.phone_hmac,
        account=detail.account_hmac,
        address=detail.address_hmac,
    )


def _listed(session: Session, held: Sequence[ComparisonList], hashes: Sequence[str]) -> tuple[Listed, ...]:
    people: dict[UUID, dict[str, list[Period]]] = {one.id: defaultdict(list) for one in held}
    for row in repository.listed(session, people, hashes):
        people[row.list_id][row.id_number_hmac].append(Period(row.first, row.last))
    return tuple(
        Listed(
            kind=ListKind(one.kind),
            source=one.source,
            as_of=one.as_of,
            people={key: tuple(periods) for key, periods in people[one.id].items()},
            category=one.category,
        )
        for one in held
    )


def _lesson(held: ClassSession, hours: int, other: UUID | None) -> Lesson:
    return Lesson(
        start=held.start,
        end=held.end,
        day=held.local_date,
        room=held.room_id,
        teachers=tuple(held.teachers),
        hours=hours,
        other=None if other is None else str(other),
    )


def _lessons(session: Session, training: TrainingClass, own: list[tuple[ClassSession, int]]) -> tuple[Lesson, ...]:
    """Of the class, and of the institution's other classes on its days: teachers are known by name only, and a name
    means one person within one institution."""
    if not own:
        return ()
    first = min(held.start for held, _ in own) - timedelta(days=1)
    last = max(held.end for held, _ in own) + timedelta(days=1)
    others = repository.sessions_with_hours(session, repository.beside(session, training, first, last))
    return (
        *(_lesson(held, hours, None) for held, hours in own),
        *(_lesson(held, hours, held.class_id) for held, hours in others),
    )


def _busy(
    session: Session, elsewhere: list[tuple[UUID, str, TrainingClass]], keys: dict[UUID, str]
) -> dict[str, tuple[Lesson, ...]]:
    lessons: dict[UUID, list[Lesson]] = defaultdict(list)
    for held, hours in repository.sessions_with_hours(session, {training.id for _, _, training in elsewhere}):
        lessons[held.class_id].append(_lesson(held, hours, held.class_id))
    busy: dict[str, tuple[Lesson, ...]] = defaultdict(tuple)
    for trainee_id, _, training in elsewhere:
        busy[keys[trainee_id]] += tuple(lessons[training.id])
    return busy


def _previous(
    elsewhere: list[tuple[UUID, str, TrainingClass]], keys: dict[UUID, str]
) -> dict[str, tuple[Previous, ...]]:
    had: dict[str, tuple[Previous, ...]] = defaultdict(tuple)
    for trainee_id, status, training in elsewhere:
        if training.status == "closed" and status in repository.COURSE_HAD:
            had[keys[trainee_id]] += (Previous(_day(training.class_end).year),)
    return had


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
