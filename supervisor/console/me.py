"""The page of one's own account: what it may, its password, its second factor, where it is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr

from config.errors import LessonProofError
from supervisor.accounts import second_factor, service
from supervisor.accounts.own import OwnAccount, own_account
from supervisor.accounts.schemas import LEAST_PASSWORD, PasswordChange
from supervisor.callers import (
    ANYONE_SIGNED_IN,
    SESSION_COOKIE,
    Caller,
    CentreDep,
    must_have_second_factor,
    require,
    session_token,
)
from supervisor.centre import Centre
from supervisor.console.account_words import ROLES, role_text, scope_text
from supervisor.console.forms import ends_on, read_form
from supervisor.console.i18n import Words
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Oneself = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN, enrolling=True))]
Secret = Annotated[str, Form(max_length=256)]
Code = Annotated[str, Form(max_length=32)]
_GROUP = 4


@dataclass(frozen=True, slots=True)
class OwnView:
    """`until`: the last day of the account; None: it has none."""

    username: str
    role: str
    does: str
    scope: str
    until: str | None
    factor_since: datetime | None
    recovery_codes: int
    sessions: tuple[tuple[datetime, datetime, bool], ...]


@router.get("/me")
def me(request: Request, centre: CentreDep, caller: Oneself) -> Response:
    return _page(request, centre, caller)


@router.post("/me/password")
def change_password(
    request: Request, centre: CentreDep, caller: Oneself, password: Secret, new_password: Secret, again: Secret
) -> Response:
    try:
        if new_password != again:
            raise LessonProofError(
                "PASSWORDS_DIFFER", status=422, where="/again",
                zh="两次输入的新密码不一致", en="the new password was not typed the same twice",
            )  # fmt: skip
        said = {"password": SecretStr(password), "new_password": SecretStr(new_password)}
        wanted = read_form(PasswordChange, said, _too_short)
        service.change_password(
            centre, caller, wanted.password.get_secret_value(), wanted.new_password.get_secret_value()
        )
    except LessonProofError as error:
        return _page(request, centre, caller, password_fault=error)
    answer = RedirectResponse("/login?changed=1&next=/me", status_code=303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.post("/me/second-factor")
def enrol(request: Request, centre: CentreDep, caller: Oneself, password: Secret, code: Code = "") -> Response:
    """`code`: of the one that holds, where another is to take its place."""
    try:
        service.prove_both(centre, caller, password, code)
        uri = second_factor.enrol(centre, caller).uri
    except LessonProofError as error:
        return _page(request, centre, caller, factor_fault=error)
    return _enrolling(request, caller, uri=uri)


@router.post("/me/second-factor/confirm")
def confirm(request: Request, centre: CentreDep, caller: Oneself, code: Code) -> Response:
    """A script leaves the picture where it is while the code is tried; without one it is not shown a second time."""
    scripted = "hx-request" in request.headers
    try:
        told = second_factor.confirm(centre, caller, code, session_token(request))
    except LessonProofError as error:
        if scripted:
            return render(request, "fault.html", fault=sentence(request, error))
        return _enrolling(request, caller, fault=error)
    grouped = [" ".join(one[at : at + _GROUP] for at in range(0, len(one), _GROUP)) for one in told.codes]
    answer = render(
        request, "me_codes_part.html" if scripted else "me_codes.html",
        viewer=viewer_of(caller), here="me", demo=False, codes=grouped, replaced=told.replaced,
    )  # fmt: skip
    answer.headers["HX-Retarget"] = "#main"
    return answer


@router.post("/me/second-factor/remove")
def remove(request: Request, centre: CentreDep, caller: Oneself, password: Secret, code: Code) -> Response:
    try:
        service.prove_both(centre, caller, password, code)
        second_factor.remove_own(centre, caller, session_token(request))
    except LessonProofError as error:
        return _page(request, centre, caller, factor_fault=error)
    return RedirectResponse("/me", status_code=303)


def _too_short(_field: str) -> tuple[str, str]:
    return f"新密码至少 {LEAST_PASSWORD} 个字符", f"the new password: at least {LEAST_PASSWORD} characters"


def _page(
    request: Request,
    centre: Centre,
    caller: Caller,
    password_fault: LessonProofError | None = None,
    factor_fault: LessonProofError | None = None,
) -> Response:
    words = page_words(request)
    fault = password_fault or factor_fault
    found = own_account(centre, caller, session_token(request))
    return render(
        request,
        "me.html",
        status=fault.status if fault else 200,
        viewer=viewer_of(caller),
        here="me",
        demo=False,
        view=present_own(caller, found, words),
        must_enrol=caller.may_only_enrol,
        may_remove=not must_have_second_factor(centre, caller),
        least=LEAST_PASSWORD,
        password_fault=sentence(request, password_fault) if password_fault else None,
        factor_fault=sentence(request, factor_fault) if factor_fault else None,
    )


def _enrolling(
    request: Request, caller: Caller, uri: str | None = None, fault: LessonProofError | None = None
) -> Response:
    return render(
        request,
        "me_second_factor.html",
        status=fault.status if fault else 200,
        viewer=viewer_of(caller),
        here="me",
        demo=False,
        picture=picture_of(uri) if uri else None,
        secret=secret_of(uri) if uri else None,
        username=caller.username,
        fault=sentence(request, fault) if fault else None,
    )


def present_own(caller: Caller, found: OwnAccount, words: Words) -> OwnView:
    return OwnView(
        username=caller.username,
        role=role_text(caller.role, words),
        does=words(ROLES[caller.role][1]),
        scope=scope_text(
            words,
            institution=found.institution,
            area=caller.area,
            sector=caller.sector,
            institutions=found.institutions,
        ),
        until=ends_on(found.expires_at) if found.expires_at else None,
        factor_since=found.second_factor_at,
        recovery_codes=found.recovery_codes,
        sessions=tuple((one.since, one.until, one.here) for one in found.sessions),
    )


def picture_of(uri: str) -> str:
    """An SVG without a size of its own: the page's style gives it one."""
    drawn: str = segno.make(uri, error="m", micro=False).svg_inline(
        omitsize=True, border=4, light="#fff", svgclass="qr"
    )
    return drawn


def secret_of(uri: str) -> str:
    """In groups, for who types it."""
    (secret,) = parse_qs(urlsplit(uri).query)["secret"]
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
