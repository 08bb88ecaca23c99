"""The page of one trainee of a class: every lesson hour, whether it counts as attended, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from supervisor.callers import Caller, CentreDep, client_ip, require
from supervisor.console.class_facts import css_text
from supervisor.console.class_sheet import TraineeLine, present_cell, present_trainee
from supervisor.console.decide_words import ATTENDANCE, DIRECTIONS, LEAVES, STAGES
from supervisor.console.i18n import Words, full_time, short_time
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.state_words import CHECKIN_REASONS, CHECKIN_STATUS, METHODS
from supervisor.console.views import Mark
from supervisor.lessons.schemas import ViewReason
from supervisor.rules.attendance import AttendanceStatus
from supervisor.sheets import register, service
from supervisor.sheets.schemas import PersonCheckIn, PersonHour, TraineeSheet

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class HourLine:
    """`verdict`: of the lesson hour itself; `state`: of this person in it."""

    day: str
    slot: int
    span: str
    state: Mark
    counts: str
    why: tuple[str, ...]
    verdict: Mark | None
    link: str | None


@dataclass(frozen=True, slots=True)
class TraineeView:
    class_id: UUID
    class_name: str
    class_no: str
    institution: str
    line: TraineeLine
    minimum: int
    still: int
    left: bool
    lines: tuple[HourLine, ...]
    watermark: str
    paper_foot: str


@router.get("/classes/{class_id}/trainees/{entry_id}")
def trainee(
    class_id: UUID,
    entry_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*service.READERS))],
) -> Response:
    words = page_words(request)
    register.enter(centre, caller, class_id, "trainee", ViewReason.ROUTINE, client_ip(request), entry_id)
    found = service.trainee_sheet(centre, caller, class_id, entry_id)
    who = words("{who} 于 {at} 查看", who=f"{caller.unit} {caller.name}", at=full_time(centre.clock.now()))
    return render(
        request, "trainee.html", viewer=viewer_of(caller), here="classes", demo=found.demo,
        view=present_person(found, who, words),
    )  # fmt: skip


def present_person(sheet: TraineeSheet, watermark: str, words: Words) -> TraineeView:
    return TraineeView(
        class_id=sheet.class_id,
        class_name=sheet.class_name,
        class_no=sheet.class_no,
        institution=sheet.institution,
        line=present_trainee(sheet.trainee, sheet.personal_min, words),
        minimum=round(sheet.personal_min * 100),
        still=sheet.still,
        left=sheet.trainee.left,
        lines=tuple(_hour(one, words) for one in sheet.hours if one.hour.over),
        watermark=watermark,
        paper_foot=css_text(f"{watermark} · "),
    )


def _hour(one: PersonHour, words: Words) -> HourLine:
    cell = present_cell(one.hour, one.day, words)
    if one.status is None:
        state, counts = Mark("none", words("当时不在花名册上")), words("不计")
    else:
        tone, text = ATTENDANCE[one.status]
        state, counts = Mark(tone, words(text)), words("计出勤") if one.attends else words("不计出勤")
    stage = one.hour.stage
    return HourLine(
        day=words.day(one.hour.start),
        slot=one.hour.slot,
        span=f"{short_time(one.hour.start)}–{short_time(one.hour.end)}",
        state=state,
        counts=counts,
        why=tuple(_why(one, words)),
        verdict=Mark(STAGES[stage][0], words(STAGES[stage][1])) if stage else None,
        link=f"/lessons/{one.hour.lesson_hour_id}" if cell.linked else None,
    )


def _why(one: PersonHour, words: Words) -> list[str]:
    if one.status is None:
        return []
    told = [_check_in(each, words) for each in one.check_ins]
    if one.status is AttendanceStatus.LEAVE:
        told.append(words("请假已批准:{kind}", kind=words(LEAVES.get(one.on_leave or "", "请假"))))
    elif one.status is AttendanceStatus.ABSENT and not one.check_ins:
        told.append(words("没有签到"))
    elif one.status is AttendanceStatus.ABSENT:
        told.append(words("签到不在这一课时之内"))
    if one.flagged:
        told.append(words("所依据的签到待人核对"))
    return told


def _check_in(one: PersonCheckIn, words: Words) -> str:
    parts = [words(DIRECTIONS.get(one.direction, one.direction)), short_time(one.at)]
    parts.append(words(METHODS.get(one.method, one.method)))
    if one.status != "accepted":
        parts.append(words(CHECKIN_STATUS[one.status][1]))
    parts += [words(CHECKIN_REASONS.get(code, code)) for code in one.reasons]
    return " ".join(parts)
