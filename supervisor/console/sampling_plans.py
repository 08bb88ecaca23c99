"""The pages of sampling plans: which were drawn, what one drew and what became of it, and a new draw (B-19)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_, Words
from supervisor.console.institution_view import percent, rates_of
from supervisor.console.navigation import registers_of
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.views import Mark
from supervisor.paging import CursorText
from supervisor.sampling import service
from supervisor.sampling.endpoints import READERS
from supervisor.sampling.schemas import PlanIn, PlanListed
from supervisor.sampling.shown import PlanShown, shown

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*READERS))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
FIELDS = {"first_day": N_("起始日"), "last_day": N_("截止日")}
SIZE = 50


@dataclass(frozen=True, slots=True)
class PlanLine:
    id: UUID
    first_day: date
    last_day: date
    candidates: int
    drawn: int
    at: datetime
    state: Mark


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """`mine`: the viewer was drawn for it and may enter the inspection; `signed`: who of the drawn signed."""

    class_id: UUID
    class_no: str
    name: str
    institution: str
    group: str
    people: str
    state: Mark
    inspection: UUID | None
    signed: str
    mine: bool


@dataclass(frozen=True, slots=True)
class CandidateLine:
    class_no: str
    name: str
    institution: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Of one sector and grade."""

    name: str
    rate: str
    classes: tuple[CandidateLine, ...]

    @property
    def drawn(self) -> int:
        return sum(one.drawn for one in self.classes)


@dataclass(frozen=True, slots=True)
class PlanView:
    by: str
    state: Mark
    repeats: Mark
    lines: tuple[DrawnLine, ...]
    groups: tuple[Group, ...]
    rates: tuple[tuple[str, str], ...]
    inspectors: str
    others: tuple[PlanListed, ...]


@router.get("/sampling-plans")
def plans(request: Request, centre: CentreDep, caller: Reader, cursor: CursorText = None) -> Response:
    return _page(request, centre, caller, cursor=cursor)


@router.post("/sampling-plans")
def draw(request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    try:
        made = service.draw(centre, caller, modelled(PlanIn, typed, FIELDS))
    except LessonProofError as error:
        return _page(request, centre, caller, typed=typed, fault=error)
    return RedirectResponse(f"/sampling-plans/{made.id}", status_code=303)


@router.get("/sampling-plans/{plan_id}")
def plan(plan_id: UUID, request: Request, centre: CentreDep, caller: Reader) -> Response:
    found = shown(centre, caller, plan_id)
    return render(
        request,
        "sampling_plan.html",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        plan=found.plan,
        view=present_plan(found, caller, page_words(request)),
    )


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    *,
    cursor: str | None = None,
    typed: Mapping[str, str] | None = None,
    fault: LessonProofError | None = None,
) -> Response:
    words = page_words(request)
    found = service.plans(centre, caller, cursor, SIZE)
    rules = service.rules_on(centre.settings.region, centre.clock.now())
    return render(
        request,
        "sampling_plans.html",
        status=fault.status if fault else 200,
        back="/sampling-plans",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        registers=registers_of(caller.role),
        register="sampling_plans",
        lines=[plan_line(one, words) for one in found.items],
        first=cursor is None,
        more=found.next,
        may_draw=caller.role is Role.HANDLER,
        key=secrets.token_urlsafe(18),  # of one draw: a form that is sent twice gets the plan of the first time
        rates=rates_of(rules.rates.items(), words),
        each=rules.inspectors,
        unrated=rules.unrated,
        typed=typed or {},
        fault=sentence(request, fault) if fault else "",
    )


def plan_line(one: PlanListed, words: Words) -> PlanLine:
    return PlanLine(
        id=one.id,
        first_day=one.first_day,
        last_day=one.last_day,
        candidates=one.candidates,
        drawn=one.drawn,
        at=one.at,
        state=_state(one.done, one.drawn, words),
    )


def _state(done: int, drawn: int, words: Words) -> Mark:
    return Mark("ok" if done >= drawn else "wait", words("已检查 {n} / {k} 个班", n=done, k=drawn))


def present_plan(found: PlanShown, caller: Caller, words: Words) -> PlanView:
    plan = found.plan
    again = Mark("ok", words("结果相同")) if plan.repeats else Mark("bad", words("结果不同"))
    return PlanView(
        by=found.by,
        state=_state(len(plan.done), len(plan.drawn), words),
        repeats=again,
        lines=tuple(_drawn(found, class_id, caller, words) for class_id in plan.drawn),
        groups=_groups(found, words),
        rates=rates_of(plan.rates.items(), words),
        inspectors=_names(found, plan.inspectors),
        others=tuple(found.others),
    )


def _drawn(found: PlanShown, class_id: UUID, caller: Caller, words: Words) -> DrawnLine:
    plan = found.plan
    one, who, done = found.classes[class_id], plan.drawn[class_id], plan.done.get(class_id)
    candidate = next(each for each in plan.candidates if each.class_id == class_id)
    if done is None:
        state = Mark("wait", words("还没有检查"))
    else:
        state = Mark("ok", words("已检查"))
    return DrawnLine(
        class_id=class_id,
        class_no=one.class_no,
        name=one.name,
        institution=one.institution,
        group=_group(candidate.stratum, candidate.grade, words),
        people=_names(found, who),
        state=state,
        inspection=done.inspection_id if done else None,
        signed=words("已签名:{names}", names=_names(found, done.signed)) if done and done.signed else "",
        mine=caller.role is Role.INSPECTOR and caller.account_id in who,
    )


def _groups(found: PlanShown, words: Words) -> tuple[Group, ...]:
    grouped: dict[tuple[str, str], list[CandidateLine]] = {}
    for one in found.plan.candidates:
        named = found.classes[one.class_id]
        line = CandidateLine(named.class_no, named.name, named.institution, one.class_id in found.plan.drawn)
        grouped.setdefault((one.stratum, one.grade), []).append(line)
    return tuple(
        Group(
            _group(stratum, grade, words),
            percent(found.plan.rates[grade]),
            tuple(sorted(lines, key=lambda line: line.class_no)),
        )
        for (stratum, grade), lines in sorted(grouped.items())
    )


def _group(stratum: str, grade: str, words: Words) -> str:
    return f"{stratum or words('没有行业部门')} · {words('{grade} 级', grade=grade)}"


def _names(found: PlanShown, accounts: list[UUID]) -> str:
    return "、".join(found.people[one] for one in accounts)
