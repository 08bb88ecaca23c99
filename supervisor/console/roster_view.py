"""A roster and what its comparison found, person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervisor.classes.schemas import ClassOut, RosterOut
from supervisor.console.decide_words import state_mark
from supervisor.console.i18n import Words, full_time
from supervisor.console.opening_words import RESULTS
from supervisor.console.views import Mark
from supervisor.rosters.schemas import CheckOut, ChecksOut, LiftOut
from supervisor.rules.roster_checks import OWN
from supervisor.rules.roster_facts import Result


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`source`: of what and of which day, where it may be told. `lifted`: when and, for the county, by whom and why,
    with the digest of the `file`. `open`: a BLOCK that nobody has lifted."""

    id: UUID
    rule: str
    name: str
    mark: Mark
    detail: str
    source: str
    lifted: str
    file: str
    open: bool


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`told`: what somebody should look at; `rest`: the checks that found nothing or were not made. `left`: the person
    is on the roster no more."""

    entry: UUID
    number: int
    name: str
    id_number: str
    mark: Mark
    told: tuple[CheckLine, ...]
    rest: tuple[CheckLine, ...]
    left: bool

    @property
    def blocked(self) -> bool:
        return any(one.open for one in self.told)


@dataclass(frozen=True, slots=True)
class RosterView:
    """`whole`: checks of the class as a whole. `at` None: it was never compared. `blocks`: those nobody has lifted."""

    at: datetime | None
    blocks: int
    counts: tuple[tuple[Mark, int], ...]
    whole: tuple[CheckLine, ...]
    people: tuple[PersonLine, ...]

    @property
    def checks(self) -> tuple[CheckLine, ...]:
        """What somebody should look at, of the class and of its people."""
        return (*self.whole, *(line for one in self.people for line in one.told))


def present_roster(training: ClassOut, checks: ChecksOut, words: Words) -> RosterView:
    found: dict[UUID | None, list[CheckOut]] = {}
    for one in checks.checks:
        found.setdefault(one.entry_id, []).append(one)
    counted = Counter(str(one.result) for one in checks.checks)
    return RosterView(
        at=checks.at,
        blocks=checks.unresolved,
        counts=tuple((state_mark(RESULTS, key, words), counted[key]) for key in RESULTS if counted[key]),
        whole=tuple(_check(one, words) for one in _worst_first(found.get(None, []))),
        people=tuple(
            _person(number, one, found.get(one.id, []), checks.at, words)
            for number, one in enumerate(training.roster, start=1)
        ),
    )


def _person(number: int, row: RosterOut, found: Sequence[CheckOut], at: datetime | None, words: Words) -> PersonLine:
    ordered = _worst_first(found)
    hit = [one for one in ordered if one.result in (Result.BLOCK, Result.WARN)]
    open_hits = [one for one in hit if one.lifted is None]
    unknown = sum(one.result is Result.NOT_CHECKED for one in found)
    left = row.status in ("withdrawn", "removed")
    if left:
        mark = Mark("none", words("已退班"))
    elif open_hits:
        mark = state_mark(RESULTS, open_hits[0].result, words)
    elif at is None:
        mark = state_mark(RESULTS, Result.NOT_CHECKED, words)
    else:
        mark = Mark("none", words("{n} 项未比对", n=unknown)) if unknown else state_mark(RESULTS, Result.OK, words)
    return PersonLine(
        entry=row.id,
        number=number,
        name=row.name,
        id_number=row.id_number,
        mark=mark,
        told=tuple(_check(one, words) for one in hit),
        rest=tuple(_check(one, words) for one in ordered if one not in hit),
        left=left,
    )


def _worst_first(found: Sequence[CheckOut]) -> list[CheckOut]:
    order = list(RESULTS)
    return sorted(found, key=lambda one: (order.index(one.result), one.rule))


def _check(one: CheckOut, words: Words) -> CheckLine:
    chinese = words.language == "zh"
    source = words("本系统的记录") if one.source == OWN else one.source or ""
    parts = [source, one.source_asof.isoformat() if one.source_asof else ""]
    return CheckLine(
        id=one.id,
        rule=one.rule,
        name=one.rule_zh if chinese else one.rule_en,
        mark=Mark("none", words("拦截,已解除")) if one.lifted else state_mark(RESULTS, one.result, words),
        detail=one.detail_zh if chinese else one.detail_en,
        source=" · ".join(part for part in parts if part),
        lifted=_lifted(one.lifted, words) if one.lifted else "",
        file=(one.lifted.attachment_sha256 or "") if one.lifted else "",
        open=one.result is Result.BLOCK and one.lifted is None,
    )


def _lifted(lift: LiftOut, words: Words) -> str:
    at = full_time(lift.at)
    if lift.by is None:
        return words("主管单位于 {at} 解除", at=at)
    return words("{who} 于 {at} 解除:{why}", who=lift.by, at=at, why=lift.reason)
