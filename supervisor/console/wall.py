"""The patrol wall's pages: the wall, its parts that refresh, and the panel of one lesson hour with its patrol."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.centre import Centre
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.state_words import SCRIPT_WORDS
from supervisor.console.wall_panel import finding_choices, present_panel
from supervisor.console.wall_view import Asked, present_wall
from supervisor.lessons import service as lessons
from supervisor.patrol import service as patrols
from supervisor.patrol import wall
from supervisor.patrol.names import names_called
from supervisor.patrol.schemas import AnswersIn, ClosingIn, DismissalIn, PatrolIn, PatrolOut, Trouble
from supervisor.rules.roll_call import Answer, Finding

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Patroller = Annotated[Caller, Depends(require(*wall.WALL_ROLES))]


def asked_for(
    show: str = "running", area: str = "", sector: str = "", institution: str = "", search: str = "", draw: str = ""
) -> Asked:
    return Asked(show, area, sector, institution, search.strip()[:64], draw)


AskedDep = Annotated[Asked, Depends(asked_for)]


@router.get("/wall")
def wall_page(request: Request, centre: CentreDep, caller: Patroller, asked: AskedDep) -> Response:
    words = page_words(request)
    return _wall(
        "wall.html", request, centre, caller, asked,
        viewer=viewer_of(caller),
        here="wall",
        script_words={key: words(text) for key, text in SCRIPT_WORDS.items()},
        findings=finding_choices(words),
        may_snapshot=caller.role is not Role.THIRD_PARTY,
    )  # fmt: skip


@router.get("/wall/parts")
def parts(request: Request, centre: CentreDep, caller: Patroller, asked: AskedDep) -> Response:
    """What changes by itself, without the page around it."""
    return _wall("wall_parts.html", request, centre, caller, asked)


def _wall(template: str, request: Request, centre: Centre, caller: Caller, asked: Asked, **context: Any) -> Response:
    found = wall.wall(centre, caller, _id(asked.draw))
    view = present_wall(found, asked, centre.clock.now(), page_words(request))
    return render(request, template, view=view, demo=any(one.demo for one in found.lessons), **context)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@router.post("/wall/draw")
def draw(centre: CentreDep, caller: Patroller) -> Response:
    made = wall.draw_lessons(centre, caller)
    return RedirectResponse(Asked(show="draw", draw=str(made.id)).address(), status_code=303)


@router.post("/wall/lessons/{lesson_hour_id}/dismiss")
def dismiss(
    lesson_hour_id: UUID,
    centre: CentreDep,
    caller: Patroller,
    trouble: Annotated[Trouble, Form()],
    reason: Annotated[str, Form(min_length=1, max_length=500)],
    back: Annotated[str, Form()] = "/wall",
) -> Response:
    wall.dismiss(centre, caller, DismissalIn(lesson_hour_id=lesson_hour_id, trouble=trouble, reason=reason))
    return RedirectResponse(back if back == "/wall" or back.startswith("/wall?") else "/wall", status_code=303)


@router.get("/wall/lessons/{lesson_hour_id}/panel")
def panel(lesson_hour_id: UUID, request: Request, centre: CentreDep, caller: Patroller) -> Response:
    return _panel(request, centre, caller, lesson_hour_id)


@router.post("/wall/lessons/{lesson_hour_id}/patrol")
def open_patrol(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Patroller,
    cameras: Annotated[list[UUID], Form()],
) -> Response:
    wanted = PatrolIn(lesson_hour_id=lesson_hour_id, cameras=cameras)
    return _done(
        request, centre, caller, lesson_hour_id, lambda: patrols.open_patrol(centre, caller, wanted, client_ip(request))
    )


@router.post("/wall/patrols/{patrol_id}/roll-call")
def call_roll(patrol_id: UUID, request: Request, centre: CentreDep, caller: Patroller) -> Response:
    lesson = patrols.show(centre, caller, patrol_id).lesson_hour_id
    return _done(request, centre, caller, lesson, lambda: patrols.call_roll(centre, caller, patrol_id))


@router.post("/wall/patrols/{patrol_id}/answer")
def answer(
    patrol_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Patroller,
    roll_call: Annotated[UUID, Form()],
    entry: Annotated[UUID, Form()],
    said: Annotated[Answer, Form()],
) -> Response:
    lesson = patrols.show(centre, caller, patrol_id).lesson_hour_id
    body = AnswersIn(answers={entry: said})
    return _done(request, centre, caller, lesson, lambda: patrols.answer(centre, caller, patrol_id, roll_call, body))


@router.post("/wall/patrols/{patrol_id}/close")
def close(
    patrol_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Patroller,
    findings: Annotated[list[Finding] | None, Form()] = None,
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    lesson = patrols.show(centre, caller, patrol_id).lesson_hour_id
    body = ClosingIn(findings=findings or [], text=text)
    return _done(request, centre, caller, lesson, lambda: patrols.close(centre, caller, patrol_id, body), chosen=body)


def _done(
    request: Request,
    centre: Centre,
    caller: Caller,
    lesson_hour_id: UUID,
    act: Callable[[], PatrolOut],
    chosen: ClosingIn | None = None,
) -> Response:
    """The panel after `act`; what it refuses is a sentence in the panel, with what was `chosen` still there."""
    try:
        act()
    except LessonProofError as error:
        if error.status == 404:
            raise
        return _panel(request, centre, caller, lesson_hour_id, sentence(request, error), chosen)
    return _panel(request, centre, caller, lesson_hour_id)


def _panel(
    request: Request,
    centre: Centre,
    caller: Caller,
    lesson_hour_id: UUID,
    fault: str | None = None,
    chosen: ClosingIn | None = None,
) -> Response:
    page = lessons.lesson_page(centre, caller, lesson_hour_id)
    own = patrols.of_lesson(centre, caller, page.lesson.class_id, lesson_hour_id)
    still = next((one for one in own if one.account_id == caller.account_id and one.closed_at is None), None)
    names = names_called(centre, caller, still.id, client_ip(request)) if still else {}
    words = page_words(request)
    view = present_panel(page, own, still, names, centre.clock.now(), words, fault, chosen)
    return render(request, "wall_panel.html", view=view)
