"""The check-in page as the trainee sees it: what is done, what can be done now, and why not."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from supervisor.attendance.schemas import CheckInPage, DoorOut, OwnCheckIn, OwnStanding
from supervisor.console.i18n import N_, Words, short_time
from supervisor.rules.checkin import CheckInReason, CheckInResult, Direction
from supervisor.rules.checkin_methods import Method

Way = Literal["in", "out"]
REASONS: dict[CheckInReason, str] = {
    CheckInReason.NOT_ON_ROSTER: N_("花名册上没有您"),
    CheckInReason.NO_SESSION: N_("这节课还没有获准"),
    CheckInReason.TOO_EARLY: N_("签到太早"),
    CheckInReason.TOO_LATE: N_("签到太晚"),
    CheckInReason.OUT_OF_FENCE: N_("位置不在培训地点"),
    CheckInReason.LOW_ACCURACY: N_("手机位置不够准"),
    CheckInReason.MOCK_LOCATION: N_("位置像是模拟的"),
    CheckInReason.QR_EXPIRED: N_("动态码过期了"),
    CheckInReason.QR_REPLAY: N_("动态码用过了"),
    CheckInReason.DEVICE_SHARED: N_("这部手机也替别人签到"),
    CheckInReason.DEVICE_CHANGED: N_("换了手机"),
    CheckInReason.OVERLAPPING_CLASS: N_("同一时间在另一个班签到"),
    CheckInReason.FACE_MISMATCH: N_("照片可疑"),
    CheckInReason.CLOCK_SKEW: N_("手机时间不准"),
    CheckInReason.OFFLINE_LATE: N_("没有信号,过后补传"),
    CheckInReason.MANUAL: N_("老师点名登记,还没有人确认"),
}
WAYS: dict[Direction, Way] = {Direction.IN: "in", Direction.OUT: "out"}
_MS = 1000


@dataclass(frozen=True, slots=True)
class Done:
    """A check-in that counts. `why`: what the teacher is to confirm; empty: nothing."""

    direction: Way
    at: datetime
    waiting: bool
    why: str


@dataclass(frozen=True, slots=True)
class Hours:
    """A sentence, and a bar: `done` per cent attended, the mark at `need`."""

    sentence: str
    done: int
    need: int


@dataclass(frozen=True, slots=True)
class PhoneView:
    """`trainee` None: not remembered on this phone, so it asks. `next` None: nothing can be done now, `advice` says
    why. `ticket`: the classroom's code was read by this phone and is still good. `ask_code`: it is needed and missing.
    `who`: a mark of the person a check-in without a name is for. `selfie`: one may be sent now."""

    class_name: str
    room: str
    start: datetime
    end: datetime
    trainee: str | None
    next: Way | None
    done: tuple[Done, ...]
    advice: str | None
    fault: str | None
    demo: bool
    idempotency_key: str
    typed_name: str
    ticket: str | None
    ticket_until: datetime | None
    ask_code: bool
    ask_location: bool
    location_agreed: bool
    who: str
    selfie: bool
    hours: Hours | None
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What the phone brought along. `selfie`: who holds it agreed to selfies, and may send one now."""

    ticket: str | None
    ticket_until: datetime | None
    who: str
    selfie: bool
    location_agreed: bool


def present_phone(
    page: CheckInPage,
    standing: OwnStanding | None,
    held: Held,
    words: Words,
    *,
    fault: str | None = None,
    typed_name: str = "",
) -> PhoneView:
    counted = {one.direction: one for one in page.own if one.status is not CheckInResult.REJECTED}
    open_now = [door.direction for door in page.doors if door.open_now and door.direction not in counted]
    following = WAYS[open_now[0]] if open_now and page.approved else None
    return PhoneView(
        class_name=page.class_name,
        room=f"{page.site} {page.room}",
        start=page.start,
        end=page.end,
        trainee=page.name,
        next=following,
        done=tuple(_done(counted[direction], words) for direction in Direction if direction in counted),
        advice=None if following else _advice(page, set(counted), words),
        fault=fault,
        demo=page.demo,
        idempotency_key=secrets.token_urlsafe(18),
        typed_name=typed_name,
        ticket=held.ticket,
        ticket_until=held.ticket_until,
        ask_code=following is not None and page.rotating_code == "required" and held.ticket is None,
        ask_location=page.ask_location,
        location_agreed=held.location_agreed,
        who=held.who if page.name else "",
        selfie=held.selfie,
        hours=None if standing is None else hours_of(standing, words),
        others=_others(page.methods, words),
    )


