"""Rosters come from a file as a whole or not at all; what the comparison found is shown, and a person may lift
a block."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.files import require_file
from supervisor.classes.models import RosterEntry, Trainee, TrainingClass
from supervisor.profiles import profile_named
from supervisor.rosters import repository
from supervisor.rosters.comparison import run_checks, unresolved_blocks
from supervisor.rosters.enrolment import differing_names, enrol, refuse_too_many
from supervisor.rosters.models import RosterCheckRow, RosterImport, RosterLift
from supervisor.rosters.people import HEADINGS, NECESSARY, RosterPerson, read_people
from supervisor.rosters.schemas import CheckOut, ChecksOut, ImportOut, LiftIn, LiftOut, PreviewRow
from supervisor.rules.masking import mask_id_number, mask_name, mask_phone
from supervisor.rules.roster_checks import BY_ID
from supervisor.rules.roster_details import DETAILS
from supervisor.rules.roster_facts import Result
from supervisor.spreadsheet import Faults, read_table

MAX_ROWS = 1000
OPEN = ("draft", "returned")


def import_roster(centre: Centre, caller: Caller, class_id: UUID, data: bytes, *, dry_run: bool) -> ImportOut:
    """The file becomes the roster of a draft or returned class; rows of the one before are removed and stay in history.

    Raises LessonProofError CLASS_NOT_FOUND (404), CLASS_STATUS (409), and (422) CLASS_TOO_LARGE, those of
    `read_table`, SHEET_FAULTS with every wrong cell of the file.
    """
    now = centre.clock.now()
    faults = Faults()
    table = read_table(data, HEADINGS, NECESSARY, MAX_ROWS, faults)
    people = read_people(table, now.astimezone(CHINA).date(), faults)
    if dry_run:
        with centre.uow.read() as session:
            training = _open_class(session, caller, class_id, lock=False)
            _refuse(centre, session, training, people, faults)
            return _imported(training, people, table.ignored, None)
    with centre.uow.write() as session:
        training = _open_class(session, caller, class_id, lock=True)
        _refuse(centre, session, training, people, faults)
        version = repository.last_version(session, training.id) + 1
        repository.remove_rows(session, training.id)
        enrol(centre, session, training, people, version, now)
        held = RosterImport(
            class_id=training.id,
            version=version,
            at=now,
            imported_by=caller.account_id,
            file_sha256=hashlib.sha256(data).hexdigest(),
            rows=len(people),
        )
        session.add(held)
        subject = f"training_class:{training.id}"
        record(session, now, caller.actor, "roster_imported", subject, version=version, rows=len(people))
        run_checks(centre, session, training, now, "import", caller.actor)
        return _imported(training, people, table.ignored, version)


def _open_class(session: Session, caller: Caller, class_id: UUID, *, lock: bool) -> TrainingClass:
    training = _found(session, caller, class_id, lock=lock)
    if training.status not in OPEN:
        raise LessonProofError(
            "CLASS_STATUS",
            status=409,
            zh="班级当前状态不能更换花名册",
            en="the roster of a class in this state cannot be replaced",
        )
    return training


def _refuse(
    centre: Centre, session: Session, training: TrainingClass, people: list[RosterPerson], faults: Faults
) -> None:
    refuse_too_many(len(people), profile_named(training.profile), None)
    known = [person for person in people if person.name and person.id_number]
    for place in differing_names(centre, session, known):
        faults.add(
            known[place].where_name,
            "ROSTER_NAME_DIFFERS",
            "姓名与该身份证号已登记的姓名不同",
            "this ID number is registered under another name",
        )
    faults.refuse()


def _imported(
    training: TrainingClass, people: list[RosterPerson], ignored: Sequence[str], version: int | None
) -> ImportOut:
    pattern = profile_named(training.profile).publicity.id_mask
    rows = [
        PreviewRow(
            name=mask_name(person.name),
            id_number=mask_id_number(person.id_number, pattern),
            phone=mask_phone(person.phone) if person.phone else None,
        )
        for person in people
    ]
    return ImportOut(stored=version is not None, version=version, ignored=list(ignored), rows=rows)


def compare(centre: Centre, caller: Caller, class_id: UUID) -> ChecksOut:
    """On demand. Raises LessonProofError CLASS_NOT_FOUND (404)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        run_checks(centre, session, training, now, "demand", caller.actor)
        return _checks(session, caller, class_id)


