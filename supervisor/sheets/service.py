"""The sheet of a class, of one trainee, and the list of classes. A fixed number of queries, however large the class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from config.profile import AttendanceRules
from supervisor.accounts import repository as accounts
from supervisor.attendance.register import register
from supervisor.attendance.schemas import RateOut
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.changes import service as changes
from supervisor.classes.models import RosterEntry, Trainee, TrainingClass
from supervisor.classes.service import found_class
from supervisor.contract.evidence import canonical_json, parse_evidence, sha256_hex
from supervisor.decisions import exemptions
from supervisor.leave import makeups, roster
from supervisor.leave import service as leave
from supervisor.leave.repository import approved_leaves
from supervisor.lessons import repository as lessons
from supervisor.lessons.repository import LessonRow
from supervisor.openings import service as openings
from supervisor.profiles import profile_named
from supervisor.rules.attendance import TraineeHour
from supervisor.rules.attendance_rates import HourAttendance, Rate, day_totals, person_totals
from supervisor.rules.evidence import ExemptKind
from supervisor.rules.leave import covers
from supervisor.rules.lesson_hours import LessonSlot
from supervisor.rules.masking import mask_id_number, mask_name
from supervisor.sheets import repository
from supervisor.sheets.hours import Facts, cells
from supervisor.sheets.schemas import (
    ClassSheet,
    HourCell,
    PersonCheckIn,
    PersonHour,
    SheetDay,
    SheetTrainee,
    TraineeSheet,
)

EXPORTERS = (
    Role.TEACHER, Role.RESPONSIBLE, Role.INSPECTOR, Role.APPROVER, Role.HANDLER, Role.FINANCE, Role.SECTOR,
    Role.OVERSIGHT,
)  # fmt: skip
READERS = (*EXPORTERS, Role.THIRD_PARTY)
"""A commissioned supervisor exports nothing (A-30)."""


def class_sheet(centre: Centre, caller: Caller, class_id: UUID) -> ClassSheet:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        held = _held(session, caller, class_id)
        present = register(session, [(one.hour, one.session, one.training) for one in held])
        facts = Facts.of(session, class_id)
        people = _people(centre, session, training, held, present, now)
        evidence = repository.latest_evidence(session, class_id)
        approver = accounts.names(session, {training.approved_by}) if training.approved_by else {}
        institution = repository.institution_name(session, training.institution_id)
    rules = profile_named(training.profile)
    hours = cells(held, facts, present, now)
    days = _days(held, hours, present, rules.attendance, now)
    counted = parse_evidence(canonical_json(evidence.body)).cameras if evidence else ()
    told = {
        "class": [training.class_no, training.name, institution, training.status, training.profile],
        "days": [one.model_dump(mode="json") for one in days],
        "trainees": [one.model_dump(mode="json") for one in people],
    }
    return ClassSheet(
        class_id=class_id,
        class_no=training.class_no,
        name=training.name,
        institution=institution,
        places=list(dict.fromkeys(f"{one.site.name} {one.room.name}" for one in held)),
        status=training.status,
        profile=training.profile,
        profile_zh=rules.name_zh,
        profile_en=rules.name_en,
        demo=rules.demo,
        exempt=ExemptKind(training.exempt) if training.exempt else None,
        approved_at=training.approved_at,
        approved_by=approver.get(training.approved_by) if training.approved_by else None,
        first_day=days[0].day if days else None,
        last_day=days[-1].day if days else None,
        personal_min=rules.attendance.personal_min,
        class_day_min=rules.attendance.class_day_min,
        clip_min_s=rules.lesson.clip_min_s,
        median_ratio=rules.visible.median_ratio,
        rule_versions=sorted({row.body["rule_version"] for row in facts.verdicts.values()}),
        counters=list(dict.fromkeys(f"{one.counter.name} · {one.counter.engine}" for one in counted if one.counter)),
        days=days,
        trainees=people,
        opening=openings.show(centre, caller, class_id),
        plan=changes.show(centre, caller, class_id),
        leaves=leave.leaves(centre, caller, class_id).leaves,
        makeups=makeups.makeups(centre, caller, class_id),
        drop_outs=roster.drop_outs(centre, caller, class_id),
        exemptions=exemptions.exemptions(centre, caller, class_id),
        check_code=check_code(told),
    )


def check_code(told: dict[str, object]) -> str:
    """Of the figures alone: who prints them twice gets it twice. The first 16 hex digits of their SHA-256."""
    digest = sha256_hex(canonical_json(told)).upper()
    return "-".join(digest[at : at + 4] for at in range(0, 16, 4))


def trainee_sheet(centre: Centre, caller: Caller, class_id: UUID, entry: UUID) -> TraineeSheet:
    """Raises LessonProofError CLASS_NOT_FOUND, TRAINEE_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        training = found_class(session, caller, class_id)
        repository.require_entry(session, class_id, entry)
        held = _held(session, caller, class_id)
        present = register(session, [(one.hour, one.session, one.training) for one in held])
        hours = cells(held, Facts.of(session, class_id), present, now)
        people = _people(centre, session, training, held, present, now)
        told: dict[UUID, list[PersonCheckIn]] = {}
        for row, flagged in repository.check_ins_of(session, entry):
            told.setdefault(row.session_id, []).append(
                PersonCheckIn(
                    direction=row.direction,
                    at=row.made_at or row.at,
                    method=row.method,
                    status="review" if flagged and row.status == "accepted" else row.status,
                    reasons=list(row.reasons),
                    flagged=flagged,
                )
            )
        taken = approved_leaves(session, [class_id]).get(class_id, {}).get(str(entry), [])
        institution = repository.institution_name(session, training.institution_id)
    rules = profile_named(training.profile)
    whose = str(entry)
    rows = []
    for one, cell in zip(held, hours, strict=True):
        mine = next((who for who in present[one.hour.id] if who.trainee == whose), None) if cell.over else None
        slot = LessonSlot(one.hour.start, one.hour.end)
        away = next((str(one_leave.kind) for one_leave in taken if covers(one_leave, slot)), None)
        rows.append(
            PersonHour(
                hour=cell,
                day=one.session.local_date,
                status=mine.status if mine else None,
                attends=bool(mine and mine.attends),
                flagged=bool(mine and mine.flagged),
                on_leave=away,
                check_ins=told.get(one.session.id, []),
            )
        )
    return TraineeSheet(
        class_id=class_id,
        class_no=training.class_no,
        class_name=training.name,
        institution=institution,
        demo=rules.demo,
        trainee=next(one for one in people if one.roster_entry_id == entry),
        personal_min=rules.attendance.personal_min,
        still=sum(not cell.over for cell in hours),
        hours=rows,
    )


