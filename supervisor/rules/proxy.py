"""Signs that somebody checked in for others (代签; RULES 2.5). A sign is for a person to look at; it refuses nobody.

The same Internet address is no sign: a class shares its Wi-Fi.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.profile import CheckInProofRules
from supervisor.rules.checkin import CheckInReason, Direction
from supervisor.rules.checkin_methods import BY_PHONE, Method


class ProxyCode(StrEnum):
    ONE_DEVICE = "ONE_DEVICE"
    TOGETHER = "TOGETHER"
    SAME_PLACE = "SAME_PLACE"
    TWO_CLASSES = "TWO_CLASSES"
    MORE_THAN_SEEN = "MORE_THAN_SEEN"
    NO_EXIT = "NO_EXIT"
    ALL_CORRECTED = "ALL_CORRECTED"
    NO_TEACHER = "NO_TEACHER"


OF_THE_CLASS = frozenset({ProxyCode.MORE_THAN_SEEN, ProxyCode.NO_EXIT, ProxyCode.ALL_CORRECTED, ProxyCode.NO_TEACHER})
"""They speak of everybody, and so mark nobody."""

SENTENCES = {
    ProxyCode.ONE_DEVICE: ("同一部手机为多人打卡", "one phone checked in several people"),
    ProxyCode.TOGETHER: (
        "多部手机几乎同时打卡(前后相差不到 2 秒)",
        "different phones checked in less than 2 s apart, one after the other",
    ),
    ProxyCode.SAME_PLACE: ("多人打卡位置完全相同(精确到小数点后 6 位)", "identical position to the 6th decimal"),
    ProxyCode.TWO_CLASSES: ("同一时间在两个班打卡", "checked in to two classes at the same time"),
    ProxyCode.MORE_THAN_SEEN: ("打卡人数多于录像所见人数", "more people checked in than the recording shows"),
    ProxyCode.NO_EXIT: ("全班签到后无人签退", "everybody checked in and nobody out"),
    ProxyCode.ALL_CORRECTED: ("全班均为补签", "the whole class was corrected by hand"),
    ProxyCode.NO_TEACHER: ("老师未签到,课已结束", "the session ended without the teacher's check-in"),
}


@dataclass(frozen=True, slots=True)
class SeenCheckIn:
    """A check-in of a session that was not refused. `place`: keyed hash of its position; None: none kept."""

    entry: str
    direction: Direction
    at: datetime
    method: Method
    device: str | None
    place: str | None
    reasons: tuple[CheckInReason, ...]


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """`seen_peak`: the most people any verdict of the session counted at once, teachers included; None: nobody
    counted. `exits_over`: checking out is over. `over`: the session is."""

    seen_peak: int | None
    exits_over: bool
    over: bool
    teacher_came: bool


@dataclass(frozen=True, slots=True)
class ProxySign:
    """`entries`: roster entries in the order they checked in."""

    code: ProxyCode
    zh: str
    en: str
    entries: tuple[str, ...]


def proxy_signs(
    check_ins: Sequence[SeenCheckIn], facts: SessionFacts, rules: CheckInProofRules
) -> tuple[ProxySign, ...]:
    """The signs of one session, in the order of `ProxyCode`; ONE_DEVICE, TOGETHER and SAME_PLACE may come several
    times, once for each device, row of check-ins, or place."""
    ordered = sorted(check_ins, key=lambda one: one.at)
    entered = _people(one for one in ordered if one.direction is Direction.IN)
    found = [(ProxyCode.ONE_DEVICE, group) for group in _alike(ordered, lambda one: one.device)]
    found += [(ProxyCode.TOGETHER, group) for group in _together(ordered, rules)]
    found += [(ProxyCode.SAME_PLACE, group) for group in _alike(ordered, lambda one: one.place)]
    twice = _people(one for one in ordered if CheckInReason.OVERLAPPING_CLASS in one.reasons)
    found += [(ProxyCode.TWO_CLASSES, twice)] if twice else []
    if facts.seen_peak is not None and len(entered) > facts.seen_peak:
        found.append((ProxyCode.MORE_THAN_SEEN, entered))
    if facts.exits_over and len(entered) > 1 and all(one.direction is Direction.IN for one in ordered):
        found.append((ProxyCode.NO_EXIT, entered))
    if len(entered) > 1 and entered == _people(one for one in ordered if _corrected(one)):
        found.append((ProxyCode.ALL_CORRECTED, entered))
    if rules.teacher_first and facts.over and not facts.teacher_came:
        found.append((ProxyCode.NO_TEACHER, entered))
    return tuple(ProxySign(code, *SENTENCES[code], entries) for code, entries in found)


def _corrected(one: SeenCheckIn) -> bool:
    return one.direction is Direction.IN and one.method is Method.MANUAL


def _people(check_ins: Iterable[SeenCheckIn]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.entry for one in check_ins))


def _alike(ordered: Sequence[SeenCheckIn], mark: Callable[[SeenCheckIn], str | None]) -> list[tuple[str, ...]]:
    """The people of each mark that more than one person has."""
    groups: dict[str, list[SeenCheckIn]] = {}
    for one in ordered:
        value = mark(one)
        if value is not None:
            groups.setdefault(value, []).append(one)
    return [people for people in map(_people, groups.values()) if len(people) > 1]


def _together(ordered: Sequence[SeenCheckIn], rules: CheckInProofRules) -> list[tuple[str, ...]]:
    """Rows of check-ins by phone in one direction, each less than `together_s` after the one before, by at least
    `together_people` different people on as many different devices. Two within two seconds are chance: forty people
    who come within ten minutes make several such pairs."""
    found: list[tuple[str, ...]] = []
    for direction in Direction:
        row: list[SeenCheckIn] = []
        for one in [one for one in ordered if one.direction is direction and one.method in BY_PHONE]:
            if row and one.at - row[-1].at >= timedelta(seconds=rules.together_s):
                found += _row(row, rules)
                row = []
            row.append(one)
        found += _row(row, rules)
    return found


def _row(row: Sequence[SeenCheckIn], rules: CheckInProofRules) -> list[tuple[str, ...]]:
    people = _people(row)
    devices = {one.device for one in row}
    return [people] if min(len(people), len(devices)) >= rules.together_people else []
