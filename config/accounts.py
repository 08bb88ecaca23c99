"""The part of a region profile about accounts (L24, L25)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class AccountRules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    second_factor_for_county: bool  # an account of the county without one may do nothing but set one up
    unused_days: Annotated[int, Field(ge=1)]  # nobody signed in for so long: the account is marked


DEFAULT_ACCOUNTS = AccountRules(second_factor_for_county=False, unused_days=90)  # of profiles from before them
