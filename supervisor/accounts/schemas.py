"""What accounts say and hear over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from supervisor.callers import Role
from supervisor.rules.account_review import Mark

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
LEAST_PASSWORD = 10
NewPassword = Annotated[SecretStr, Field(min_length=LEAST_PASSWORD, max_length=200)]
Password = Annotated[SecretStr, Field(max_length=200)]
Code = Annotated[SecretStr, Field(max_length=32)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]
Text128 = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
AreaPrefix = Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}){0,2}$")]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_In):
    """`code`: of the second factor, or a recovery code; left out where the account has none."""

    username: Annotated[str, Field(max_length=64)]
    password: Password
    code: Code | None = None


class Redeem(_In):
    """The first administrator chooses `username` and `name`; for anyone else they are already known and left out."""

    username: Username | None = None
    name: PersonName | None = None
    password: NewPassword


class ScopeIn(_In):
    """Role and scope as asked for. `area`: the first 2, 4 or 6 digits of GB/T 2260. `institutions`: of a commissioned
    supervisor. `unit`: where the person works, for people outside the competent department."""

    role: Role
    institution_id: UUID | None = None
    area: AreaPrefix | None = None
    sector: Short | None = None
    institutions: Annotated[list[UUID], Field(max_length=200)] = []
    unit: Text128 | None = None
    expires_at: AwareDatetime | None = None


class AccountIn(ScopeIn):
    """`id_number` is not kept: only a keyed hash, by which one person's two accounts are known as such."""

    username: Username
    name: PersonName
    id_number: Annotated[SecretStr, Field(max_length=32)] | None = None


class Decision(StrEnum):
    GRANT = "grant"
    REFUSE = "refuse"


class GrantIn(_In):
    decision: Decision


class UnlockIn(_In):
    """`reason`: by what the security administrator knows that it was the person."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]


class PasswordChange(_In):
    password: Password
    new_password: NewPassword


class Prove(_In):
    """`code`: of the second factor that holds, or a recovery code; left out where there is none."""

    password: Password
    code: Code | None = None


class CodeIn(_In):
    code: Code


class EnrolmentOut(BaseModel):
    """Shown once: for the authenticator on the person's phone."""

    uri: str


class RecoveryCodes(BaseModel):
    """Shown once. `replaced`: there was a second factor before; it and its codes hold no more."""

    codes: list[str]
    replaced: bool


class AccountOut(BaseModel):
    """`second_factor_missing`: nothing else is open to the account before it has one."""

    id: UUID
    username: str
    name: str
    role: Role
    institution_id: UUID | None
    unit: str
    second_factor_missing: bool


class SetupLinkOut(BaseModel):
    """Shown once."""

    account_id: UUID | None
    url: str
    expires_at: AwareDatetime


class SetupInfo(BaseModel):
    """What the page of a setup link needs: None for the first administrator, who chooses both."""

    username: str | None
    name: str | None


class AccountState(StrEnum):
    ASKED = "asked"  # role and scope wait for the security administrator
    REFUSED = "refused"
    INVITED = "invited"  # granted; the setup link is not redeemed yet
    ACTIVE = "active"
    LOCKED = "locked"
    EXPIRED = "expired"
    DISABLED = "disabled"


class AccountWanted(BaseModel):
    """Which accounts of the list: `text` stands in the name or the username; None and empty: all."""

    role: Role | None = None
    state: AccountState | None = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] = ""


class AccountRow(BaseModel):
    """For administrators. `unused`: nobody signed in for the profile's `unused_days`. `locked_until`: of an account
    that is locked."""

    id: UUID
    username: str
    name: str
    role: Role
    institution_id: UUID | None
    area: str | None
    sector: str | None
    institutions: list[UUID]
    unit: str | None
    expires_at: AwareDatetime | None
    state: AccountState
    locked_until: AwareDatetime | None
    second_factor: bool
    last_sign_in_at: AwareDatetime | None
    unused: bool


class ReviewRow(AccountRow):
    reviewed_at: AwareDatetime | None
    marks: list[Mark]
