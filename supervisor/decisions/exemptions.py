"""Exemptions of classes by the county (A-28, Q19), and the papers an enterprise hands in instead (承诺制)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, tuple_
from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from storage.database.types import new_id
from supervisor.audit.service import CENTRE, record
from supervisor.calendars import calendar_of
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import TrainingClass
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions.models import ClassPaper, Exemption, ExemptionAnswer, ExemptionEnd
from supervisor.decisions.schemas import ExemptionIn, ExemptionOut, OverdueOut, PaperIn, PaperKind, PaperOut
from supervisor.lessons import repository as lessons
from supervisor.lessons.verdicts import judge_silence, rejudge
from supervisor.paging import Key, Page, after, page_of
from supervisor.profiles import profile_named
from supervisor.rules.evidence import ExemptKind
from supervisor.rules.verdict_life import appeal_rules, end_of_working_day

MOST_PAPERS = 50


def grant(centre: Centre, caller: Caller, class_id: UUID, wanted: ExemptionIn) -> list[ExemptionOut]:
    """It takes the place of an earlier one. Raises CLASS_NOT_FOUND (404), EXEMPTION_OVER (422)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        give(session, caller, _found(session, caller, class_id, lock=True), wanted, now)
        return _shown(session, class_id)


def give(
    session: Session,
    caller: Caller,
    training: TrainingClass,
    wanted: ExemptionIn,
    now: datetime,
    request_id: UUID | None = None,
) -> UUID:
    """Of a class under lock. `request_id`: of the request it grants. Raises EXEMPTION_OVER (422)."""
    refuse_over(wanted, now)
    given = Exemption(
        id=new_id(),
        at=now,
        class_id=training.id,
        kind=wanted.kind,
        basis=wanted.basis,
        valid_until=wanted.valid_until,
        account_id=caller.account_id,
    )
    session.add(given)
    training.exempt = wanted.kind
    cited: dict[str, Any] = {} if request_id is None else {"request": str(request_id)}
    record(
        session, now, caller.actor, "exemption_granted", f"training_class:{training.id}",
        exemption=str(given.id), exempt=wanted.kind, valid_until=wanted.valid_until.isoformat(),
        basis_sha256=sha256_hex(wanted.basis.encode()), **cited,
    )  # fmt: skip
    _judge_again(session, caller, training.id, now)
    return given.id


def refuse_over(wanted: ExemptionIn, now: datetime) -> None:
    if wanted.valid_until < now.astimezone(CHINA).date():
        raise _error("EXEMPTION_OVER", 422, "免除期限已过", "it would be over already", "/valid_until")


def revoke(centre: Centre, caller: Caller, class_id: UUID, exemption_id: UUID, words: str) -> list[ExemptionOut]:
    """As if it had never been. Raises CLASS_NOT_FOUND, EXEMPTION_NOT_FOUND (404), EXEMPTION_REVOKED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        given = [one for one, _ in _exemptions(session, class_id) if one.id == exemption_id]
        if not given:
            raise _error("EXEMPTION_NOT_FOUND", 404, "没有这项免除", "no such exemption")
        if session.get(ExemptionEnd, exemption_id) is not None:
            raise _error("EXEMPTION_REVOKED", 409, "该项免除已撤销", "this exemption is revoked already")
        session.add(ExemptionEnd(exemption_id=exemption_id, at=now, words=words, account_id=caller.account_id))
        session.flush()
        if _exemptions(session, class_id)[0][0].id == exemption_id:
            training.exempt = None
        record(
            session, now, caller.actor, "exemption_revoked", f"training_class:{class_id}",
            exemption=str(exemption_id), exempt=training.exempt, words_sha256=sha256_hex(words.encode()),
        )  # fmt: skip
        _judge_again(session, caller, class_id, now)
        return _shown(session, class_id)


def exemptions(centre: Centre, caller: Caller, class_id: UUID) -> list[ExemptionOut]:
    """Newest first: the first is the one that counts. Raises CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        _found(session, caller, class_id)
        return _shown(session, class_id)


def end_exemptions(centre: Centre) -> int:
    """Scheduled: a class whose newest exemption has run out is not exempt any more; the lesson hours it covered stay
    so. Returns how many."""
    now = centre.clock.now()
    today, ended = now.astimezone(CHINA).date(), 0
    newer = Exemption.__table__.alias()
    last = ~exists().where(newer.c.class_id == Exemption.class_id, newer.c.at > Exemption.at)
    query = (
        select(TrainingClass)
        .join(Exemption, Exemption.class_id == TrainingClass.id)
        .where(TrainingClass.exempt.is_not(None), Exemption.valid_until < today, last)
        .with_for_update(of=TrainingClass)
    )
    with centre.uow.write() as session:
        for training in session.scalars(query).unique().all():
            training.exempt = None
            record(session, now, CENTRE, "exemption_over", f"training_class:{training.id}", exempt=None)
            ended += 1
    return ended


