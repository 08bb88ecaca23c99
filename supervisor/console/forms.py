"""Reading what a page's form says: days and moments of the site, and bodies by the interface's own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from config.clock import CHINA
from config.errors import LessonProofError

Body = TypeVar("Body", bound=BaseModel)
Told = tuple[str, str]


def read_form(kind: type[Body], said: Mapping[str, object], told: Callable[[str], Told]) -> Body:
    """`said` as the body of an interface: empty fields are left out. `told`: field → what to say where it is wrong, in
    Chinese and in English. Raises LessonProofError FORM_INVALID (422), with the field."""
    given = {name: value for name, value in said.items() if value not in ("", None)}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        where = error.errors(include_url=False, include_input=False)[0]["loc"]
        name = str(where[0]) if where else ""
        zh, en = told(name)
        raise LessonProofError("FORM_INVALID", status=422, where=f"/{name}", zh=zh, en=en) from None


def last_day(day: str, where: str) -> datetime | None:
    """The end of a day of the site; None: the field was left empty. Raises FORM_INVALID (422)."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), CHINA)
    except (ValueError, OverflowError):
        raise _no_time(where) from None


def moment(text: str, where: str) -> datetime:
    """`2026-11-24T09:00` of the site. Raises FORM_INVALID (422)."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _no_time(where) from None
    return at.replace(tzinfo=CHINA) if at.tzinfo is None else at


def ends_on(at: datetime) -> str:
    """The last day before an end, as `last_day` takes it."""
    return (at.astimezone(CHINA) - timedelta(microseconds=1)).date().isoformat()


def _no_time(where: str) -> LessonProofError:
    return LessonProofError(
        "FORM_INVALID", status=422, where=f"/{where}", zh="日期或时间不正确", en="that is no date or time"
    )