def opens_in_ms(page: CheckInPage) -> int | None:
    """Until the next door opens; None: not within the hour."""
    ahead = [(door.opens - page.now).total_seconds() for door in page.doors if door.opens > page.now]
    return round(min(ahead) * _MS) + _MS if ahead and min(ahead) < 3600 else None


def hours_of(standing: OwnStanding, words: Words) -> Hours:
    planned = max(1, standing.planned)
    return Hours(
        sentence=_hours_sentence(standing, words),
        done=round(100 * standing.attended / planned),
        need=round(99 * standing.needed / planned),
    )


def _hours_sentence(standing: OwnStanding, words: Words) -> str:
    done = words("已到 {attended}/{planned} 课时", attended=standing.attended, planned=standing.planned)
    if standing.may_miss >= 0:
        return f"{done}{words(',最多还能缺 {n} 课时', n=standing.may_miss)}"
    return f"{done}{words(',已比规定多缺 {n} 课时,请找老师', n=-standing.may_miss)}"


def why_of(one: OwnCheckIn, words: Words) -> str:
    reasons = [words(REASONS[reason]) for reason in one.reasons]
    if CheckInReason.OUT_OF_FENCE in one.reasons and one.distance_m is not None:
        reasons.append(words("距离约 {m} 米", m=one.distance_m))
    return listed(reasons, words)


def listed(texts: Iterable[str], words: Words) -> str:
    return ("、" if words.language == "zh" else ", ").join(texts)


def _done(one: OwnCheckIn, words: Words) -> Done:
    waiting = one.status is CheckInResult.REVIEW
    return Done(WAYS[one.direction], one.at, waiting, why_of(one, words) if waiting else "")


def _others(methods: list[Method], words: Words) -> tuple[str, ...]:
    """The ways without this phone, as far as the site has them."""
    told = [words("没有手机或不会用?请告诉老师,老师点名登记一样算数。")] if Method.ROLL_CALL in methods else []
    if Method.ID_CARD in methods:
        told.append(words("也可以在教室的签到屏上输身份证号。"))
    return tuple(told)


def _advice(page: CheckInPage, done: set[Direction], words: Words) -> str:
    """Why there is no button now, and when there will be one."""
    if not page.approved:
        return words("这节课还没有获准开班,不能签到")
    ahead = [door for door in page.doors if door.direction not in done and page.now < door.opens]
    missed = [door for door in page.doors if door.direction not in done and page.now > door.closes]
    sentences = [_missed(door, words) for door in missed] + [_ahead(door, page.now, words) for door in ahead[:1]]
    return " ".join(sentences) if sentences else words("这节课的签到和签退都完成了")


def _missed(door: DoorOut, words: Words) -> str:
    closed = short_time(door.closes)
    if door.direction is Direction.IN:
        return words("签到 {time} 已结束,请找老师补签。", time=closed)
    return words("签退 {time} 已结束,请找老师。", time=closed)


def _ahead(door: DoorOut, now: datetime, words: Words) -> str:
    opens = (
        short_time(door.opens) if (door.opens - now).days < 1 else f"{words.day(door.opens)} {short_time(door.opens)}"
    )
    if door.direction is Direction.IN:
        return words("还没到签到时间,{time} 开始。", time=opens)
    return words("签退 {time} 开始。", time=opens)
