"""An inspection's record and what follows from it (B-19, RULES 2.1): the form, its findings, and the rectification the
inspector demands. What counts is computed from what happened; nothing is overwritten."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from supervisor.rules.roll_call import Finding, findings_fault

LONGEST = timedelta(hours=24)


class InspectionKind(StrEnum):
    PLAYBACK = "playback"  # 视频回放
    REMOTE = "remote"  # 远程实时
    ON_SITE = "on_site"  # 实地


class Item(StrEnum):
    SEAT_NUMBERS = "seat_numbers"
    PICTURE_CLEAR = "picture_clear"
    FULL_COVERAGE = "full_coverage"
    SOUND_IN_STEP = "sound_in_step"
    TEXTBOOKS = "textbooks"
    ORDER = "order"
    AS_PLANNED = "as_planned"
    PUTONGHUA = "putonghua"


class Check(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_CHECKED = "not_checked"


class Conclusion(StrEnum):
    QUALIFIED = "qualified"
    NOT_QUALIFIED = "not_qualified"


ITEMS: dict[Item, tuple[str, str]] = {
    Item.SEAT_NUMBERS: ("课桌有座位号", "the desks have seat numbers"),
    Item.PICTURE_CLEAR: ("画面清晰流畅", "the picture is clear and smooth"),
    Item.FULL_COVERAGE: ("画面全覆盖、无死角", "the picture covers the room, no blind corner"),
    Item.SOUND_IN_STEP: ("声音与画面同步", "sound and picture are in step"),
    Item.TEXTBOOKS: ("教材人手一册", "everybody has a textbook"),
    Item.ORDER: ("课堂秩序良好", "there is order in class"),
    Item.AS_PLANNED: ("授课内容与计划一致", "the content is as planned"),
    Item.PUTONGHUA: ("使用普通话教学", "taught in Putonghua"),
}
"""The playback form of RULES 2.1, and B-23. Code → Chinese, English."""


def record_fault(
    items: Mapping[Item, Check], findings: Collection[Finding], words: str, conclusion: Conclusion, demand: str
) -> str | None:
    """Why a record cannot be entered like this: the error's code; None: it can."""
    fault = findings_fault(findings, words)
    if fault is not None:
        return fault.replace("PATROL_", "INSPECTION_")
    normal = Finding.NORMAL in findings
    if normal and (Check.NO in items.values() or conclusion is Conclusion.NOT_QUALIFIED or demand.strip()):
        return "INSPECTION_NOT_NORMAL"
    if conclusion is Conclusion.NOT_QUALIFIED and not demand.strip():
        return "INSPECTION_DEMAND_MISSING"
    return None


def times_fault(start: datetime, end: datetime, now: datetime) -> bool:
    return not (start < end <= now and end - start <= LONGEST)


class Standing(StrEnum):
    NOTHING_DEMANDED = "nothing_demanded"
    OPEN = "open"  # the institution's turn
    ANSWERED = "answered"  # an inspector's turn
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Round:
    """One term and what came of it. `answered_at` None: no answer yet. `accepted` None: no ruling yet."""

    due_at: datetime
    answered_at: datetime | None = None
    accepted: bool | None = None


@dataclass(frozen=True, slots=True)
class Rectification:
    """`due_at`: end of the present, or of the last, term. `late`: an answer came after its term, or is missing after
    it; the mark stays. `overdue`: it is missing now."""

    standing: Standing
    due_at: datetime | None
    late: bool
    overdue: bool


def rectification(rounds: Sequence[Round], now: datetime) -> Rectification:
    """The rounds in their order; none: nothing was demanded. A returned answer opens the next round."""
    if not rounds:
        return Rectification(Standing.NOTHING_DEMANDED, None, late=False, overdue=False)
    last = rounds[-1]
    overdue = last.answered_at is None and now >= last.due_at
    late = overdue or any(one.answered_at is not None and one.answered_at >= one.due_at for one in rounds)
    if last.answered_at is None:
        standing = Standing.OPEN
    else:
        standing = Standing.ACCEPTED if last.accepted else Standing.ANSWERED
    return Rectification(standing, last.due_at, late=late, overdue=overdue)
