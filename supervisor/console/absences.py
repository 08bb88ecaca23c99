"""Who is away, forgot to check in, or leaves a class: asked for by the institution, with until when and who decides."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, File, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, client_ip, require
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import ClassOut
from supervisor.console.decide_words import CHANGE_STATES, CLASS_STATES, DIRECTIONS, LEAVES, state_mark
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.views import Mark
from supervisor.filed_papers import kind_of
from supervisor.leave import makeups, roster, service
from supervisor.leave.decisions import LATER_TOO, UNDER_WAY
from supervisor.leave.schemas import DropOutIn, DropOutOut, LeaveIn, LeaveOut, MakeupIn, MakeupOut
from supervisor.lessons.schemas import ViewReason
from supervisor.openings.service import APPLICANTS
from supervisor.profiles import profile_named
from supervisor.rules.plan_change import change_rules
from supervisor.sheets import register

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Asker = Annotated[Caller, Depends(require(*APPLICANTS))]
FIELDS = {
    "roster_entry_id": N_("学员"),
    "kind": N_("请假类型"),
    "start": N_("开始时间"),
    "until": N_("结束时间"),
    "session_id": N_("课次"),
    "direction": N_("签到还是签退"),
    "at": N_("实际时间"),
    "reason": N_("理由"),
}


@dataclass(frozen=True, slots=True)
class AskedLine:
    """`withdraw`: the leave that may still be taken back."""

    at: datetime
    title: str
    text: str
    mark: Mark
    answer: str
    withdraw: UUID | None


@dataclass(frozen=True, slots=True)
class AbsencesView:
    """`sessions`: of which a check-in may still be made up."""

    class_id: UUID
    class_no: str
    title: str
    state: Mark
    people: tuple[tuple[str, str], ...]
    sessions: tuple[tuple[str, str], ...]
    leave_hours: int
    paper_days: int
    makeup_hours: int
    makeup_max: int
    log: tuple[AskedLine, ...]
    values: Mapping[str, str]


@router.get("/classes/{class_id}/absences")
def show(class_id: UUID, request: Request, centre: CentreDep, caller: Asker, done: str = "") -> Response:
    return _page(request, centre, caller, class_id, done=bool(done))


@router.post("/classes/{class_id}/absences/leave")
def ask_leave(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Asker,
    typed: Typed,
    paper: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Sent twice it is refused the second time: there is a leave for this time already."""
    body = paper.file.read() if paper is not None else b""

    def do() -> None:
        told = _told(typed, ("roster_entry_id", "kind", "reason"), ("start", "until"))
        if body:
            if kind_of(body) not in ("jpeg", "png", "pdf"):
                raise LessonProofError(
                    "FILE_TYPE", status=422, zh="证明须为 JPEG、PNG 或 PDF", en="the paper is JPEG, PNG or PDF"
                )
            told["paper_sha256"] = hashlib.sha256(body).hexdigest()
        service.ask_leave(centre, caller, class_id, modelled(LeaveIn, told, FIELDS))

    return _asked(request, centre, caller, class_id, "leave", typed, do)


@router.post("/classes/{class_id}/absences/makeup")
def ask_makeup(class_id: UUID, request: Request, centre: CentreDep, caller: Asker, typed: Typed) -> Response:
    """Sent twice it is asked for once."""

    def do() -> None:
        told = _told(typed, ("session_id", "roster_entry_id", "direction", "reason"), ("at",))
        wanted = modelled(MakeupIn, told, FIELDS)
        same = (wanted.session_id, wanted.roster_entry_id, wanted.direction, wanted.at)
        if not any(
            one.state == "asked" and same == (one.session_id, one.roster_entry_id, one.direction, one.at)
            for one in makeups.makeups(centre, caller, class_id)
        ):
            makeups.ask_makeup(centre, caller, class_id, wanted)

    return _asked(request, centre, caller, class_id, "makeup", typed, do)


@router.post("/classes/{class_id}/absences/drop-out")
def ask_drop_out(class_id: UUID, request: Request, centre: CentreDep, caller: Asker, typed: Typed) -> Response:
    return _asked(
        request, centre, caller, class_id, "drop_out", typed,
        lambda: roster.ask_drop_out(
            centre, caller, class_id, modelled(DropOutIn, _told(typed, ("roster_entry_id", "reason"), ()), FIELDS)
        ),
    )  # fmt: skip


@router.post("/classes/{class_id}/absences/{leave_id}/withdraw")
def withdraw(class_id: UUID, leave_id: UUID, request: Request, centre: CentreDep, caller: Asker) -> Response:
    return _asked(
        request, centre, caller, class_id, "", {}, lambda: service.withdraw_leave(centre, caller, leave_id)
    )  # fmt: skip


