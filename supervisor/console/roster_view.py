"""A roster and what its comparison found, person by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervisor.classes.schemas import ClassOut
from supervisor.console.decide_words import state_mark
from supervisor.console.i18n import Words
from supervisor.console.opening_words import RESULTS
from supervisor.console.views import Mark
from supervisor.rosters.schemas import CheckOut, ChecksOut
from supervisor.rules.roster_checks import OWN
from supervisor.rules.roster_facts import Result


@dataclass(frozen=True, slots=True)
class CheckLine:
    """`source`: of what and of which day, where it may be told."""

    rule: str
    name: str
    mark: Mark
    detail: str
    source: str
    lifted: str


@dataclass(frozen=True, slots=True)
class PersonLine:
    """`told`: what somebody should look at; `rest`: the checks that found nothing or were not made."""

    number: int
    name: str
    id_number: str
    mark: Mark
    told: tuple[CheckLine, ...]
    rest: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True)
class RosterView:
    """`whole`: checks of the class as a whole. `at` None: it was never compared."""

    at: datetime | None
    counts: tuple[tuple[Mark, int], ...]
    whole: tuple[CheckLine, ...]
    people: tuple[PersonLine, ...]


def present_roster(training: ClassOut, checks: ChecksOut, words: Words) -> RosterView:
    found: dict[UUID | None, list[CheckOut]] = {}
    for one in checks.checks:
        found.setdefault(one.entry_id, []).append(one)
    counted = Counter(str(one.result) for one in checks.checks)
    return RosterView(
        at=checks.at,
        counts=tuple((state_mark(RESULTS, key, words), counted[key]) for key in RESULTS if counted[key]),
        whole=tuple(_check(one, words) for one in _worst_first(found.get(None, []))),
        people=tuple(
            _person(number, one.name, one.id_number, found.get(one.id, []), checks.at, words)
            for number, one in enumerate(training.roster, start=1)
        ),
    )


def _person(
    number: int, name: str, id_number: str, found: Sequence[CheckOut], at: datetime | None, words: Words
) -> PersonLine:
    ordered = _worst_first(found)
    hit = [one for one in ordered if one.result in (Result.BLOCK, Result.WARN)]
    open_hits = [one for one in hit if one.lifted is None]
    unknown = sum(one.result is Result.NOT_CHECKED for one in found)
    if open_hits:
        mark = state_mark(RESULTS, open_hits[0].result, words)
    elif at is None:
        mark = state_mark(RESULTS, Result.NOT_CHECKED, words)
    else:
        mark = Mark("none", words("{n} 项未比对", n=unknown)) if unknown else state_mark(RESULTS, Result.OK, words)
    return PersonLine(
        number=number,
        name=name,
        id_number=id_number,
        mark=mark,
        told=tuple(_check(one, words) for one in hit),
        rest=tuple(_check(one, words) for one in ordered if one not in hit),
    )


def _worst_first(found: Sequence[CheckOut]) -> list[CheckOut]:
    order = list(RESULTS)
    return sorted(found, key=lambda one: (order.index(one.result), one.rule))


def _check(one: CheckOut, words: Words) -> CheckLine:
    chinese = words.language == "zh"
    source = words("本系统的记录") if one.source == OWN else one.source or ""
    parts = [source, one.source_asof.isoformat() if one.source_asof else ""]
    return CheckLine(
        rule=one.rule,
        name=one.rule_zh if chinese else one.rule_en,
        mark=state_mark(RESULTS, one.result, words),
        detail=one.detail_zh if chinese else one.detail_en,
        source=" · ".join(part for part in parts if part),
        lifted=words("主管单位已解除") if one.lifted else "",
    )
