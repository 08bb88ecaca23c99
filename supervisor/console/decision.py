"""Deciding on the page of a lesson hour: why the verdict is what it is, what happened since, and the keys to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from config.errors import LessonProofError
from config.profile import RegionProfile
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.centre import Centre
from supervisor.console.decide_words import (
    ATTENDANCE,
    REASON_WORDS,
    RESULTS,
    RULE_OF,
    TURNS,
    result_mark,
    sign_text,
    stage_mark,
    term,
)
from supervisor.console.i18n import N_, Words, offset_time
from supervisor.console.life_line import Step, life_line
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.state_words import reason_text
from supervisor.console.views import Mark, Tone
from supervisor.decisions import papers, service
from supervisor.decisions.people import Person, people_of
from supervisor.decisions.schemas import DecisionIn, LifeOut
from supervisor.lessons.schemas import LessonPage, ViewReason
from supervisor.profiles import profile_named
from supervisor.rules.verdict import LessonVerdict, VerdictState
from supervisor.rules.verdict_life import OVERRULED, REASONS, Next, Reason, Result, Stage
from supervisor.todo import service as todo
from supervisor.todo.schemas import Kind

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
Speaker = Annotated[Caller, Depends(require(*service.SPEAKS))]
Reader = Annotated[Caller, Depends(require(*sorted(service.READS_WORDS)))]
KEYS = {Result.PASS: "Y", Result.FAIL: "X", Result.REVIEW: "D"}


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One sentence of the verdict, and the rule of the county's plan it is of."""

    tone: Tone
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision. `words_needed`: it says why in words; else one key decides."""

    result: Result
    key: str
    text: str
    tone: Tone
    words_needed: bool
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Affected:
    name: str
    mark: Mark
    link: str | None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """In the viewer's own list. `place` None: this hour is not in it (any more)."""

    before: str | None
    after: str | None
    after_id: UUID | None
    place: int | None
    total: int


@dataclass(frozen=True, slots=True)
class DecisionView:
    lesson_hour_id: UUID
    stage: Mark
    turn: str
    term: Mark | None
    until: datetime | None
    version: int
    why: tuple[WhyLine, ...]
    signs: tuple[str, ...]
    attending: tuple[Affected, ...]
    others: tuple[Affected, ...]
    steps: tuple[Step, ...]
    choices: tuple[Choice, ...]
    objection_id: UUID | None
    may_explain: bool
    may_object: bool
    same_person: bool
    list: Neighbours | None
    done: Mark | None


def decision_panel(
    centre: Centre, caller: Caller, page: LessonPage, done: str, words: Words, now: datetime
) -> DecisionView | None:
    """None: there is nothing to decide of a lesson hour that does not count. `done`: what was decided a moment ago."""
    if not page.lesson.countable:
        return None
    told = service.life_of(centre, caller, page.lesson.lesson_hour_id)
    near = None
    if caller.role in todo.WORKS_OFF:
        items = [one.id for one in todo.waiting(centre, caller).items if one.kind is Kind.LESSON]
        near = neighbours(items, page.lesson.lesson_hour_id)
    people = people_of(centre, caller, page.lesson.lesson_hour_id)
    return present_decision(page, told, people, near, caller, done, words, now)


