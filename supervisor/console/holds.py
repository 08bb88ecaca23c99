"""The evidence locks of a lesson hour on a page, and their forms."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep
from supervisor.centre import Centre
from supervisor.console.i18n import Words
from supervisor.console.lesson import present_holds
from supervisor.console.page_route import PageRoute, own_path
from supervisor.console.views import Hold
from supervisor.lessons import service as lessons
from supervisor.retention import service as retention
from supervisor.retention.endpoints import HOLD_ROLES, Holder
from supervisor.retention.schemas import HoldIn, HoldReason, LiftIn

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def holds_of(centre: Centre, caller: Caller, lesson_hour_id: UUID, words: Words) -> tuple[Hold, ...] | None:
    """None: they are not for this person's eyes."""
    if not caller.whole_county or caller.role not in HOLD_ROLES:
        return None
    return present_holds(retention.holds(centre, caller, lesson_hour_id), caller, words)


@router.post("/lessons/{lesson_hour_id}/holds")
def place_hold(
    lesson_hour_id: UUID,
    centre: CentreDep,
    caller: Holder,
    reason: Annotated[HoldReason, Form()],
    text: Annotated[str, Form(min_length=1, max_length=500)],
    covers: Annotated[Literal["lesson", "class"], Form()] = "lesson",
    until: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """`until`: the last day, in Asia/Shanghai; empty: until somebody lifts it. `back`: the page it was done on."""
    lesson = lessons.lesson_page(centre, caller, lesson_hour_id).lesson
    what = {"class_id": lesson.class_id} if covers == "class" else {"lesson_hour_id": lesson_hour_id}
    retention.place(centre, caller, HoldIn(**what, reason=reason, text=text, expires_at=_end_of_day(until)))
    return _back(lesson_hour_id, back)


@router.post("/lessons/{lesson_hour_id}/holds/{hold_id}/lift")
def lift_hold(
    lesson_hour_id: UUID,
    hold_id: UUID,
    centre: CentreDep,
    caller: Holder,
    text: Annotated[str, Form(min_length=1, max_length=500)],
    back: Annotated[str, Form()] = "",
) -> Response:
    retention.lift(centre, caller, hold_id, LiftIn(text=text))
    return _back(lesson_hour_id, back)


def _back(lesson_hour_id: UUID, page: str) -> Response:
    return RedirectResponse(f"{own_path(page or f'/lessons/{lesson_hour_id}')}#holds", status_code=303)


def _end_of_day(day: str) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), CHINA)
    except (ValueError, OverflowError):
        raise LessonProofError("HOLD_EXPIRY", status=422, zh="到期日期不正确", en="that is no date") from None
