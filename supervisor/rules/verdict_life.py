"""The life of a lesson hour's verdict after `judge` (RULES 1.5, 1.7, 2.6; L18): who may say what next, until when.

A machine proposes; a FAIL is a person's, after the institution could speak, and the institution may object to it
before another person. What counts is computed from what happened, each time anew: nothing is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.profile import AppealRules, RegionProfile
from supervisor.rules.verdict import VerdictState
from supervisor.rules.working_days import WEEKDAYS, WorkingCalendar

_CHINA = ZoneInfo("Asia/Shanghai")
AS_BEFORE = AppealRules(objection_working_days=5, papers_working_days=10)
"""For classes under rules that say nothing about it (RULES 1.5, 2.6; A-28)."""


class Stage(StrEnum):
    NO_DATA_YET = "no_data_yet"
    PASS = "pass"  # noqa: S105 - final, unless the day's draw takes it
    PASS_TO_RECHECK = "pass_to_recheck"  # noqa: S105
    REVIEW_OPEN = "review_open"
    FAIL_PROPOSED_EXPLAIN = "fail_proposed_explain"
    FAIL_PROPOSED_DECIDE = "fail_proposed_decide"
    DECIDED_PASS = "decided_pass"  # noqa: S105 - final: nobody objects to a pass
    DECIDED_FAIL = "decided_fail"
    OBJECTED = "objected"
    FINAL_PASS = "final_pass"  # noqa: S105 - confirmed by a re-check, or on an objection
    FINAL_FAIL = "final_fail"
    EXEMPT = "exempt"


class Next(StrEnum):
    """Whose turn it is."""

    NOBODY = "nobody"
    BOX = "box"
    INSTITUTION = "institution"
    INSPECTOR = "inspector"
    OTHER_INSPECTOR = "other_inspector"  # than the one who took the decision objected to


class Result(StrEnum):
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    REVIEW = "review"  # a re-check that doubts the pass: an inspector looks


class Reason(StrEnum):
    """Why a person decided so; picked from a list, with words beside it."""

    EVIDENCE_ENOUGH = "EVIDENCE_ENOUGH"
    EXPLANATION_ACCEPTED = "EXPLANATION_ACCEPTED"
    OTHER_RECORDING = "OTHER_RECORDING"  # Q14: a phone's, while the camera had no power
    EVIDENCE_LACKING = "EVIDENCE_LACKING"
    EXPLANATION_REFUSED = "EXPLANATION_REFUSED"
    NOT_EXPLAINED = "NOT_EXPLAINED"
    DOUBT = "DOUBT"


REASONS = {
    Result.PASS: (Reason.EVIDENCE_ENOUGH, Reason.EXPLANATION_ACCEPTED, Reason.OTHER_RECORDING),
    Result.FAIL: (Reason.EVIDENCE_LACKING, Reason.EXPLANATION_REFUSED, Reason.NOT_EXPLAINED),
    Result.REVIEW: (Reason.DOUBT,),
}
NEXT = {
    Stage.NO_DATA_YET: Next.BOX,
    Stage.PASS: Next.NOBODY,
    Stage.PASS_TO_RECHECK: Next.INSPECTOR,
    Stage.REVIEW_OPEN: Next.INSPECTOR,
    Stage.FAIL_PROPOSED_EXPLAIN: Next.INSTITUTION,
    Stage.FAIL_PROPOSED_DECIDE: Next.INSPECTOR,
    Stage.DECIDED_PASS: Next.NOBODY,
    Stage.DECIDED_FAIL: Next.INSTITUTION,
    Stage.OBJECTED: Next.OTHER_INSPECTOR,
    Stage.FINAL_PASS: Next.NOBODY,
    Stage.FINAL_FAIL: Next.NOBODY,
    Stage.EXEMPT: Next.NOBODY,
}
DECIDABLE = {
    Stage.PASS_TO_RECHECK: (Result.PASS, Result.REVIEW),
    Stage.REVIEW_OPEN: (Result.PASS, Result.FAIL),
    Stage.FAIL_PROPOSED_EXPLAIN: (Result.PASS,),  # in the institution's favour nobody need wait for its words
    Stage.FAIL_PROPOSED_DECIDE: (Result.PASS, Result.FAIL),
    Stage.OBJECTED: (Result.PASS, Result.FAIL),
}
"""What a person may decide; at every other stage nothing."""
OVERRULED = {VerdictState.FAIL_PROPOSED: Result.PASS, VerdictState.PASS: Result.FAIL}
"""What the rules proposed → the decision against it (改判)."""
FINAL = frozenset({Stage.PASS, Stage.DECIDED_PASS, Stage.FINAL_PASS, Stage.FINAL_FAIL, Stage.EXEMPT})


@dataclass(frozen=True, slots=True)
class Counting:
    """The verdict that counts: the newest the centre came to itself. `first_version`, `since`: where the unbroken run
    of versions of this state begins, so that a further version that says the same changes nobody's term."""

    state: VerdictState
    version: int
    first_version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Explained:
    at: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """For a re-check of the pass of this version."""

    at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Decided:
    """`seq`: 1, 2, … of the lesson hour. `signs`: what else spoke against a pass, as the person was shown it.
    `on_objection`: it answers an objection, and ends the matter."""

    at: datetime
    seq: int
    version: int
    result: Result
    signs: frozenset[str] = frozenset()
    on_objection: bool = False


