"""Accounts over HTTP: sign in and out, password, second factor, setup links, and the administrators' work."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from supervisor.accounts import listing, people, second_factor, service
from supervisor.accounts.schemas import (
    AccountIn,
    AccountOut,
    AccountRow,
    AccountWanted,
    CodeIn,
    EnrolmentOut,
    GrantIn,
    PasswordChange,
    Prove,
    RecoveryCodes,
    Redeem,
    ReviewRow,
    ScopeIn,
    SetupLinkOut,
    SignIn,
    UnlockIn,
)
from supervisor.callers import (
    ANYONE_SIGNED_IN,
    SESSION_COOKIE,
    Caller,
    CentreDep,
    Role,
    client_ip,
    require,
    session_token,
)
from supervisor.paging import CursorText, Page, PageSize

router = APIRouter(prefix="/api", tags=["accounts"])

ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]
Security = Annotated[Caller, Depends(require(Role.SECURITY_ADMIN))]
Either = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN))]
Administrator = Annotated[Caller, Depends(require(*ADMINISTRATORS))]
Oneself = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN, enrolling=True))]


@router.post("/session", openapi_extra={"x-roles": ["anyone"]})
def sign_in(body: SignIn, request: Request, response: Response, centre: CentreDep) -> AccountOut:
    code = body.code.get_secret_value() if body.code else None
    signed_in = service.sign_in(centre, body.username, body.password.get_secret_value(), client_ip(request), code)
    service.set_session_cookie(response, centre, signed_in)
    return _account(signed_in.caller)


@router.get("/session")
def who(caller: Oneself) -> AccountOut:
    return _account(caller)


@router.delete("/session", status_code=204, openapi_extra={"x-roles": ["anyone"]})
def sign_out(request: Request, response: Response, centre: CentreDep) -> None:
    service.sign_out(centre, session_token(request))
    response.delete_cookie(SESSION_COOKIE)


@router.post("/session/password", status_code=204)
def change_password(body: PasswordChange, centre: CentreDep, caller: Oneself) -> None:
    service.change_password(centre, caller, body.password.get_secret_value(), body.new_password.get_secret_value())


@router.post("/session/second-factor", status_code=201)
def enrol_second_factor(body: Prove, centre: CentreDep, caller: Oneself) -> EnrolmentOut:
    """A new one, or one in another's place."""
    _prove(centre, caller, body)
    return second_factor.enrol(centre, caller)


@router.post("/session/second-factor/confirm", status_code=201)
def confirm_second_factor(body: CodeIn, request: Request, centre: CentreDep, caller: Oneself) -> RecoveryCodes:
    return second_factor.confirm(centre, caller, body.code.get_secret_value(), session_token(request))


@router.post("/session/second-factor/remove", status_code=204)
def remove_own_second_factor(body: Prove, request: Request, centre: CentreDep, caller: Oneself) -> None:
    _prove(centre, caller, body)
    second_factor.remove_own(centre, caller, session_token(request))


def _prove(centre: CentreDep, caller: Caller, body: Prove) -> None:
    code = body.code.get_secret_value() if body.code else None
    service.prove_both(centre, caller, body.password.get_secret_value(), code)


@router.post("/setup/{token}", status_code=201, openapi_extra={"x-roles": ["anyone"]})
def redeem(token: str, body: Redeem, centre: CentreDep) -> AccountOut:
    password = body.password.get_secret_value()
    return _account(service.redeem(centre, token, username=body.username, name=body.name, password=password))


@router.post("/accounts", status_code=201)
def create(body: AccountIn, centre: CentreDep, caller: Admin) -> SetupLinkOut:
    return people.create_account(centre, caller, body)


@router.post("/accounts/{account_id}/setup-link", status_code=201)
def renew_link(account_id: UUID, centre: CentreDep, caller: Admin) -> SetupLinkOut:
    return service.renew_link(centre, caller, account_id)


@router.get("/accounts")
def list_accounts(
    centre: CentreDep,
    _caller: Administrator,
    wanted: Annotated[AccountWanted, Depends()],
    cursor: CursorText = None,
    size: PageSize = 50,
) -> Page[AccountRow]:
    return listing.accounts(centre, wanted, cursor, size)


@router.get("/accounts/review")
def review(centre: CentreDep, _caller: Administrator) -> list[ReviewRow]:
    return listing.review(centre)


@router.post("/accounts/{account_id}/review", status_code=204)
def reviewed(account_id: UUID, centre: CentreDep, caller: Security) -> None:
    people.reviewed(centre, caller, account_id)


@router.post("/accounts/{account_id}/grant", status_code=204)
def grant(account_id: UUID, body: GrantIn, centre: CentreDep, caller: Either) -> None:
    people.decide(centre, caller, account_id, body.decision)


@router.put("/accounts/{account_id}/scope", status_code=204)
def change_scope(account_id: UUID, body: ScopeIn, centre: CentreDep, caller: Admin) -> None:
    people.change_scope(centre, caller, account_id, body)


@router.post("/accounts/{account_id}/disable", status_code=204)
def disable(account_id: UUID, centre: CentreDep, caller: Either) -> None:
    people.disable(centre, caller, account_id)


@router.post("/accounts/{account_id}/enable", status_code=204)
def enable(account_id: UUID, centre: CentreDep, caller: Security) -> None:
    people.enable(centre, caller, account_id)


@router.post("/accounts/{account_id}/unlock", status_code=204)
def unlock(account_id: UUID, body: UnlockIn, centre: CentreDep, caller: Security) -> None:
    people.unlock(centre, caller, account_id, body.reason)


@router.delete("/accounts/{account_id}/second-factor", status_code=204)
def remove_second_factor(account_id: UUID, centre: CentreDep, caller: Security) -> None:
    people.remove_second_factor(centre, caller, account_id)


def _account(caller: Caller) -> AccountOut:
    return AccountOut(
        id=caller.account_id,
        username=caller.username,
        name=caller.name,
        role=caller.role,
        institution_id=caller.institution_id,
        unit=caller.unit,
        second_factor_missing=caller.may_only_enrol,
    )
