"""Explain, decide, object, decide again. Each is appended under the lesson hour's lock, and the cached row with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.accounts import repository as accounts
from supervisor.audit.service import record
from supervisor.callers import Caller, Role
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.decisions import repository
from supervisor.decisions.cache import facts_of, life_at, refresh
from supervisor.decisions.models import Decision, Explanation, Objection
from supervisor.decisions.repository import TodoRow
from supervisor.decisions.schemas import (
    DecisionIn,
    DecisionOut,
    ExplanationOut,
    FileOut,
    LifeOut,
    ObjectionOut,
    RecheckOut,
    TodoOut,
)
from supervisor.lessons import repository as lessons
from supervisor.lessons.repository import LessonRow
from supervisor.paging import Page, after, page_of
from supervisor.profiles import profile_named
from supervisor.rules.verdict_life import (
    DECIDABLE,
    OVERRULED,
    REASONS,
    LifeFacts,
    Reason,
    Result,
    Stage,
    holding,
    may_explain,
)

SPEAKS = (Role.RESPONSIBLE, Role.TEACHER)
"""For an institution."""
READS_WORDS = frozenset({*SPEAKS, Role.INSPECTOR, Role.APPROVER, Role.OVERSIGHT})
"""Words may hold names; the other roles read how it stands."""


def life_of(centre: Centre, caller: Caller, lesson_hour_id: UUID) -> LifeOut:
    """Raises LESSON_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        return _shown(session, caller, found(session, caller, lesson_hour_id), centre.clock.now())


def explain(centre: Centre, caller: Caller, lesson_hour_id: UUID, words: str) -> LifeOut:
    """Raises LESSON_NOT_FOUND (404), LESSON_NOT_OVER, EXPLANATION_OVER (409)."""
    with centre.uow.write() as session:
        lesson, now, facts, profile = locked(centre, session, caller, lesson_hour_id)
        if lesson.hour.end > now:
            raise _error("LESSON_NOT_OVER", 409, "课时尚未结束", "the lesson hour is not over")
        require_explaining(facts, now, profile)
        version = facts.counting.version if facts.counting else 0
        session.add(
            Explanation(
                at=now, lesson_hour_id=lesson_hour_id, version=version, account_id=caller.account_id, words=words
            )
        )
        _told(session, caller, "lesson_explained", lesson_hour_id, now, words, version=version)
        return _shown(session, caller, lesson, now)


def decide(centre: Centre, caller: Caller, lesson_hour_id: UUID, wanted: DecisionIn) -> LifeOut:
    """Raises LESSON_NOT_FOUND (404), VERDICT_CHANGED, EXPLANATION_OPEN, NOT_TO_DECIDE (409), REASON_NOT_FOR_RESULT,
    REASON_NEEDED (422)."""
    with centre.uow.write() as session:
        lesson, now, facts, profile = locked(centre, session, caller, lesson_hour_id)
        stage = _require_sound(wanted, facts, now, profile)
        if stage is Stage.FAIL_PROPOSED_EXPLAIN and wanted.result is Result.FAIL:
            raise _error(
                "EXPLANATION_OPEN",
                409,
                "培训机构的说明期限未到,现在不能认定不合格",
                "the institution may still explain: no fail before that",
            )
        if stage is Stage.OBJECTED or wanted.result not in DECIDABLE.get(stage, ()):
            raise _not_to_decide(stage)
        _append(session, caller, lesson_hour_id, wanted, facts, now, answers=None)
        return _shown(session, caller, lesson, now)


def object_to(centre: Centre, caller: Caller, lesson_hour_id: UUID, words: str) -> LifeOut:
    """Against the decision that holds. Raises LESSON_NOT_FOUND (404), OBJECTION_OVER (409): there is no fail that may
    be objected to, or its term is over."""
    with centre.uow.write() as session:
        lesson, now, facts, profile = locked(centre, session, caller, lesson_hour_id)
        decision = _holding(session, lesson_hour_id, facts)
        if decision is None or life_at(facts, now, profile).stage is not Stage.DECIDED_FAIL:
            raise _error(
                "OBJECTION_OVER", 409, "现在没有可以提出异议的认定", "there is no decision now that may be objected to"
            )
        session.add(
            Objection(
                at=now,
                lesson_hour_id=lesson_hour_id,
                decision_id=decision.id,
                account_id=caller.account_id,
                words=words,
            )
        )
        _told(session, caller, "lesson_objected", lesson_hour_id, now, words, decision=decision.seq)
        return _shown(session, caller, lesson, now)


