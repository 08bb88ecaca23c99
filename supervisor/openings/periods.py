"""Days from and to, as people enter them."""

from __future__ import annotations

from datetime import date

from config.errors import LessonProofError


def require_order(first: date, last: date | None, where: str) -> None:
    """`last` None: no end. Raises LessonProofError PERIOD_BACKWARDS (422)."""
    if last is not None and last < first:
        raise LessonProofError(
            "PERIOD_BACKWARDS",
            status=422,
            where=where,
            zh="截止日不能早于起始日",
            en="the last day is before the first",
        )