def present_decision(
    page: LessonPage,
    told: LifeOut,
    people: Sequence[Person],
    near: Neighbours | None,
    caller: Caller,
    done: str,
    words: Words,
    now: datetime,
) -> DecisionView:
    verdict = page.lesson.verdict.verdict if page.lesson.verdict else None
    linked = caller.role in todo.HAS_LIST
    marked = [(one.attends, _affected(one, page.lesson.class_id if linked else None, words)) for one in people]
    waits = told.next not in (Next.NOBODY, Next.BOX)
    return DecisionView(
        lesson_hour_id=told.lesson_hour_id,
        stage=stage_mark(told.stage, words),
        turn=words(TURNS[told.next]),
        term=term(told.since, told.until, now, words) if waits else None,
        until=told.until if waits else None,
        version=told.version,
        why=tuple(why(page, verdict, profile_named(page.profile), words)) if verdict else (),
        signs=tuple(sign_text(code, words) for code in told.signs),
        attending=tuple(one for attends, one in marked if attends),
        others=tuple(one for attends, one in marked if not attends),
        steps=life_line(page, told, words),
        choices=choices(told, verdict.state if verdict else None, words),
        objection_id=told.objections[-1].id if told.stage is Stage.OBJECTED and told.objections else None,
        may_explain=told.may_explain,
        may_object=told.may_object,
        same_person=told.stage is Stage.OBJECTED and caller.role is Role.INSPECTOR and not told.may_decide,
        list=near,
        done=result_mark(Result(done), words) if done in set(Result) else None,
    )


def neighbours(items: Sequence[UUID], here: UUID) -> Neighbours | None:
    """None: the list is empty, and this hour is not in it."""
    if not items:
        return None
    at = items.index(here) if here in items else None
    before = items[at - 1] if at else None
    after = items[0] if at is None else items[at + 1] if at + 1 < len(items) else None
    if after is None and at:  # round again: what was passed over still waits
        after = items[0]

    def link(one: UUID | None) -> str | None:
        return f"/lessons/{one}?from=todo" if one else None

    return Neighbours(link(before), link(after), after, None if at is None else at + 1, len(items))


def choices(told: LifeOut, proposed: VerdictState | None, words: Words) -> tuple[Choice, ...]:
    """The decisions that are open to the viewer now, named by what they are beside the proposal."""
    found = []
    for result in told.may_decide:
        against = proposed is not None and OVERRULED.get(proposed) is result
        tone, text = RESULTS[result]
        if against:
            text = N_("改判:认定合格") if result is Result.PASS else N_("改判:认定不合格")
        elif result is Result.FAIL and proposed is VerdictState.FAIL_PROPOSED:
            text = N_("同意:不认定")
        elif result is Result.PASS and told.stage is Stage.PASS_TO_RECHECK:
            text = N_("复查无误:合格")
        own = sorted(REASONS[result], key=lambda one: _fits(one, told))
        found.append(
            Choice(
                result=result,
                key=KEYS[result],
                text=words(text),
                tone=tone,
                words_needed=against or result is Result.FAIL,
                reasons=tuple((one.value, words(REASON_WORDS[one])) for one in own),
            )
        )
    return tuple(found)


def _fits(reason: Reason, told: LifeOut) -> bool:
    """The likely one first: after an explanation its acceptance or refusal, without one that there was none."""
    explained = bool(told.explanations)
    likely = {
        Reason.EXPLANATION_ACCEPTED: explained,
        Reason.EXPLANATION_REFUSED: explained,
        Reason.NOT_EXPLAINED: not explained and told.stage is Stage.FAIL_PROPOSED_DECIDE,
    }
    if likely.get(reason):
        return False
    plain = reason in (Reason.EVIDENCE_ENOUGH, Reason.EVIDENCE_LACKING, Reason.DOUBT)
    return not (plain and not explained and told.stage is not Stage.FAIL_PROPOSED_DECIDE)


