"""The page of one account: what the administrator who looks may do with it, as the interface allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from config.errors import LessonProofError
from supervisor.accounts import listing, people, service
from supervisor.accounts.endpoints import Either, Security
from supervisor.accounts.schemas import AccountRow, AccountState, Decision, ScopeIn, UnlockIn
from supervisor.callers import Caller, CentreDep, Role
from supervisor.centre import Centre
from supervisor.console.account_words import ROLES
from supervisor.console.accounts import (
    AccountLine,
    Administrator,
    Asker,
    Scope,
    account_lines,
    form_page,
    link_page,
    read_scope,
    role_page,
    told_wrong,
)
from supervisor.console.forms import Told, ends_on, read_form
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute, answered
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.rules.role_scope import ADMINISTRATORS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reason = Annotated[str, Form(max_length=500)]
Act = Literal["grant", "refuse", "disable", "enable", "remove_second_factor", "reviewed"]
_BY_SECURITY = frozenset({"enable", "remove_second_factor", "reviewed"})
_DONE = {
    "grant": N_("已授权"),
    "refuse": N_("已拒绝授权"),
    "disable": N_("已停用,登录中的浏览器都已退出"),
    "enable": N_("已恢复"),
    "remove_second_factor": N_("动态口令已解除,登录中的浏览器都已退出"),
    "reviewed": N_("本月已核对"),
    "unlock": N_("已解锁,本人可以登录"),
    "scope": N_("已申请新的角色和范围,等安全管理员授权"),
}


@dataclass(frozen=True, slots=True)
class AccountActs:
    """What of it the caller finds on the page."""

    decide: bool
    unlock: bool
    disable: bool
    enable: bool
    remove_second_factor: bool
    review: bool
    renew_link: bool
    change_scope: bool

    @property
    def any(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True)
class AccountView:
    line: AccountLine
    does: str
    asked: bool
    locked_until: datetime | None
    own: bool
    acts: AccountActs
    done: str


@router.get("/accounts/{account_id}")
def account(account_id: UUID, request: Request, centre: CentreDep, caller: Administrator, done: str = "") -> Response:
    words = page_words(request)
    found = listing.account(centre, account_id)
    return render(
        request, "account.html", viewer=viewer_of(caller), here="accounts", demo=False,
        view=present_account(centre, caller, found, done, words),
    )  # fmt: skip


@router.post("/accounts/{account_id}/setup-link")
def renew_link(account_id: UUID, request: Request, centre: CentreDep, caller: Asker) -> Response:
    found = listing.account(centre, account_id)
    link = service.renew_link(centre, caller, account_id)
    return link_page(
        request, caller, link.url, link.expires_at, name=found.name, asked=found.state is AccountState.ASKED
    )


@router.post("/accounts/{account_id}/acts")
def act(account_id: UUID, request: Request, centre: CentreDep, caller: Either, act: Annotated[Act, Form()]) -> Response:
    def do() -> str:
        perform(centre, caller, account_id, act)
        return f"/accounts/{account_id}?done={act}"

    return answered(request, do)


@router.post("/accounts/{account_id}/unlock")
def unlock(account_id: UUID, request: Request, centre: CentreDep, caller: Security, reason: Reason) -> Response:
    def do() -> str:
        wanted = read_form(UnlockIn, {"reason": reason}, _no_reason)
        people.unlock(centre, caller, account_id, wanted.reason)
        return f"/accounts/{account_id}?done=unlock"

    return answered(request, do)


def _no_reason(_field: str) -> Told:
    return "请写明凭什么确认是本人", "say how you know that it was the person"


def perform(centre: Centre, caller: Caller, account_id: UUID, act: Act) -> None:
    """As the interface of the act does. Raises ROLE_NOT_ALLOWED (403), and what that raises."""
    if act in _BY_SECURITY and caller.role is not Role.SECURITY_ADMIN:
        raise LessonProofError(
            "ROLE_NOT_ALLOWED", status=403, zh="您的角色不能进行此操作", en="your role may not do this"
        )
    if act == "grant":
        people.decide(centre, caller, account_id, Decision.GRANT)
    elif act == "refuse":
        people.decide(centre, caller, account_id, Decision.REFUSE)
    elif act == "disable":
        people.disable(centre, caller, account_id)
    elif act == "enable":
        people.enable(centre, caller, account_id)
    elif act == "remove_second_factor":
        people.remove_second_factor(centre, caller, account_id)
    else:
        people.reviewed(centre, caller, account_id)


@router.get("/accounts/{account_id}/scope")
def scope_page(account_id: UUID, request: Request, centre: CentreDep, caller: Asker, role: str = "") -> Response:
    found = listing.account(centre, account_id)
    if role not in set(ROLES):
        return role_page(request, caller, found)
    same = Role(role) is found.role
    given = {
        "institution_id": str(found.institution_id) if found.institution_id else "",
        "area": found.area or "",
        "sector": found.sector or "",
        "unit": found.unit or "",
        "institutions": [str(one) for one in found.institutions],
        "expires_on": ends_on(found.expires_at) if found.expires_at else "",
    }
    form = given if same else {"unit": found.unit or ""}
    return form_page(request, centre, caller, "account_scope.html", Role(role), form, None, of=found)


@router.post("/accounts/{account_id}/scope")
def change_scope(
    account_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Asker,
    role: Annotated[Role, Form()],
    scope: Scope,
) -> Response:
    found = listing.account(centre, account_id)
    try:
        said = read_scope(scope) | {"role": role}
        people.change_scope(centre, caller, account_id, read_form(ScopeIn, said, told_wrong))
    except LessonProofError as error:
        return form_page(request, centre, caller, "account_scope.html", role, scope, error, of=found)
    return RedirectResponse(f"/accounts/{account_id}?done=scope", status_code=303)


def present_account(centre: Centre, caller: Caller, found: AccountRow, done: str, words: Words) -> AccountView:
    (line,) = account_lines(centre, caller, [found], words)
    return AccountView(
        line=line,
        does=words(ROLES[found.role][1]),
        asked=found.state is AccountState.ASKED,
        locked_until=found.locked_until,
        own=found.id == caller.account_id,
        acts=acts_of(centre, caller, found),
        done=words(_DONE[done]) if done in _DONE else "",
    )


def acts_of(centre: Centre, caller: Caller, found: AccountRow) -> AccountActs:
    own, state = found.id == caller.account_id, found.state
    system = caller.role is Role.SYSTEM_ADMIN and not own
    security = caller.role is Role.SECURITY_ADMIN and not own
    asked, disabled = state is AccountState.ASKED, state is AccountState.DISABLED
    granted = state in {AccountState.INVITED, AccountState.ACTIVE, AccountState.LOCKED, AccountState.EXPIRED}
    return AccountActs(
        decide=asked and not own and people.may_decide(centre, caller, found.role),
        unlock=security and state is AccountState.LOCKED,
        disable=(system or security) and not disabled,
        enable=security and disabled,
        remove_second_factor=security and found.second_factor,
        review=security and granted,
        renew_link=caller.role is Role.SYSTEM_ADMIN and not disabled,
        change_scope=system and not (found.role in ADMINISTRATORS and granted),
    )
