"""An institution as its page shows it: what the county entered, and what of it holds today."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from config.sampling import SamplingRules
from supervisor.console.i18n import N_, Words
from supervisor.console.opening_words import LEVELS
from supervisor.console.views import Mark, Tone
from supervisor.institutions.schemas import (
    InstitutionRecord,
    LicenceOut,
    Licensed,
    RoomRecord,
    StandingOut,
    VerificationOut,
)
from supervisor.openings.schemas import WithdrawalOut

LICENCE_KINDS = {
    "school": N_("职业院校、技工学校"),
    "private": N_("民办培训学校"),
    "enterprise_centre": N_("企业培训中心(只培训本企业拟招录人员)"),
    "other": N_("其他"),
}
GRADES = ("A", "B", "C", "D")
SOON = timedelta(days=30)
"""How long before its end a licence or a verification is pointed at."""


@dataclass(frozen=True, slots=True)
class StandingLine:
    """`verified`: of the rooms."""

    id: UUID
    name: str
    sector: str
    secret: bool
    licence: Mark
    verified: Mark
    grade: Mark


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """`scope`: occupation code and level. `withdrawn`: it counts no more."""

    id: UUID
    licence_no: str
    kind: str
    term: str
    state: Mark
    scope: tuple[tuple[str, str], ...]
    entered_at: datetime
    withdrawn: WithdrawalOut | None


@dataclass(frozen=True, slots=True)
class Photo:
    """`kept`: its bytes are at the centre, not only its digest."""

    sha256: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A verification. `counts`: the newest of its room. `wanting`: of how many photos only the digests are here."""

    id: UUID
    day: date
    result: Mark
    term: str
    capacity: int
    inspectors: str
    photos: tuple[Photo, ...]
    wanting: int
    counts: bool


@dataclass(frozen=True, slots=True)
class RoomLine:
    id: UUID
    site_id: UUID
    name: str
    state: Mark
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class GradeLine:
    grade: str
    since: date
    state: Mark
    basis: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class InstitutionView:
    line: StandingLine
    area: str
    licences: tuple[LicenceLine, ...]
    rooms: tuple[RoomLine, ...]
    grades: tuple[GradeLine, ...]
    rates: tuple[tuple[str, str], ...]


def present_standing(one: StandingOut, rules: SamplingRules, today: date, words: Words) -> StandingLine:
    verified = words("{n} / {k} 间", n=one.verified, k=one.rooms)
    tone: Tone = "none" if not one.rooms else "ok" if one.verified == one.rooms else "warn"
    return StandingLine(
        id=one.id,
        name=one.name,
        sector=one.sector or "",
        secret=one.secret_related,
        licence=_licensed(one, today, words),
        verified=Mark(tone, verified if one.rooms else words("没有教室")),
        grade=Mark("ok" if one.grade in ("A", "B") else "warn", words("{grade} 级", grade=one.grade))
        if one.grade
        else Mark("none", words("没有评,按 {grade} 级抽查", grade=rules.unrated)),
    )


def _licensed(one: StandingOut, today: date, words: Words) -> Mark:
    until = one.licensed_until
    if one.licensed is Licensed.VALID:
        if until is None:
            return Mark("ok", words("有效,没有止日"))
        return Mark("ok" if until - today > SOON else "warn", words("有效到 {day}", day=until))
    if one.licensed is Licensed.EXPIRED:
        return Mark("bad", words("{day} 已到期", day=until))
    return Mark("wait", words("还没有开始")) if one.licensed is Licensed.AHEAD else Mark("none", words("没有登记"))


def present_institution(one: InstitutionRecord, rules: SamplingRules, today: date, words: Words) -> InstitutionView:
    valid = next((each for each in one.grades if each.valid_from <= today), None)
    return InstitutionView(
        line=present_standing(one, rules, today, words),
        area=one.area,
        licences=tuple(_licence(each, today, words) for each in one.licences),
        rooms=tuple(_room(each, today, words) for each in one.room_list),
        grades=tuple(
            GradeLine(
                grade=each.grade,
                since=each.valid_from,
                state=_grade_state(each.valid_from, each is valid, today, words),
                basis=each.basis,
                by=each.by,
                at=each.at,
            )
            for each in one.grades
        ),
        rates=rates_of(rules.rates.items(), words),
    )


def rates_of(rates: Iterable[tuple[str, float]], words: Words) -> tuple[tuple[str, str], ...]:
    """By grade: `A 级` → `10 %`."""
    return tuple((words("{grade} 级", grade=grade), percent(rate)) for grade, rate in sorted(rates))


def percent(rate: float) -> str:
    return f"{rate * 100:g}\u00a0%"


def level_of(level: str, words: Words) -> str:
    return words(LEVELS[level]) if level in LEVELS else level


def term_of(first: date, last: date | None, words: Words) -> str:
    return words("{first} 到 {last}", first=first, last=last) if last else words("{first} 起,没有止日", first=first)


def _licence(one: LicenceOut, today: date, words: Words) -> LicenceLine:
    return LicenceLine(
        id=one.id,
        licence_no=one.licence_no,
        kind=words(LICENCE_KINDS.get(one.kind, one.kind)),
        term=term_of(one.valid_from, one.valid_to, words),
        state=Mark("none", words("已撤回")) if one.withdrawn else _state(one.valid_from, one.valid_to, today, words),
        scope=tuple((line.occupation, level_of(line.level, words)) for line in one.scope),
        entered_at=one.entered_at,
        withdrawn=one.withdrawn,
    )


def _state(first: date, last: date | None, today: date, words: Words) -> Mark:
    if today < first:
        return Mark("wait", words("还没有开始"))
    if last is None or last - today > SOON:
        return Mark("ok", words("有效期内"))
    return Mark("warn", words("{n} 天后到期", n=(last - today).days)) if today <= last else Mark("bad", words("已到期"))


def _grade_state(since: date, valid: bool, today: date, words: Words) -> Mark:
    if valid:
        return Mark("ok", words("现在的等级"))
    return Mark("wait", words("还没有开始")) if since > today else Mark("none", words("以前的等级"))


def _room(one: RoomRecord, today: date, words: Words) -> RoomLine:
    newest = one.verifications[0] if one.verifications else None
    if newest is None:
        state = Mark("none", words("没有核实"))
    elif not newest.passed:
        state = Mark("bad", words("没有通过"))
    else:
        state = _state(newest.day, newest.valid_to, today, words)
    return RoomLine(
        id=one.id,
        site_id=one.site_id,
        name=f"{one.site} {one.name}",
        state=state,
        visits=tuple(_visit(each, each is newest, words) for each in one.verifications),
    )


def _visit(one: VerificationOut, counts: bool, words: Words) -> Visit:
    kept = {photo.sha256 for photo in one.kept}
    return Visit(
        id=one.id,
        day=one.day,
        result=Mark("ok", words("符合条件")) if one.passed else Mark("bad", words("不符合条件")),
        term=words("到 {day} 有效", day=one.valid_to) if one.passed else "—",
        capacity=one.capacity,
        inspectors="、".join(one.inspectors),
        photos=tuple(Photo(sha256, sha256 in kept) for sha256 in one.photos),
        wanting=len(set(one.photos) - kept),
        counts=counts,
    )
