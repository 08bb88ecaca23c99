"""Who is calling: the signed-in person of a request, with role and scope.

A route names the roles that may call it (`require`); the repositories filter every query by the caller's scope, so that
an unscoped query cannot be written by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute

from config.errors import LessonProofError
from supervisor.accounts.county_rules import account_rules
from supervisor.accounts.models import Account, AccountInstitution, AccountSession, SecondFactor
from supervisor.centre import Centre
from supervisor.classes.models import Institution
from supervisor.vault import token_hash

SESSION_COOKIE = "lessonproof_session"
COUNTY_UNIT = "主管单位"


class Role(StrEnum):
    """RULES 1.1. A trainee has no account: a phone's mark says who it is."""

    TRAINEE = "trainee"
    TEACHER = "teacher"  # of one institution: classes, rosters, plans
    RESPONSIBLE = "responsible"  # 第一责任人 of one institution: signs what it hands in
    INSPECTOR = "inspector"  # of the county, or of one institution's supervision
    APPROVER = "approver"  # of the county: approves openings
    HANDLER = "handler"  # 经办 of the county: papers, catalogues, comparison lists
    FINANCE = "finance"  # the finance office: reads claims, records payment
    SECTOR = "sector"  # a sector department: reads its own sector
    THIRD_PARTY = "third_party"  # commissioned supervision: named institutions, until a day, no export
    OVERSIGHT = "oversight"  # discipline and audit: reads, the viewing register too
    SYSTEM_ADMIN = "system_admin"  # institutions, rooms, boxes, accounts
    SECURITY_ADMIN = "security_admin"  # who may do what
    AUDIT_ADMIN = "audit_admin"  # reads the record


COUNTY_ONLY = frozenset(
    {Role.APPROVER, Role.HANDLER, Role.FINANCE, Role.OVERSIGHT}
    | {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
)


@dataclass(frozen=True, slots=True)
class Caller:
    """What narrows the scope is not None: one institution, an area (GB/T 2260, its first 2, 4 or 6 digits), a sector,
    a list of institutions; nothing does: the whole county. `unit` is what the viewing register shows.
    `may_only_enrol`: the profile asks a second factor of this account and it has none yet."""

    account_id: UUID
    username: str
    name: str
    role: Role
    institution_id: UUID | None
    unit: str
    area: str | None = None
    sector: str | None = None
    institutions: frozenset[UUID] | None = None
    may_only_enrol: bool = False

    @property
    def whole_county(self) -> bool:
        return self.institution_id is None and not self._narrowed()

    @property
    def actor(self) -> str:
        return f"account:{self.account_id}"

    def sees(self, institution: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """The condition that keeps a query inside the caller's scope."""
        if self.institution_id is not None:
            return institution == self.institution_id
        narrowed = self._narrowed()
        return institution.in_(select(Institution.id).where(*narrowed)) if narrowed else true()

    def _narrowed(self) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        if self.area is not None:
            conditions.append(Institution.area.startswith(self.area, autoescape=True))
        if self.sector is not None:
            conditions.append(Institution.sector == self.sector)
        if self.institutions is not None:
            conditions.append(Institution.id.in_(self.institutions))
        return conditions


def caller_of(centre: Centre, token: str | None) -> Caller | None:
    """The person behind a session cookie; None when it is unknown or over, or the account is."""
    if not token:
        return None
    now = centre.clock.now()
    with centre.uow.read() as session:
        row = session.execute(
            select(Account, Institution.name, SecondFactor.confirmed_at)
            .join(AccountSession, AccountSession.account_id == Account.id)
            .outerjoin(Institution, Institution.id == Account.institution_id)
            .outerjoin(SecondFactor, SecondFactor.account_id == Account.id)
            .where(AccountSession.token_sha256 == token_hash(token), AccountSession.expires_at > now)
        ).one_or_none()
        if row is None or not row[0].acts(now):
            return None
        named = session.scalars(
            select(AccountInstitution.institution_id).where(AccountInstitution.account_id == row[0].id)
        ).all()
    caller = as_caller(row[0], row[1], named)
    return replace(caller, may_only_enrol=row[2] is None and must_have_second_factor(centre, caller))


def must_have_second_factor(centre: Centre, caller: Caller) -> bool:
    """Whether the county's profile asks it of the account."""
    if caller.role in COUNTY_ONLY or (caller.role is Role.INSPECTOR and caller.institution_id is None):
        return account_rules(centre.settings.region, centre.clock.now()).second_factor_for_county
    return False


def as_caller(account: Account, institution: str | None, named: Collection[UUID] = ()) -> Caller:
    """`institution`: the name of the account's own; `named`: those it is commissioned for."""
    role = Role(account.role)
    return Caller(
        account_id=account.id,
        username=account.username,
        name=account.name,
        role=role,
        institution_id=account.institution_id,
        unit=account.unit or institution or COUNTY_UNIT,
        area=account.area,
        sector=account.sector,
        institutions=frozenset(named) if role is Role.THIRD_PARTY else None,
    )


def get_centre(request: Request) -> Centre:
    centre: Centre = request.app.state.centre
    return centre


CentreDep = Annotated[Centre, Depends(get_centre)]


def session_token(request: Request) -> str:
    return request.cookies.get(SESSION_COOKIE, "")


def optional_caller(request: Request, centre: CentreDep) -> Caller | None:
    """The signed-in person, or None. For pages that redirect to sign-in."""
    return caller_of(centre, session_token(request))


def require(*roles: Role, enrolling: bool = False) -> Callable[..., Caller]:
    """A dependency: the signed-in person with one of these roles; 401 NOT_SIGNED_IN, 403 ROLE_NOT_ALLOWED otherwise.
    `enrolling`: the way to a second factor, open to who must have one first; 403 SECOND_FACTOR_MISSING elsewhere."""

    def dependency(caller: Annotated[Caller | None, Depends(optional_caller)]) -> Caller:
        if caller is None:
            raise LessonProofError("NOT_SIGNED_IN", status=401, zh="请先登录", en="please sign in")
        if caller.role not in roles:
            raise LessonProofError(
                "ROLE_NOT_ALLOWED", status=403, zh="您的角色不能进行此操作", en="your role may not do this"
            )
        if caller.may_only_enrol and not enrolling:
            raise LessonProofError(
                "SECOND_FACTOR_MISSING",
                status=403,
                zh="本县要求主管单位账户使用动态口令:请先绑定",
                en="this county's own accounts need a second factor: set one up first",
            )
        return caller

    dependency.roles = roles  # type: ignore[attr-defined]  # read by the test that every route names its roles
    return dependency


ANYONE_SIGNED_IN = tuple(role for role in Role if role is not Role.TRAINEE)


def client_ip(request: Request) -> str:
    return request.client.host if request.client else ""
