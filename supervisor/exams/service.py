"""Results of the final exam, and the states a class passes through towards its end (A-27)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import CENTRE, record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, RosterEntry, TrainingClass
from supervisor.classes.repository import roster, sessions, training_class
from supervisor.exams import repository
from supervisor.exams.models import ExamResult
from supervisor.exams.schemas import ExamOut, ExamRow, ExamSession, Outcome, ResultIn, ResultOut, ResultsIn, Score
from supervisor.rules.class_states import Mover, by_itself, may_become
from supervisor.rules.evidence import LessonKind
from supervisor.rules.masking import mask_name

_OPEN = ("approved", "running", "finished", "examined")


def show(centre: Centre, caller: Caller, class_id: UUID) -> ExamOut:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return _shown(session, _found(session, caller, class_id))


def enter(centre: Centre, caller: Caller, class_id: UUID, wanted: ResultsIn) -> ExamOut:
    """Results of some trainees, or of none: a fault in one row leaves all out. Saying the same again changes nothing;
    saying something else is a correction, which needs a reason, and, once the class is examined, the county's hand.

    Raises CLASS_NOT_FOUND (404), CLASS_STATUS, EXAM_NOT_HELD (409), CORRECTION_BY_COUNTY (403), EXAM_ROW_UNKNOWN,
    EXAM_ROW_TWICE, CORRECTION_REASON (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        if training.status not in _OPEN:
            raise _status(training)
        _check_held(session, training, now)
        rows = {entry.id: entry for entry in repository.active(session, class_id)}
        before = repository.results(session, class_id)
        told = set()
        for index, one in enumerate(wanted.results):
            where = f"/results/{index}/roster_entry_id"
            if one.roster_entry_id not in rows:
                raise _error(
                    "EXAM_ROW_UNKNOWN", 422, where, "花名册里没有这名在训学员", "no active trainee of the class"
                )
            if one.roster_entry_id in told:
                raise _error("EXAM_ROW_TWICE", 422, where, "同一学员填了两次", "the same trainee twice")
            told.add(one.roster_entry_id)
            newest = next(iter(before.get(one.roster_entry_id, ())), None)
            made = _result(class_id, caller, wanted, one, newest.version + 1 if newest else 1, now)
            if newest is not None and _same(newest, made):
                continue
            if newest is not None:
                _check_correction(training, caller, wanted, index)
            session.add(made)
            session.flush()
            record(
                session,
                now,
                caller.actor,
                "exam_result_entered",
                f"exam_result:{made.id}",
                class_id=str(class_id),
                roster_entry_id=str(made.roster_entry_id),
                version=made.version,
                outcome=made.outcome,
                theory_tenths=made.theory_tenths,
                practice_tenths=made.practice_tenths,
            )
        _advance(session, training, now)
        return _shown(session, training)


def close(centre: Centre, caller: Caller, class_id: UUID) -> ExamOut:
    """examined → closed. Raises CLASS_NOT_FOUND (404), CLASS_STATUS, EXAM_RESULTS_MISSING (409): it names who lacks
    one."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        _advance(session, training, now)
        missing = _missing(session, class_id)
        if missing and training.status in _OPEN:
            names = _rows_in_words(session, class_id, missing)
            raise _error(
                "EXAM_RESULTS_MISSING",
                409,
                None,
                f"还有 {len(missing)} 名学员没有考核结果:{names}",
                f"{len(missing)} trainees have no exam result: {names}",
            )
        if not may_become(training.status, "closed", Mover.HANDLER):
            raise _status(training)
        training.status = "closed"
        record(session, now, caller.actor, "class_closed", f"training_class:{class_id}")
        return _shown(session, training)


def advance_classes(centre: Centre) -> int:
    """A job: classes whose sessions began or ended move on by themselves. How many moved."""
    with centre.uow.read() as session:
        waiting = repository.unfinished(session)
    moved = 0
    for class_id in waiting:
        with centre.uow.write() as session:
            moved += _advance(session, repository.locked(session, class_id), centre.clock.now())
    return moved


def _advance(session: Session, training: TrainingClass, now: datetime) -> bool:
    held = [(one.start, one.end) for one in sessions(session, training.id)]
    has_trainees = bool(repository.active(session, training.id))
    missing = len(_missing(session, training.id)) if has_trainees else 1
    passed = by_itself(training.status, now, training.approved_at, held, missing)
    for status in passed:
        training.status = status
        record(session, now, CENTRE, f"class_{status}", f"training_class:{training.id}")
    return bool(passed)


def _missing(session: Session, class_id: UUID) -> list[RosterEntry]:
    done = repository.examined(session, class_id)
    return [entry for entry in repository.active(session, class_id) if entry.id not in done]


def _rows_in_words(session: Session, class_id: UUID, missing: list[RosterEntry]) -> str:
    """`1 张*, 4 李*`: the row of the roster, from 1, and the masked name (L14)."""
    wanted = {entry.id for entry in missing}
    found = [(entry.position + 1, trainee.name) for entry, trainee in roster(session, class_id) if entry.id in wanted]
    return ", ".join(f"{row} {mask_name(name)}" for row, name in found)


def _exams(session: Session, class_id: UUID) -> list[ClassSession]:
    return [one for one in sessions(session, class_id) if one.kind == LessonKind.EXAM]


def _check_held(session: Session, training: TrainingClass, now: datetime) -> None:
    """The exam is a session of its own, with check-in and recording, and it has begun; a class that the county freed
    from video shows its exam on paper."""
    if training.exempt is not None or any(one.start <= now for one in _exams(session, training.id)):
        return
    raise _error(
        "EXAM_NOT_HELD",
        409,
        None,
        "教学计划中的考核课次还没有开始(或没有安排),不能录入成绩",
        "no exam session of the plan has begun yet: there are no results to enter",
    )


def _check_correction(training: TrainingClass, caller: Caller, wanted: ResultsIn, index: int) -> None:
    if training.status == "examined" and caller.role is not Role.HANDLER:
        raise _error(
            "CORRECTION_BY_COUNTY",
            403,
            f"/results/{index}",
            "考核已完成,更正须由县经办人员录入",
            "the exam is complete: the county's handler enters corrections",
        )
    if wanted.reason is None:
        raise _error("CORRECTION_REASON", 422, "/reason", "更正已有成绩须写明原因", "a correction needs a reason")


def _result(
    class_id: UUID, caller: Caller, wanted: ResultsIn, one: ResultIn, version: int, now: datetime
) -> ExamResult:
    return ExamResult(
        at=now,
        class_id=class_id,
        roster_entry_id=one.roster_entry_id,
        version=version,
        outcome=one.outcome,
        theory_tenths=_tenths(one.theory),
        practice_tenths=_tenths(one.practice),
        evaluation_body=wanted.evaluation_body,
        decided_by=caller.account_id,
        reason=wanted.reason if version > 1 else None,
    )


def _same(one: ExamResult, other: ExamResult) -> bool:
    told = ("outcome", "theory_tenths", "practice_tenths", "evaluation_body")
    return all(getattr(one, field) == getattr(other, field) for field in told)


def _tenths(score: Score | None) -> int | None:
    return None if score is None else int(score * 10)


def _shown(session: Session, training: TrainingClass) -> ExamOut:
    exams = _exams(session, training.id)
    there = repository.checked_in(session, [one.id for one in exams])
    results = repository.results(session, training.id)
    return ExamOut(
        class_id=training.id,
        status=training.status,
        sessions=[ExamSession(id=one.id, start=one.start, end=one.end) for one in exams],
        rows=[
            ExamRow(
                roster_entry_id=entry.id,
                row=entry.position + 1,
                name=mask_name(trainee.name),
                status=entry.status,
                checked_in=entry.id in there,
                results=[_result_out(one) for one in results.get(entry.id, ())],
            )
            for entry, trainee in roster(session, training.id)
        ],
    )


def _result_out(one: ExamResult) -> ResultOut:
    return ResultOut(
        version=one.version,
        at=one.at,
        outcome=Outcome(one.outcome),
        theory=None if one.theory_tenths is None else one.theory_tenths / 10,
        practice=None if one.practice_tenths is None else one.practice_tenths / 10,
        evaluation_body=one.evaluation_body,
        decided_by=one.decided_by,
        reason=one.reason,
    )


def _found(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass:
    training = training_class(session, caller, class_id, lock=lock)
    if training is None:
        raise _error("CLASS_NOT_FOUND", 404, None, "没有这个班级", "no such class")
    return training


def _status(training: TrainingClass) -> LessonProofError:
    return _error(
        "CLASS_STATUS",
        409,
        None,
        "班级当前状态不能进行此操作",
        f"a class that is {training.status} does not allow this",
    )


def _error(code: str, status: int, where: str | None, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
