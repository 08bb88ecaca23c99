"""The list of accounts for the three administrators, the monthly review, and asking for a new account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from config.errors import LessonProofError
from supervisor.accounts import listing, people
from supervisor.accounts.endpoints import ADMINISTRATORS
from supervisor.accounts.schemas import AccountIn, AccountRow, AccountState, AccountWanted, ReviewRow
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.console.account_words import PARTS, REVIEW_MARKS, ROLES, STATES, role_text, scope_text, state_mark
from supervisor.console.forms import ends_on, last_day, read_form
from supervisor.console.i18n import Words
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.views import Choice, Mark
from supervisor.paging import CursorText
from supervisor.rules.role_scope import Part, parts_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Administrator = Annotated[Caller, Depends(require(*ADMINISTRATORS))]
Asker = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Line = Annotated[str, Form(max_length=128)]
REVIEW = "review"
SIZE = 50
_MOST_INSTITUTIONS = 2000


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`until`: the last day; None: it has none. `marks`: what speaks against keeping it as it is."""

    id: UUID
    name: str
    username: str
    role: str
    scope: str
    unit: str
    until: str | None
    state: Mark
    marks: tuple[str, ...]
    second_factor: bool
    last_sign_in: datetime | None


@dataclass(frozen=True, slots=True)
class ScopeField:
    """One part of a scope on a form."""

    name: str
    label: str
    hint: str
    needed: bool


@dataclass(frozen=True, slots=True)
class ScopeForm:
    """What a role's form asks; `given`: what was typed before."""

    role: Role
    role_text: str
    does: str
    fields: tuple[ScopeField, ...]
    institutions: tuple[tuple[str, str], ...]
    given: Mapping[str, Any]


def typed_scope(
    institution_id: Line = "",
    area: Line = "",
    sector: Line = "",
    unit: Line = "",
    expires_on: Annotated[str, Form(max_length=10)] = "",
    institutions: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006 - FastAPI copies it
) -> dict[str, Any]:
    return {
        "institution_id": institution_id, "area": area, "sector": sector, "unit": unit,
        "expires_on": expires_on, "institutions": institutions,
    }  # fmt: skip


Scope = Annotated[dict[str, Any], Depends(typed_scope)]
"""A scope as it was typed."""


@router.get("/accounts")
def accounts(
    request: Request,
    centre: CentreDep,
    caller: Administrator,
    state: Annotated[str, Query(max_length=16)] = "all",
    role: Annotated[str, Query(max_length=16)] = "",
    q: Annotated[str, Query(max_length=64)] = "",
    cursor: CursorText = None,
) -> Response:
    words = page_words(request)
    wanted = AccountWanted(
        role=Role(role) if role in set(ROLES) else None,
        state=AccountState(state) if state in set(AccountState) else None,
        text=q,
    )
    shown = state if state == REVIEW or wanted.state is not None else "all"
    due = listing.review(centre)
    found: Sequence[AccountRow] = due
    more = None
    if shown != REVIEW:
        page = listing.accounts(centre, wanted, cursor, SIZE)
        found, more = page.items, page.next
    kept = {"role": wanted.role or "", "q": wanted.text}
    return render(
        request,
        "accounts.html",
        viewer=viewer_of(caller),
        here="accounts",
        demo=False,
        choices=choices(listing.states(centre, wanted), len(due), shown, words),
        lines=account_lines(centre, caller, found, words),
        roles=[(one.value, words(text)) for one, (text, _) in ROLES.items()],
        wanted=wanted,
        state=shown,
        kept=urlencode(kept),
        first=f"/accounts?{urlencode(kept | {'state': shown})}" if cursor else None,
        more=f"/accounts?{urlencode(kept | {'state': shown, 'cursor': more})}" if more else None,
        may_ask=caller.role is Role.SYSTEM_ADMIN,
        may_review=caller.role is Role.SECURITY_ADMIN,
    )


@router.get("/accounts/new")
def new(
    request: Request, centre: CentreDep, caller: Asker, role: Annotated[str, Query(max_length=16)] = ""
) -> Response:
    """First the role; its form asks only what the role needs or may have."""
    if role not in set(ROLES):
        return role_page(request, caller, None)
    return form_page(request, centre, caller, "account_new.html", Role(role), {}, None)


