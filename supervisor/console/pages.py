"""The console's pages over HTTP: sign-in, set-up, today's lesson hours, one lesson hour, language, bundle files."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from pydantic import ValidationError

from config.errors import LessonProofError
from supervisor.accounts import service as signing
from supervisor.accounts.schemas import LEAST_PASSWORD, Redeem
from supervisor.alarms import ALARM_ROLES, alarms
from supervisor.callers import (
    ANYONE_SIGNED_IN,
    SESSION_COOKIE,
    Caller,
    CentreDep,
    Role,
    client_ip,
    optional_caller,
    require,
)
from supervisor.console import (
    absences,
    account,
    accounts,
    catalogues,
    certificate,
    classes,
    comparison_lists,
    decision,
    exemptions,
    exports,
    holds,
    inspection_form,
    inspections,
    institution_forms,
    institutions,
    me,
    opening,
    opening_files,
    opening_review,
    phone,
    plan_changes,
    playback,
    record,
    registry,
    rights,
    room_spans,
    roster,
    sampling_plans,
    site_forms,
    sites,
    todo,
    trainee,
    viewings,
    wall,
)
from supervisor.console.exports import exports_of
from supervisor.console.holds import holds_of
from supervisor.console.i18n import COOKIE, LANGUAGES
from supervisor.console.lesson import present_lesson
from supervisor.console.page_route import ANYONE, PageRoute, not_found, own_path, sentence
from supervisor.console.rendering import DIST, bundle, page_words, render, viewer_of
from supervisor.console.state_words import HOLD_REASONS, SCRIPT_WORDS, VIEW_REASONS
from supervisor.console.today import present_today
from supervisor.devices.places import beginning
from supervisor.exports.schemas import ExportsWanted
from supervisor.lessons import service as lessons
from supervisor.lessons.endpoints import EXPORTERS
from supervisor.lessons.schemas import ViewReason

router = APIRouter(route_class=PageRoute, include_in_schema=False)
for _one in (
    todo, wall, playback, room_spans, decision, exports, holds, opening, opening_files, opening_review, plan_changes,
    absences, classes, trainee, registry, phone, me, accounts, account, inspection_form, inspections, certificate,
    exemptions, roster, comparison_lists, rights, viewings, record, institutions, institution_forms, catalogues,
    sampling_plans, sites, site_forms,
):  # fmt: skip
    router.include_router(_one.router)

SignedIn = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
Maybe = Annotated[Caller | None, Depends(optional_caller)]
_YEAR_S = 365 * 86400


@router.get("/")
def today(request: Request, centre: CentreDep, caller: SignedIn, show: str = "all") -> Response:
    words, now = page_words(request), centre.clock.now()
    page = lessons.today(centre, caller)
    raised = alarms(centre, caller) if caller.role in ALARM_ROLES else []
    view = present_today(page.lessons, now, show, words, raised)
    demo = any(lesson.demo for lesson in page.lessons)
    chosen = next(choice.key for choice in view.choices if choice.chosen)
    bare = caller.role is Role.SYSTEM_ADMIN and not page.lessons and not beginning(centre, caller).sites
    return render(
        request, "today.html", viewer=viewer_of(caller), here="today", demo=demo, view=view, show=chosen, bare=bare
    )


@router.get("/lessons/{lesson_hour_id}")
def lesson(
    lesson_hour_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: SignedIn,
    why: ViewReason | None = None,
    done: str = "",
) -> Response:
    words, now = page_words(request), centre.clock.now()
    page = lessons.lesson_page(centre, caller, lesson_hour_id)
    return render(
        request,
        "lesson.html",
        viewer=viewer_of(caller),
        here="lesson",
        demo=page.lesson.demo,
        view=present_lesson(page, now, words, why),
        whys=[(reason.value, words(text)) for reason, text in VIEW_REASONS.items()],
        decision=decision.decision_panel(centre, caller, page, done, words, now),
        exports=exports_of(centre, caller, ExportsWanted(lesson_hour_id=lesson_hour_id), page.profile, words),
        holds=holds_of(centre, caller, lesson_hour_id, words),
        hold_reasons=[(reason.value, words(text)) for reason, text in HOLD_REASONS.items()],
        script_words={key: words(text) for key, text in SCRIPT_WORDS.items()},
        may_download=caller.role in EXPORTERS,
    )


@router.get("/login", openapi_extra=ANYONE)
def login_page(request: Request, caller: Maybe, next: str = "/", changed: bool = False) -> Response:
    """`changed`: the password, just now, which ended the session."""
    if caller is not None:
        return RedirectResponse(own_path(next), status_code=303)
    return _login(request, next, username="", fault=None, changed=changed)


@router.post("/login", openapi_extra=ANYONE)
def login(
    request: Request,
    centre: CentreDep,
    username: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
    code: Annotated[str, Form(max_length=32)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    try:
        signed_in = signing.sign_in(centre, username, password, client_ip(request), code or None)
    except LessonProofError as error:
        return _login(request, next, username=username, fault=error)
    answer = RedirectResponse(own_path(next), status_code=303)
    signing.set_session_cookie(answer, centre, signed_in)
    return answer


def _login(
    request: Request, next_page: str, *, username: str, fault: LessonProofError | None, changed: bool = False
) -> Response:
    return render(
        request,
        "login.html",
        status=fault.status if fault else 200,
        viewer=None,
        here="login",
        demo=False,
        next=own_path(next_page),
        username=username,
        changed=changed,
        fault=sentence(request, fault) if fault else None,
    )


@router.post("/logout", openapi_extra=ANYONE)
def logout(request: Request, centre: CentreDep) -> Response:
    signing.sign_out(centre, request.cookies.get(SESSION_COOKIE))
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/setup/{token}", openapi_extra=ANYONE)
def setup_page(token: str, request: Request, centre: CentreDep) -> Response:
    return _setup(request, centre, token, name="", username="", fault=None)


@router.post("/setup/{token}", openapi_extra=ANYONE)
def setup(
    token: str,
    request: Request,
    centre: CentreDep,
    password: Annotated[str, Form(max_length=256)],
    name: Annotated[str, Form(max_length=64)] = "",
    username: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    try:
        wanted = _wanted(name, username, password)
        caller = signing.redeem(centre, token, username=wanted.username, name=wanted.name, password=password)
    except LessonProofError as error:
        if error.status == 404:
            raise
        return _setup(request, centre, token, name=name, username=username, fault=error)
    try:
        signed_in = signing.sign_in(centre, caller.username, password, client_ip(request))
    except LessonProofError as error:  # not granted yet, or it asks for its second factor
        return _login(request, "/", username=caller.username, fault=error)
    answer = RedirectResponse("/", status_code=303)
    signing.set_session_cookie(answer, centre, signed_in)
    return answer


def _wanted(name: str, username: str, password: str) -> Redeem:
    """The form's fields by the same rules as the JSON endpoint's; ACCOUNT_INVALID names the field in words."""
    try:
        return Redeem.model_validate({"username": username or None, "name": name or None, "password": password})
    except ValidationError as error:
        field = str(error.errors(include_url=False, include_input=False)[0]["loc"][0])
        zh, en = {
            "username": ("用户名只能用小写字母、数字和 . _ -,2 到 64 个字符", "username: 2 to 64 of a-z, 0-9, . _ -"),
            "name": ("请填写姓名", "fill in the name"),
        }.get(field, (f"密码至少 {LEAST_PASSWORD} 个字符", f"password: at least {LEAST_PASSWORD} characters"))
        raise LessonProofError("ACCOUNT_INVALID", status=422, where=f"/{field}", zh=zh, en=en) from None


def _setup(
    request: Request, centre: CentreDep, token: str, *, name: str, username: str, fault: LessonProofError | None
) -> Response:
    known = signing.setup_info(centre, token)
    return render(
        request,
        "setup.html",
        status=fault.status if fault else 200,
        viewer=None,
        here="setup",
        demo=False,
        known=known,
        name=name,
        username=username,
        least=LEAST_PASSWORD,
        fault=sentence(request, fault) if fault else None,
    )


@router.post("/language", openapi_extra=ANYONE)
def language(language: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    if language not in LANGUAGES:
        raise not_found()
    answer = RedirectResponse(own_path(back), status_code=303)
    answer.set_cookie(COOKIE, language, max_age=_YEAR_S, samesite="lax", httponly=True)
    return answer


@router.get("/static/{name}", openapi_extra=ANYONE)
def static(name: str) -> Response:
    """A file of the bundle. Its name carries its hash, so that it may be kept for ever."""
    bundle()
    if not _is_plain(name) or not (DIST / name).is_file():
        raise not_found()
    return FileResponse(DIST / name, headers={"Cache-Control": "public, max-age=31536000, immutable"})


def _is_plain(name: str) -> bool:
    return name.endswith((".js", ".css")) and "/" not in name and "\\" not in name and not name.startswith(".")