def decide_objection(
    centre: Centre, caller: Caller, lesson_hour_id: UUID, objection_id: UUID, wanted: DecisionIn
) -> LifeOut:
    """Raises LESSON_NOT_FOUND, OBJECTION_NOT_FOUND (404), SAME_PERSON and as `decide` (409, 422)."""
    with centre.uow.write() as session:
        lesson, now, facts, profile = locked(centre, session, caller, lesson_hour_id)
        against = [one for one in repository.objections(session, lesson_hour_id) if one.id == objection_id]
        if not against:
            raise _error("OBJECTION_NOT_FOUND", 404, "没有这个异议", "no such objection")
        stage = _require_sound(wanted, facts, now, profile)
        decision = _holding(session, lesson_hour_id, facts)
        if stage is not Stage.OBJECTED or decision is None or decision.id != against[0].decision_id:
            raise _not_to_decide(stage)
        if wanted.result not in DECIDABLE[Stage.OBJECTED]:
            raise _not_to_decide(stage)
        if decision.account_id == caller.account_id:
            raise _error(
                "SAME_PERSON",
                409,
                "异议须由另一名监督人员处理",
                "an objection is decided by another inspector than the one it is against",
            )
        _append(session, caller, lesson_hour_id, wanted, facts, now, answers=decision.seq)
        return _shown(session, caller, lesson, now)


def todo(centre: Centre, caller: Caller, cursor: str | None, size: int) -> Page[TodoOut]:
    """What waits for the caller, by the day it is due; where there is no term, since when it waits. Raises
    CURSOR_INVALID (422)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        rows = repository.todo(session, caller, now, after(cursor), size + 1)
        return Page(
            **page_of(rows, size, lambda row: (row[0].due_at, row[0].lesson_hour_id), lambda row: _waiting(row, now))
        )


def found(session: Session, caller: Caller, lesson_hour_id: UUID) -> LessonRow:
    lesson = lessons.lesson(session, caller, lesson_hour_id)
    if lesson is None or not lesson.countable:
        raise _error("LESSON_NOT_FOUND", 404, "没有这个课时", "no such lesson hour")
    return lesson


def locked(
    centre: Centre, session: Session, caller: Caller, lesson_hour_id: UUID
) -> tuple[LessonRow, datetime, LifeFacts, RegionProfile]:
    """The time is read under the lock, so that events of a lesson hour have the order of their times."""
    lesson = found(session, caller, lesson_hour_id)
    lessons.lock_lesson(session, lesson_hour_id)
    now = centre.clock.now()
    return lesson, now, facts_of(session, lesson, now), profile_named(lesson.training.profile)


def require_explaining(facts: LifeFacts, now: datetime, profile: RegionProfile) -> None:
    if not may_explain(facts, now, profile):
        raise _error("EXPLANATION_OVER", 409, "现在不能再提交说明", "this can no longer be explained, or need not be")


def _require_sound(wanted: DecisionIn, facts: LifeFacts, now: datetime, profile: RegionProfile) -> Stage:
    if wanted.reason not in REASONS[wanted.result]:
        raise _error("REASON_NOT_FOR_RESULT", 422, "理由与结果不符", "no reason for this result", "/reason")
    if wanted.result is Result.FAIL and not wanted.words:
        raise _error("REASON_NEEDED", 422, "认定不合格须写明理由", "a fail is explained in words", "/words")
    if overrules(wanted.result, facts) and not wanted.words:
        raise _error("REASON_NEEDED", 422, "改判须写明理由", "who overrules the proposal says why in words", "/words")
    if facts.counting is not None and facts.counting.version != wanted.version:
        raise _error(
            "VERDICT_CHANGED",
            409,
            "结论已更新,请重新查看后再认定",
            "there is a newer verdict: look at it before deciding",
            "/version",
        )
    return life_at(facts, now, profile).stage


def overrules(result: Result, facts: LifeFacts) -> bool:
    """Against what the rules proposed. A review proposes nothing."""
    return facts.counting is not None and OVERRULED.get(facts.counting.state) is result


def _append(
    session: Session, caller: Caller, hour: UUID, wanted: DecisionIn, facts: LifeFacts, now: datetime, *,
    answers: int | None,
) -> None:  # fmt: skip
    seq = len(repository.decisions(session, hour)) + 1
    session.add(
        Decision(
            at=now,
            lesson_hour_id=hour,
            seq=seq,
            version=wanted.version,
            signs=sorted(facts.signs),
            result=wanted.result,
            reason=wanted.reason,
            words=wanted.words,
            account_id=caller.account_id,
            answers=answers,
        )
    )
    _told(
        session, caller, "lesson_decided", hour, now, wanted.words,
        version=wanted.version, seq=seq, result=wanted.result, reason=wanted.reason, signs=sorted(facts.signs),
        answers=answers,
    )  # fmt: skip


def _told(session: Session, caller: Caller, action: str, hour: UUID, now: datetime, words: str, **details: Any) -> None:
    """The log keeps the words' digest only: they may hold names."""
    digest = sha256_hex(words.encode())
    record(session, now, caller.actor, action, f"lesson_hour:{hour}", words_sha256=digest, **details)
    refresh(session, hour, now)


