"""The part of a region profile about inspection records and what is demanded in them (B-19, RULES 2.1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class InspectionRules(BaseModel):
    """Working days. `enter`: from the inspection to its record; `rectify`: what an institution gets where the inspector
    names no other term, at most `rectify_most`; `again`: after an answer was returned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enter_working_days: Annotated[int, Field(ge=0)] = 1
    rectify_working_days: Annotated[int, Field(ge=1)] = 5
    rectify_most_working_days: Annotated[int, Field(ge=1)] = 30
    again_working_days: Annotated[int, Field(ge=1)] = 3


DEFAULT_INSPECTION = InspectionRules()
"""For the profiles published before there were inspection records. RULES 2.1 knows one working day for the entry and
five for setting right; the others are the product's; the county must confirm them."""