def hand_in(centre: Centre, caller: Caller, class_id: UUID, wanted: PaperIn) -> list[PaperOut]:
    """The same paper again is no error. Raises CLASS_NOT_FOUND (404), NO_PAPERS_NEEDED, TOO_MANY_FILES (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        training = _found(session, caller, class_id, lock=True)
        kinds = {training.exempt, *(given.kind for given, ended in _exemptions(session, class_id) if ended is None)}
        if ExemptKind.ENTERPRISE_STAFF not in kinds:
            raise _error(
                "NO_PAPERS_NEEDED", 409, "本班不是企业职工培训", "this is no class of an enterprise's own staff"
            )
        papers = _papers(session, class_id)
        if wanted.sha256 not in {one.sha256 for one in papers}:
            if len(papers) >= MOST_PAPERS:
                raise _error("TOO_MANY_FILES", 409, "材料份数过多", "too many papers")
            paper = ClassPaper(
                class_id=class_id, sha256=wanted.sha256, at=now, kind=wanted.kind, account_id=caller.account_id
            )
            session.add(paper)
            subject = f"training_class:{class_id}"
            record(session, now, caller.actor, "paper_handed_in", subject, sha256=wanted.sha256, paper=wanted.kind)
            session.flush()
            papers = _papers(session, class_id)
        return [PaperOut(sha256=one.sha256, kind=PaperKind(one.kind), at=one.at) for one in papers]


def overdue(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[OverdueOut]:
    """Enterprises' classes that are over for longer than the term and have no paper, by their end. A page may hold
    fewer than asked for. Raises CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = [(one, _due(one)) for one in _without_papers(session, caller, now, after(cursor), size + 1)]
    page = page_of(rows, size, lambda row: (row[0].class_end, row[0].id), lambda row: row)
    late = [
        OverdueOut(class_id=one.id, class_no=one.class_no, class_name=one.name, class_end=one.class_end, due_at=due)
        for one, due in page["items"]
        if due <= now
    ]
    return Page(items=late, next=page["next"])


def _due(training: TrainingClass) -> datetime:
    profile = profile_named(training.profile)
    days = appeal_rules(profile).papers_working_days
    return end_of_working_day(training.class_end, days, calendar_of(profile.region))


def _without_papers(
    session: Session, caller: Caller, now: datetime, key: Key | None, limit: int
) -> list[TrainingClass]:
    enterprise = exists().where(
        Exemption.class_id == TrainingClass.id,
        Exemption.kind == ExemptKind.ENTERPRISE_STAFF,
        ~exists().where(ExemptionEnd.exemption_id == Exemption.id),
    )
    query = select(TrainingClass).where(
        caller.sees(TrainingClass.institution_id),
        (TrainingClass.exempt == ExemptKind.ENTERPRISE_STAFF) | enterprise,
        TrainingClass.class_end < now - timedelta(days=1),
        ~exists().where(ClassPaper.class_id == TrainingClass.id),
    )
    if key is not None:
        query = query.where(tuple_(TrainingClass.class_end, TrainingClass.id) > key)
    return list(session.scalars(query.order_by(TrainingClass.class_end, TrainingClass.id).limit(limit)))


def _judge_again(session: Session, caller: Caller, class_id: UUID, now: datetime) -> None:
    """Every lesson hour something was concluded of."""
    session.flush()
    for lesson in lessons.lessons_of_class(session, caller, class_id):
        last = lessons.counting_verdict(session, lesson.hour.id)
        if last is not None and last.source == "sweep":
            judge_silence(session, lesson, now)
        elif last is not None:
            rejudge(session, lesson, now)


def _exemptions(session: Session, class_id: UUID) -> list[tuple[Exemption, ExemptionEnd | None]]:
    query = (
        select(Exemption, ExemptionEnd)
        .outerjoin(ExemptionEnd, ExemptionEnd.exemption_id == Exemption.id)
        .where(Exemption.class_id == class_id)
        .order_by(Exemption.at.desc(), Exemption.id)
    )
    return [(given, ended) for given, ended in session.execute(query)]


def _papers(session: Session, class_id: UUID) -> list[ClassPaper]:
    query = select(ClassPaper).where(ClassPaper.class_id == class_id).order_by(ClassPaper.at, ClassPaper.sha256)
    return list(session.scalars(query))


def _found(session: Session, caller: Caller, class_id: UUID, *, lock: bool = False) -> TrainingClass:
    training = classes.training_class(session, caller, class_id, lock=lock)
    if training is None:
        raise _error("CLASS_NOT_FOUND", 404, "没有这个班级", "no such class")
    return training


def _shown(session: Session, class_id: UUID) -> list[ExemptionOut]:
    session.flush()
    held = _exemptions(session, class_id)
    query = select(ExemptionAnswer).where(ExemptionAnswer.exemption_id.in_([given.id for given, _ in held]))
    granted = {one.exemption_id: one.request_id for one in session.scalars(query)}
    return [
        ExemptionOut(
            id=given.id,
            at=given.at,
            kind=ExemptKind(given.kind),
            basis=given.basis,
            valid_until=given.valid_until,
            revoked_at=ended.at if ended else None,
            request_id=granted.get(given.id),
        )
        for given, ended in held
    ]


def _error(code: str, status: int, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