def show_checks(centre: Centre, caller: Caller, class_id: UUID) -> ChecksOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        _found(session, caller, class_id)
        return _checks(session, caller, class_id)


def lift(centre: Centre, caller: Caller, class_id: UUID, check_id: UUID, wanted: LiftIn) -> ChecksOut:
    """A BLOCK of the last run no longer stops the class; it stays visible, and a newer list may find it again.

    Raises LessonProofError CLASS_NOT_FOUND, CHECK_NOT_FOUND, FILE_NOT_FOUND (404), CHECK_NOT_LIFTABLE (409): no open
    block.
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        _found(session, caller, class_id, lock=True)
        run = repository.last_run(session, class_id)
        held = [] if run is None else repository.checks(session, run)
        check = next((one for one in held if one.id == check_id), None)
        if check is None:
            raise LessonProofError(
                "CHECK_NOT_FOUND", status=404, zh="最近一次比对中没有这一项", en="the last comparison has no such check"
            )
        if check.key not in {one.key for one in unresolved_blocks(session, class_id)}:
            raise LessonProofError(
                "CHECK_NOT_LIFTABLE", status=409, zh="这一项不是未处理的拦截", en="this is no block that is still open"
            )
        require_file(session, caller, class_id, wanted.attachment_sha256)
        session.add(
            RosterLift(
                check_id=check.id,
                class_id=class_id,
                at=now,
                lifted_by=caller.account_id,
                reason=wanted.reason,
                attachment_sha256=wanted.attachment_sha256,
            )
        )
        session.flush()
        record(
            session,
            now,
            caller.actor,
            "roster_block_lifted",
            f"training_class:{class_id}",
            check=str(check.id),
            rule=check.rule,
            reason_sha256=hashlib.sha256(wanted.reason.encode()).hexdigest(),
            attachment_sha256=wanted.attachment_sha256,
        )
        return _checks(session, caller, class_id)


def _checks(session: Session, caller: Caller, class_id: UUID) -> ChecksOut:
    run = repository.last_run(session, class_id)
    if run is None:
        return ChecksOut(at=None, moment=None, unresolved=0, checks=[])
    people = {entry.id: (entry, trainee) for entry, trainee, _ in repository.entries(session, class_id)}
    lifted = {check.key: (held, by) for held, check, by in repository.lifts(session, class_id)}
    return ChecksOut(
        at=run.at,
        moment=run.moment,
        unresolved=len(unresolved_blocks(session, class_id)),
        checks=[
            _check(one, people, lifted.get(one.key), caller.institution_id is not None)
            for one in repository.checks(session, run)
        ],
    )


def _check(
    one: RosterCheckRow,
    people: dict[UUID, tuple[RosterEntry, Trainee]],
    lifted: tuple[RosterLift, str] | None,
    outside: bool,
) -> CheckOut:
    """`outside`: the institution is told that another office's list has somebody, not which list (PIPL 6)."""
    rule = BY_ID[one.rule]
    hidden = outside and one.detail.startswith("ON_LIST_")
    detail = "COMPARED_HIT" if hidden else one.detail
    entry, trainee = people.get(one.entry_id, (None, None)) if one.entry_id is not None else (None, None)
    return CheckOut(
        id=one.id,
        entry_id=one.entry_id,
        row=None if entry is None else entry.position + 1,
        name=None if trainee is None else mask_name(trainee.name),
        rule=one.rule,
        rule_zh=rule.zh,
        rule_en=rule.en,
        result=Result(one.result),
        detail=detail,
        detail_zh=DETAILS[detail][0],
        detail_en=DETAILS[detail][1],
        source=None if hidden else one.source,
        source_asof=None if hidden else one.source_asof,
        lifted=None if lifted is None else _lift(*lifted, outside),
    )


def _lift(held: RosterLift, by: str, outside: bool) -> LiftOut:
    if outside:
        return LiftOut(at=held.at, by=None, reason=None, attachment_sha256=None)
    return LiftOut(at=held.at, by=by, reason=held.reason, attachment_sha256=held.attachment_sha256)


def _found(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass:
    training = repository.training_class(session, caller, class_id, lock=lock)
    if training is None:
        raise LessonProofError("CLASS_NOT_FOUND", status=404, zh="没有这个班级", en="no such class")
    return training
