"""What accounts say and hear over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from supervisor.callers import Role

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
NewPassword = Annotated[SecretStr, Field(min_length=10, max_length=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignIn(_In):
    username: Annotated[str, Field(max_length=64)]
    password: Annotated[SecretStr, Field(max_length=200)]


class Redeem(_In):
    """The first administrator chooses `username` and `name`; for anyone else they are already known and left out."""

    username: Username | None = None
    name: PersonName | None = None
    password: NewPassword


class AccountIn(_In):
    username: Username
    name: PersonName
    role: Role
    institution_id: UUID | None = None
    expires_at: AwareDatetime | None = None


class AccountOut(BaseModel):
    id: UUID
    username: str
    name: str
    role: Role
    institution_id: UUID | None
    unit: str


class SetupLinkOut(BaseModel):
    """Shown once."""

    account_id: UUID | None
    url: str
    expires_at: AwareDatetime


class SetupInfo(BaseModel):
    """What the page of a setup link needs: None for the first administrator, who chooses both."""

    username: str | None
    name: str | None
