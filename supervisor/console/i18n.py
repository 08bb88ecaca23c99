"""Two languages from one source: Chinese is the text itself, English comes from `locale/en.po`, read once at start.

No compile step and no request-wide state: a page is given the `Words` of its language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any

from babel.messages.pofile import read_po

from config.clock import CHINA

LANGUAGES = ("zh", "en")
COOKIE = "language"

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def N_(text: str) -> str:
    """Marks a text for the catalogue where it is written; it is translated where it is shown."""
    return text


class _Counting(Formatter):
    """`{n:hour|hours}`: the first where `n` is 1, else the second. Chinese needs none of it."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return str(super().format_field(value, format_spec))
        one, many = format_spec.split("|")
        return one if str(value) == "1" else many


_COUNTING = _Counting()


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language: called with the Chinese text, gives its language's, `{fields}` filled in and
    `{n:hour|hours}` chosen by `n`."""

    language: str
    _catalogue: dict[str, str] = field(repr=False)

    def __call__(self, text: str, **fields: object) -> str:
        translated = self._catalogue.get(text, text)
        return _COUNTING.format(translated, **fields) if fields else translated

    @property
    def html_language(self) -> str:
        return "zh-CN" if self.language == "zh" else "en"

    def duration(self, ms: float) -> str:
        """`6:20` (minutes and seconds), rounded down: a figure never flatters."""
        return f"{int(ms // 60_000)}:{int(ms // 1000) % 60:02d}"

    def ago(self, seconds: float) -> str:
        """How old a thing is, in the coarsest unit that still tells: seconds, minutes, hours, days."""
        whole = max(0, int(seconds))
        if whole < 120:
            return self("{n} 秒", n=whole)
        if whole < 7200:
            return self("{n} 分钟", n=whole // 60)
        if whole < 48 * 3600:
            return self("{n} 小时", n=whole // 3600)
        return self("{n} 天", n=whole // 86400)

    def day(self, at: datetime) -> str:
        """`11月23日 周一` / `Mon 23 Nov`, in the site's zone."""
        local = at.astimezone(CHINA)
        if self.language == "zh":
            return f"{local.month}月{local.day}日 {_WEEKDAYS[local.weekday()]}"
        return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


@cache
def words(language: str) -> Words:
    """The words of a language; an unknown one gives Chinese."""
    if language != "en":
        return Words("zh", {})
    with (resources.files("supervisor.console") / "locale/en.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    return Words("en", {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string})


def clock_time(at: datetime | None) -> str:
    """`10:24:38` in the site's zone (Asia/Shanghai), whatever the server's or the browser's."""
    return "—" if at is None else at.astimezone(CHINA).strftime("%H:%M:%S")


def short_time(at: datetime) -> str:
    """`10:24` in the site's zone."""
    return at.astimezone(CHINA).strftime("%H:%M")


def full_time(at: datetime) -> str:
    """`2026-11-23 10:24:38` in the site's zone."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def site_date(at: datetime) -> str:
    """`2026-11-23` in the site's zone."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d")


def offset_time(start: datetime, ms: int) -> str:
    """Wall time `ms` after `start`, as `clock_time`."""
    return clock_time(start + timedelta(milliseconds=ms))
