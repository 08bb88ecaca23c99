"""Accounts over HTTP: sign in and out, redeem a setup link, create accounts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from supervisor.accounts import service
from supervisor.accounts.schemas import AccountIn, AccountOut, Redeem, SetupLinkOut, SignIn
from supervisor.callers import ANYONE_SIGNED_IN, SESSION_COOKIE, Caller, CentreDep, Role, client_ip, require

router = APIRouter(prefix="/api", tags=["accounts"])

Admin = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN))]


@router.post("/session", openapi_extra={"x-roles": ["anyone"]})
def sign_in(body: SignIn, request: Request, response: Response, centre: CentreDep) -> AccountOut:
    signed_in = service.sign_in(centre, body.username, body.password.get_secret_value(), client_ip(request))
    service.set_session_cookie(response, centre, signed_in)
    return _account(signed_in.caller)


@router.get("/session")
def who(caller: Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]) -> AccountOut:
    return _account(caller)


@router.delete("/session", status_code=204, openapi_extra={"x-roles": ["anyone"]})
def sign_out(request: Request, response: Response, centre: CentreDep) -> None:
    service.sign_out(centre, request.cookies.get(SESSION_COOKIE))
    response.delete_cookie(SESSION_COOKIE)


@router.post("/setup/{token}", status_code=201, openapi_extra={"x-roles": ["anyone"]})
def redeem(token: str, body: Redeem, centre: CentreDep) -> AccountOut:
    password = body.password.get_secret_value()
    return _account(service.redeem(centre, token, username=body.username, name=body.name, password=password))


@router.post("/accounts", status_code=201)
def create(body: AccountIn, centre: CentreDep, caller: Admin) -> SetupLinkOut:
    return service.create_account(centre, caller, body)


@router.post("/accounts/{account_id}/setup-link", status_code=201)
def renew_link(account_id: UUID, centre: CentreDep, caller: Admin) -> SetupLinkOut:
    return service.renew_link(centre, caller, account_id)


def _account(caller: Caller) -> AccountOut:
    return AccountOut(
        id=caller.account_id,
        username=caller.username,
        name=caller.name,
        role=caller.role,
        institution_id=caller.institution_id,
        unit=caller.unit,
    )