@router.post("/accounts/new")
def ask(
    request: Request,
    centre: CentreDep,
    caller: Asker,
    role: Annotated[Role, Form()],
    username: Line,
    name: Line,
    scope: Scope,
    id_number: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    person = {"username": username.strip(), "name": name}
    try:
        said = read_scope(scope) | person | {"role": role, "id_number": id_number}
        link = people.create_account(centre, caller, read_form(AccountIn, said, told_wrong))
    except LessonProofError as error:
        return form_page(request, centre, caller, "account_new.html", role, scope | person, error)
    return link_page(request, caller, link.url, link.expires_at, name=name, asked=True)


def role_page(request: Request, caller: Caller, of: AccountRow | None) -> Response:
    """First the role. `of`: the account that is to have another; None: a new one."""
    words = page_words(request)
    roles = [(one.value, words(text), words(does)) for one, (text, does) in ROLES.items()]
    return render(
        request, "account_role.html", viewer=viewer_of(caller), here="accounts", demo=False, roles=roles, of=of
    )


def form_page(
    request: Request,
    centre: Centre,
    caller: Caller,
    template: str,
    role: Role,
    given: Mapping[str, Any],
    fault: LessonProofError | None,
    **context: Any,
) -> Response:
    """The form that asks for what the role needs or may have."""
    return render(
        request,
        template,
        status=fault.status if fault else 200,
        viewer=viewer_of(caller),
        here="accounts",
        demo=False,
        form=scope_form(centre, caller, role, given, page_words(request)),
        today=ends_on(centre.clock.now()),
        fault=sentence(request, fault) if fault else None,
        **context,
    )


def link_page(request: Request, caller: Caller, url: str, until: datetime, *, name: str, asked: bool) -> Response:
    """The setup link, shown once. `asked`: role and scope wait for the security administrator."""
    return render(
        request, "account_link.html", viewer=viewer_of(caller), here="accounts", demo=False,
        url=url, until=until, name=name, asked=asked,
    )  # fmt: skip


def read_scope(scope: Mapping[str, Any]) -> dict[str, object]:
    """Fields of a `ScopeIn`, but for the role, from those of the form. Raises FORM_INVALID (422)."""
    given: dict[str, object] = {name: scope[name].strip() for name in ("institution_id", "area", "sector", "unit")}
    return given | {
        "institutions": [one for one in scope["institutions"] if one],
        "expires_at": last_day(scope["expires_on"], "expires_at"),
    }


def told_wrong(field: str) -> tuple[str, str]:
    known = {
        "username": ("用户名只能用小写字母、数字和 . _ -,2 到 64 个字符", "username: 2 to 64 of a-z, 0-9, . _ -"),
        "name": ("请填写姓名", "fill in the name"),
        "area": ("地区代码是 2、4 或 6 位数字", "an area code has 2, 4 or 6 digits"),
        "sector": ("行业部门最多 32 个字", "the sector has at most 32 characters"),
    }
    return known.get(field, ("填写的内容不正确,请检查", "something was filled in wrongly"))


def scope_form(centre: Centre, caller: Caller, role: Role, given: Mapping[str, Any], words: Words) -> ScopeForm:
    needed, allowed = parts_of(role)
    parts = [part for part in Part if part in needed | allowed]
    known: list[tuple[str, str]] = []
    if {Part.INSTITUTION, Part.INSTITUTIONS} & set(parts):
        page = classes.institutions(centre, caller, None, _MOST_INSTITUTIONS)
        known = sorted(((str(one.id), one.name) for one in page.items), key=lambda one: one[1])
    text, does = ROLES[role]
    return ScopeForm(
        role=role,
        role_text=words(text),
        does=words(does),
        fields=tuple(
            ScopeField(
                part.value, words(PARTS[part][0]), words(PARTS[part][1]) if PARTS[part][1] else "", part in needed
            )
            for part in parts
        ),
        institutions=tuple(known),
        given=given,
    )


def choices(counted: Mapping[AccountState, int], due: int, shown: str, words: Words) -> tuple[Choice, ...]:
    found = [Choice("all", words("全部"), sum(counted.values()), shown == "all")]
    found += [
        Choice(state, words(text), counted.get(state, 0), shown == state)
        for state, (_, text) in STATES.items()
        if counted.get(state) or shown == state
    ]
    return (*found, Choice(REVIEW, words("本月待核对"), due, shown == REVIEW))


def account_lines(centre: Centre, caller: Caller, found: Sequence[AccountRow], words: Words) -> tuple[AccountLine, ...]:
    named = listing.institution_names(centre, found)
    return tuple(_line(one, named, words) for one in found)


def _line(one: AccountRow, named: Mapping[UUID, str], words: Words) -> AccountLine:
    marks = [words(REVIEW_MARKS[mark]) for mark in one.marks] if isinstance(one, ReviewRow) else []
    if not marks and one.unused:
        marks = [words("长期未用")]
    return AccountLine(
        id=one.id,
        name=one.name,
        username=one.username,
        role=role_text(one.role, words),
        scope=scope_text(
            words,
            institution=named[one.institution_id] if one.institution_id else None,
            area=one.area,
            sector=one.sector,
            institutions=sorted(named[each] for each in one.institutions),
        ),
        unit=one.unit or "",
        until=ends_on(one.expires_at) if one.expires_at else None,
        state=state_mark(one.state, words),
        marks=tuple(marks),
        second_factor=one.second_factor,
        last_sign_in=one.last_sign_in_at,
    )