def why(page: LessonPage, verdict: LessonVerdict, profile: RegionProfile, words: Words) -> list[WhyLine]:
    """The verdict in sentences: which stretch, who was needed and seen, what is missing, by which rule."""
    tone: Tone = "none" if verdict.state is VerdictState.PASS else "warn"
    lines = [WhyLine(tone, reason_text(code, words), RULE_OF.get(code, "")) for code in verdict.reasons]
    asked = words.duration(profile.lesson.clip_min_s * 1000)
    window = verdict.window
    if window is not None:
        start = page.lesson.start
        span = f"{offset_time(start, window.start_ms)}–{offset_time(start, window.end_ms)}"
        text = words(
            "判定依据的一段录像:{span},共 {media}(要求 {need})",
            span=span,
            media=words.duration(window.media_ms),
            need=asked,
        )
        if window.gaps:
            text += words(",其中接合 {n} 处短缺口,缺 {s} 秒不计入", n=window.gaps, s=round(window.gap_ms / 1000))
        lines.append(WhyLine("none", text, "A-16"))
    elif verdict.state is not VerdictState.EXEMPT:
        text = words(
            "没有一段够长的连续录像:最长 {longest},要求 {need};全课时共有录像 {media}",
            longest=words.duration(verdict.longest_joined_ms), need=asked, media=words.duration(verdict.media_ms),
        )  # fmt: skip
        lines.append(WhyLine("none", text, "A-16"))
    if verdict.required is not None and verdict.peak is not None:
        text = words(
            "应当看见 {need} 人,最多看见 {peak} 人,中位 {median} 人;{of} 个时段中有 {n} 个全员可见",
            need=verdict.required, peak=verdict.peak, median=f"{verdict.median or 0:g}", of=profile.visible.moments,
            n=verdict.moments,
        )  # fmt: skip
        lines.append(WhyLine("none", text, "A-17"))
    return lines


def _affected(one: Person, class_id: UUID | None, words: Words) -> Affected:
    tone, text = ATTENDANCE[one.status]
    link = f"/classes/{class_id}/trainees/{one.roster_entry_id}" if class_id else None
    return Affected(one.name, Mark(tone, words(text)), link)


@router.post("/lessons/{lesson_hour_id}/decision")
def decide(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Inspector,
    version: Annotated[int, Form(ge=1)],
    result: Annotated[Result, Form()],
    reason: Annotated[Reason, Form()],
    text: Annotated[str, Form(max_length=2000)] = "",
    objection: Annotated[UUID | None, Form()] = None,
    after: Annotated[UUID | None, Form()] = None,
) -> Response:
    """`after`: the lesson hour that is next in the list; without one the list itself."""
    wanted = DecisionIn(version=version, result=result, reason=reason, words=text)
    try:
        if objection is None:
            service.decide(centre, caller, lesson_hour_id, wanted)
        else:
            service.decide_objection(centre, caller, lesson_hour_id, objection, wanted)
    except LessonProofError as error:
        return _refused(request, error)
    onward = f"/lessons/{after}?from=todo&done={result}" if after else f"/todo?done={result}"
    return _onward(request, onward)


@router.post("/lessons/{lesson_hour_id}/explanation")
def explain(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    text: Annotated[str, Form(min_length=1, max_length=2000)],
) -> Response:
    """Words alone: for a browser without scripts; with them the page sends words and files itself."""
    try:
        service.explain(centre, caller, lesson_hour_id, text)
    except LessonProofError as error:
        return _refused(request, error)
    return _onward(request, f"/lessons/{lesson_hour_id}#life")


@router.post("/lessons/{lesson_hour_id}/objection")
def object_to(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Speaker,
    text: Annotated[str, Form(min_length=1, max_length=2000)],
) -> Response:
    try:
        service.object_to(centre, caller, lesson_hour_id, text)
    except LessonProofError as error:
        return _refused(request, error)
    return _onward(request, f"/lessons/{lesson_hour_id}?said=1#life")


@router.get("/lessons/{lesson_hour_id}/papers/{sha256}")
def paper(
    lesson_hour_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    centre: CentreDep,
    caller: Reader,
    why: ViewReason = ViewReason.APPEAL,
) -> Response:
    """A file of an explanation, in the window; entered in the viewing register first."""
    media, size, pieces = papers.read(centre, caller, lesson_hour_id, sha256, why, client_ip(request))
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
        "Content-Length": str(size),
        "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type=media, headers=headers)


def _refused(request: Request, error: LessonProofError) -> Response:
    """Beside the form, which keeps what was written; a page of its own for a browser without scripts."""
    if "hx-request" in request.headers:
        return HTMLResponse(sentence(request, error))
    raise error


def _onward(request: Request, where: str) -> Response:
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": where})
    return RedirectResponse(where, status_code=303)