@dataclass(frozen=True, slots=True)
class Objected:
    """To the decision number `decision`."""

    at: datetime
    decision: int


Event = Explained | Drawn | Decided | Objected


@dataclass(frozen=True, slots=True)
class LifeFacts:
    """`counting` None: nothing was judged yet. `box_until`: end of the lesson hour and the grace of an off-line box.
    `signs`: what the centre knows beside the verdict that a person should look at."""

    counting: Counting | None
    box_until: datetime
    signs: frozenset[str] = frozenset()
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class LifeState:
    """`since`: when this stage began. `until`: the end of the next actor's term; None: it has none."""

    stage: Stage
    since: datetime
    until: datetime | None = None

    @property
    def next(self) -> Next:
        return NEXT[self.stage]

    @property
    def final(self) -> bool:
        return self.stage in FINAL


def appeal_rules(profile: RegionProfile) -> AppealRules:
    return profile.appeal or AS_BEFORE


def life(facts: LifeFacts, now: datetime, profile: RegionProfile, calendar: WorkingCalendar = WEEKDAYS) -> LifeState:
    """Aware times. What happened after `now` must not be in the facts."""
    counting = facts.counting
    if counting is None or counting.state is VerdictState.NO_DATA_YET:
        return LifeState(Stage.NO_DATA_YET, facts.box_until if counting is None else counting.since, facts.box_until)
    if counting.state is VerdictState.EXEMPT:
        return LifeState(Stage.EXEMPT, counting.since)
    last = holding(facts)
    if last is not None:
        return _decided(facts, last, now, profile, calendar)
    if counting.state is VerdictState.FAIL_PROPOSED:
        return _proposed(facts, counting, now, profile)
    if counting.state is VerdictState.PASS and not facts.signs and _latest(facts) is None:
        drawn = [one.at for one in facts.events if isinstance(one, Drawn) and one.version >= counting.first_version]
        return LifeState(Stage.PASS_TO_RECHECK, max(drawn)) if drawn else LifeState(Stage.PASS, counting.since)
    return LifeState(Stage.REVIEW_OPEN, counting.since)  # a pass too, once a person has had the hour in hand


def holding(facts: LifeFacts) -> Decided | None:
    """The decision that still holds: the newest, unless the verdict has changed its state after it, or something
    speaks against a pass now that the person was not shown."""
    last = _latest(facts)
    if last is None or facts.counting is None or last.version < facts.counting.first_version:
        return None
    if last.result is Result.PASS and facts.signs - last.signs:
        return None
    return last


def explain_until(counting: Counting, profile: RegionProfile) -> datetime:
    """48 h from the proposal."""
    return counting.since + timedelta(hours=profile.decision.explain_hours)


def may_explain(facts: LifeFacts, now: datetime, profile: RegionProfile) -> bool:
    """While the lesson hour is undecided: without data (Q14) and in review at any time, against a proposed FAIL within
    the term, also after a first explanation."""
    stage = life(facts, now, profile).stage
    if stage is Stage.FAIL_PROPOSED_DECIDE and facts.counting is not None:
        return now < explain_until(facts.counting, profile)
    return stage in (Stage.NO_DATA_YET, Stage.REVIEW_OPEN, Stage.FAIL_PROPOSED_EXPLAIN)


def end_of_working_day(start: datetime, working_days: int, calendar: WorkingCalendar = WEEKDAYS) -> datetime:
    """24:00 in China of the n-th working day after the day of `start`."""
    day = calendar.after(start.astimezone(_CHINA).date(), working_days)
    return datetime.combine(day + timedelta(days=1), time(), _CHINA)


def _latest(facts: LifeFacts) -> Decided | None:
    return max((one for one in facts.events if isinstance(one, Decided)), key=lambda one: one.seq, default=None)


def _proposed(facts: LifeFacts, counting: Counting, now: datetime, profile: RegionProfile) -> LifeState:
    until = explain_until(counting, profile)
    said = [one.at for one in facts.events if isinstance(one, Explained) and one.at >= counting.since]
    decide_from = min([*said, until])
    if now < decide_from:
        return LifeState(Stage.FAIL_PROPOSED_EXPLAIN, counting.since, until)
    return LifeState(Stage.FAIL_PROPOSED_DECIDE, decide_from)


def _decided(
    facts: LifeFacts, last: Decided, now: datetime, profile: RegionProfile, calendar: WorkingCalendar
) -> LifeState:
    if last.result is Result.REVIEW:
        return LifeState(Stage.REVIEW_OPEN, last.at)
    if last.result is Result.PASS:
        checked = any(isinstance(one, Drawn) and one.version >= _first(facts) for one in facts.events)
        return LifeState(Stage.FINAL_PASS if last.on_objection or checked else Stage.DECIDED_PASS, last.at)
    if last.on_objection:
        return LifeState(Stage.FINAL_FAIL, last.at)
    against = [one.at for one in facts.events if isinstance(one, Objected) and one.decision == last.seq]
    if against:
        return LifeState(Stage.OBJECTED, min(against))
    until = end_of_working_day(last.at, appeal_rules(profile).objection_working_days, calendar)
    if now < until:
        return LifeState(Stage.DECIDED_FAIL, last.at, until)
    return LifeState(Stage.FINAL_FAIL, until)


def _first(facts: LifeFacts) -> int:
    return 0 if facts.counting is None else facts.counting.first_version