def _told(typed: Mapping[str, str], texts: Sequence[str], times: Sequence[str]) -> dict[str, Any]:
    """`times`: of the site, as the browser's field writes them."""
    told: dict[str, Any] = {name: typed.get(name, "") for name in texts}
    for name in times:
        try:
            told[name] = datetime.fromisoformat(typed.get(name, "")).replace(tzinfo=CHINA)
        except ValueError:
            told[name] = ""
    return told


def _asked(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    form: str,
    typed: Mapping[str, str],
    do: Callable[[], object],
) -> Response:
    try:
        do()
    except LessonProofError as error:
        if error.status == 404:
            raise
        return _page(request, centre, caller, class_id, form=form, typed=typed, error=error)
    return RedirectResponse(f"/classes/{class_id}/absences?done=1#asked", status_code=303)


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    *,
    form: str = "",
    typed: Mapping[str, str] | None = None,
    error: LessonProofError | None = None,
    done: bool = False,
) -> Response:
    """`form`: the one that was sent and not taken."""
    words, now = page_words(request), centre.clock.now()
    register.enter(centre, caller, class_id, "sheet", ViewReason.ROUTINE, client_ip(request))
    training = classes.show_class(centre, caller, class_id)
    view = present_absences(
        training,
        service.leaves(centre, caller, class_id).leaves,
        makeups.makeups(centre, caller, class_id),
        roster.drop_outs(centre, caller, class_id),
        typed or {},
        now,
        words,
    )
    return render(
        request, "absences.html", status=error.status if error else 200, back=f"/classes/{class_id}/absences",
        viewer=viewer_of(caller), here="classes",
        demo=training.demo, view=view, done=done, form=form,
        fault=(sentence(request, error), error.code) if error else None,
        may_ask=training.status in LATER_TOO, may_leave=training.status in UNDER_WAY,
    )  # fmt: skip


def present_absences(
    training: ClassOut,
    leaves: Sequence[LeaveOut],
    made: Sequence[MakeupOut],
    left: Sequence[DropOutOut],
    typed: Mapping[str, str],
    now: datetime,
    words: Words,
) -> AbsencesView:
    profile = profile_named(training.profile)
    rules, check_in = change_rules(profile), profile.checkin
    names = {one.id: f"{n} {one.name}" for n, one in enumerate(training.roster, start=1)}
    here = [one for one in training.roster if one.status in ("enrolled", "active")]
    since = now - timedelta(hours=check_in.makeup_hours)
    recent = [one for one in training.sessions if one.start <= now and one.end >= since]
    lines = [_leave(one, names, now, words) for one in leaves]
    lines += [_makeup(one, names, words) for one in made]
    lines += [_drop_out(one, names, words) for one in left]
    return AbsencesView(
        class_id=training.id,
        class_no=training.class_no,
        title=training.name,
        state=state_mark(CLASS_STATES, training.status, words),
        people=tuple((str(one.id), names[one.id]) for one in here),
        sessions=tuple(
            (str(one.id), f"{words.day(one.start)} {short_time(one.start)}–{short_time(one.end)}") for one in recent
        ),
        leave_hours=rules.teacher_leave_hours,
        paper_days=rules.sick_paper_working_days,
        makeup_hours=check_in.makeup_hours,
        makeup_max=check_in.makeup_max,
        log=tuple(sorted(lines, key=lambda one: one.at, reverse=True)),
        values=defaultdict(str, typed),
    )


def _leave(one: LeaveOut, names: Mapping[UUID, str], now: datetime, words: Words) -> AskedLine:
    """Its reason may tell of illness and is not shown."""
    span = f"{words.day(one.start)} {short_time(one.start)} – {words.day(one.until)} {short_time(one.until)}"
    who = words("教师审批") if one.decider == "teacher" else words("主管单位审批")
    return AskedLine(
        at=one.asked_at,
        title=f"{words(LEAVES[one.kind])} · {names.get(one.roster_entry_id, '')}",
        text=f"{span} · {who}" + (f" · {words('学员手机提出')}" if one.from_phone else ""),
        mark=state_mark(CHANGE_STATES, one.state, words),
        answer=one.decision_reason or "",
        withdraw=one.id if one.start > now and one.state in ("asked", "approved") else None,
    )


def _makeup(one: MakeupOut, names: Mapping[UUID, str], words: Words) -> AskedLine:
    return AskedLine(
        at=one.asked_at,
        title=f"{words('补签')} · {names.get(one.roster_entry_id, '')}",
        text=f"{words(DIRECTIONS[one.direction])} {words.day(one.at)} {short_time(one.at)} · {one.reason}",
        mark=state_mark(CHANGE_STATES, one.state, words),
        answer=one.decision_reason or "",
        withdraw=None,
    )


def _drop_out(one: DropOutOut, names: Mapping[UUID, str], words: Words) -> AskedLine:
    return AskedLine(
        at=one.asked_at,
        title=f"{words('退班')} · {names.get(one.roster_entry_id, '')}",
        text=one.reason,
        mark=state_mark(CHANGE_STATES, one.state, words),
        answer=one.decision_reason or "",
        withdraw=None,
    )
