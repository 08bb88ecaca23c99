"""What a check says: one finding, in both languages, with what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, but should be looked at
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `zh`/`en` say what was found, `todo_zh`/`todo_en` what to do (empty when nothing)."""

    check: str
    code: str
    level: Level
    zh: str
    en: str
    todo_zh: str = ""
    todo_en: str = ""

    def record(self) -> dict[str, str]:
        return asdict(self)