def _holding(session: Session, lesson_hour_id: UUID, facts: LifeFacts) -> Decision | None:
    last = holding(facts)
    return next((one for one in repository.decisions(session, lesson_hour_id) if last and one.seq == last.seq), None)


def _shown(session: Session, caller: Caller, lesson: LessonRow, now: datetime) -> LifeOut:
    hour, profile, facts = lesson.hour.id, profile_named(lesson.training.profile), facts_of(session, lesson, now)
    state, holds = life_at(facts, now, profile), _holding(session, hour, facts)
    said, decided = repository.explanations(session, hour), repository.decisions(session, hour)
    against, drawn = repository.objections(session, hour), repository.rechecks(session, hour)
    speakers = [one.account_id for one in said] + [one.account_id for one in decided]
    by = accounts.names(session, {*speakers, *(one.account_id for one in against)})
    files: dict[UUID, list[FileOut]] = {}
    for file in repository.files(session, hour):
        shown = FileOut(sha256=file.sha256, kind=file.kind, bytes=file.bytes, at=file.at)
        files.setdefault(file.explanation_id, []).append(shown)
    reads = caller.role in READS_WORDS
    seqs = {one.id: one.seq for one in decided}
    again = state.stage is Stage.OBJECTED and holds is not None and holds.account_id == caller.account_id
    return LifeOut(
        lesson_hour_id=hour,
        stage=state.stage,
        next=state.next,
        since=state.since,
        until=state.until,
        final=state.final,
        version=facts.counting.version if facts.counting else 0,
        signs=sorted(facts.signs),
        may_explain=caller.role in SPEAKS and lesson.hour.end <= now and may_explain(facts, now, profile),
        may_object=caller.role in SPEAKS and state.stage is Stage.DECIDED_FAIL,
        may_decide=list(DECIDABLE.get(state.stage, ())) if caller.role is Role.INSPECTOR and not again else [],
        explanations=[
            ExplanationOut(
                id=one.id,
                at=one.at,
                version=one.version,
                by=by[one.account_id],
                words=one.words if reads else None,
                files=files.get(one.id, []),
            )
            for one in said
        ],
        decisions=[
            DecisionOut(
                seq=one.seq,
                at=one.at,
                version=one.version,
                signs=one.signs,
                result=Result(one.result),
                reason=Reason(one.reason),
                words=one.words if reads else None,
                by=by[one.account_id],
                answers=one.answers,
                holds=holds is not None and one.id == holds.id,
            )
            for one in decided
        ],
        objections=[
            ObjectionOut(
                id=one.id,
                at=one.at,
                decision=seqs[one.decision_id],
                by=by[one.account_id],
                words=one.words if reads else None,
            )
            for one in against
        ],
        rechecks=[RecheckOut(at=one.at, day=one.day, version=one.version) for one in drawn],
    )


def _waiting(row: TodoRow, now: datetime) -> TodoOut:
    kept, hour, training = row
    over = kept.stage == Stage.FAIL_PROPOSED_EXPLAIN and kept.due_at <= now
    return TodoOut(
        lesson_hour_id=hour.id,
        class_no=training.class_no,
        class_name=training.name,
        start=hour.start,
        end=hour.end,
        stage=Stage.FAIL_PROPOSED_DECIDE if over else Stage(kept.stage),
        since=kept.due_at if over else kept.since,
        until=None if over else kept.until,
        due_at=kept.due_at,
        version=kept.version,
    )


def _not_to_decide(stage: Stage) -> LessonProofError:
    return _error(
        "NOT_TO_DECIDE", 409, "课时当前状态不能这样认定", f"a lesson hour at {stage} is not decided like this"
    )


def _error(code: str, status: int, zh: str, en: str, where: str | None = None) -> LessonProofError:
    return LessonProofError(code, status=status, where=where, zh=zh, en=en)