def _held(session: Session, caller: Caller, class_id: UUID) -> list[LessonRow]:
    """In force: what was moved or cancelled is in the log of changes."""
    return [one for one in lessons.lessons_of_class(session, caller, class_id) if one.session.voided_at is None]


def _days(
    held: Sequence[LessonRow],
    hours: Sequence[HourCell],
    present: dict[UUID, tuple[TraineeHour, ...]],
    rules: AttendanceRules,
    now: datetime,
) -> list[SheetDay]:
    over = [HourAttendance(one.session.local_date, present[one.hour.id]) for one in held if one.hour.end <= now]
    rates = {one.day: _rate(one.rate) for one in day_totals(over, rules)}
    days = []
    for day, pairs in groupby(zip(held, hours, strict=True), key=lambda pair: pair[0].session.local_date):
        own = [cell for _, cell in pairs]
        shares = [cell.recorded for cell in own if cell.recorded is not None]
        recorded = sum(shares) / len(shares) if shares else None
        days.append(SheetDay(day=day, hours=own, rate=rates.get(day), recorded=recorded))
    return days


def _people(
    centre: Centre,
    session: Session,
    training: TrainingClass,
    held: Sequence[LessonRow],
    present: dict[UUID, tuple[TraineeHour, ...]],
    now: datetime,
) -> list[SheetTrainee]:
    rules = profile_named(training.profile)
    over = [one for one in held if one.hour.end <= now]
    counted = [HourAttendance(one.session.local_date, present[one.hour.id]) for one in over]
    totals = {one.trainee: one for one in person_totals(counted, rules.attendance)}
    flagged = Counter(who.trainee for one in over for who in present[one.hour.id] if who.flagged)
    too_long = {one.roster_entry_id for one in leave.standings(session, training) if one.leave_over_limit}

    def shown(number: int, entry: RosterEntry, person: Trainee) -> SheetTrainee:
        whole = centre.vault.unseal(person.id_number_cipher, person.id)
        mine = totals.get(str(entry.id))
        return SheetTrainee(
            roster_entry_id=entry.id,
            number=number,
            name=mask_name(person.name),
            id_number=mask_id_number(whole, rules.publicity.id_mask),
            left=entry.left_at is not None,
            totals=mine.states if mine else {},
            rate=_rate(mine.rate if mine else Rate(0, 0, None)),
            flagged=flagged[str(entry.id)],
            leave_over_limit=entry.id in too_long,
        )

    return [shown(at, *row) for at, row in enumerate(repository.people(session, training.id), start=1)]


def _rate(found: Rate) -> RateOut:
    return RateOut(attended=found.attended, hours=found.hours, enough=found.enough)
