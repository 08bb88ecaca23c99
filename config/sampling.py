"""The part of a region profile about how many classes are checked (B-19, Q20)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Grade = Literal["A", "B", "C", "D"]


class SamplingRules(BaseModel):
    """B-19, Q20. `rates`: share of the classes checked, by the institution's credit grade; `inspectors`: drawn for each
    class; `unrated`: the grade of an institution that has none yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rates: dict[Grade, Annotated[float, Field(ge=0, le=1)]] = {"A": 0.10, "B": 0.20, "C": 0.50, "D": 1.0}
    inspectors: Annotated[int, Field(ge=2)] = 2
    unrated: Grade = "B"

    @model_validator(mode="after")
    def _every_grade(self) -> Self:
        if len(self.rates) != 4:
            raise ValueError("sampling.rates needs a rate for each of A, B, C and D")
        return self


DEFAULT_SAMPLING = SamplingRules()
"""For the profiles published before there was sampling."""
