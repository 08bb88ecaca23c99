"""Who is calling: the signed-in person of a request, with role and scope.

A route names the roles that may call it (`require`); the repositories filter every query by the caller's scope, so that
an unscoped query cannot be written by accident.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from config.errors import LessonProofError
from supervisor.accounts.models import Account, AccountSession
from supervisor.centre import Centre
from supervisor.classes.models import Institution
from supervisor.vault import token_hash

SESSION_COOKIE = "lessonproof_session"
COUNTY_UNIT = "主管单位"


class Role(StrEnum):
    ADMIN = "admin"  # the county's system administrator: institutions, rooms, boxes, accounts
    APPROVER = "approver"  # of the county: approves openings
    INSPECTOR = "inspector"  # of the county, or of one institution's supervision
    TEACHER = "teacher"  # of one institution: classes, rosters, plans


@dataclass(frozen=True, slots=True)
class Caller:
    """`institution_id` None: the whole county. `unit` is what the viewing register shows."""

    account_id: UUID
    username: str
    name: str
    role: Role
    institution_id: UUID | None
    unit: str

    @property
    def actor(self) -> str:
        return f"account:{self.account_id}"

    def sees(self, institution: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """The condition that keeps a query inside the caller's scope."""
        return true() if self.institution_id is None else institution == self.institution_id


def caller_of(centre: Centre, token: str | None) -> Caller | None:
    """The person behind a session cookie; None when it is unknown or over, or the account is."""
    if not token:
        return None
    now = centre.clock.now()
    with centre.uow.read() as session:
        row = session.execute(
            select(Account, Institution.name)
            .join(AccountSession, AccountSession.account_id == Account.id)
            .outerjoin(Institution, Institution.id == Account.institution_id)
            .where(AccountSession.token_sha256 == token_hash(token), AccountSession.expires_at > now)
        ).one_or_none()
    if row is None or (row[0].expires_at is not None and row[0].expires_at <= now):
        return None
    return as_caller(row[0], row[1])


def as_caller(account: Account, institution: str | None) -> Caller:
    return Caller(
        account_id=account.id,
        username=account.username,
        name=account.name,
        role=Role(account.role),
        institution_id=account.institution_id,
        unit=institution or COUNTY_UNIT,
    )


def get_centre(request: Request) -> Centre:
    centre: Centre = request.app.state.centre
    return centre


CentreDep = Annotated[Centre, Depends(get_centre)]


def optional_caller(request: Request, centre: CentreDep) -> Caller | None:
    """The signed-in person, or None. For pages that redirect to sign-in."""
    return caller_of(centre, request.cookies.get(SESSION_COOKIE))


def require(*roles: Role) -> Callable[..., Caller]:
    """A dependency: the signed-in person with one of these roles; 401 NOT_SIGNED_IN, 403 ROLE_NOT_ALLOWED otherwise."""

    def dependency(caller: Annotated[Caller | None, Depends(optional_caller)]) -> Caller:
        if caller is None:
            raise LessonProofError("NOT_SIGNED_IN", status=401, zh="请先登录", en="please sign in")
        if caller.role not in roles:
            raise LessonProofError(
                "ROLE_NOT_ALLOWED", status=403, zh="您的角色不能进行此操作", en="your role may not do this"
            )
        return caller

    dependency.roles = roles  # type: ignore[attr-defined]  # read by the test that every route names its roles
    return dependency


ANYONE_SIGNED_IN = tuple(Role)


def client_ip(request: Request) -> str:
    return request.client.host if request.client else ""
