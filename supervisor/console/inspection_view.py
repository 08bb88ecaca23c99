"""Inspection records in words: what was found, what is demanded, and how far it has been set right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.console.decide_words import term
from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.views import Mark, Tone
from supervisor.inspections import records
from supervisor.inspections.record_endpoints import READERS
from supervisor.inspections.record_schemas import InspectedHour, InspectionOut, PaperOut, RoundOut
from supervisor.patrol.schemas import PatrolOut
from supervisor.rules.inspection import ITEMS, Check, Conclusion, InspectionKind, Standing
from supervisor.rules.roll_call import FINDINGS, Answer, Finding

KINDS: dict[InspectionKind, str] = {
    InspectionKind.ON_SITE: N_("实地检查"),
    InspectionKind.REMOTE: N_("远程实时检查"),
    InspectionKind.PLAYBACK: N_("回放检查"),
}
STANDINGS: dict[Standing, tuple[Tone, str]] = {
    Standing.NOTHING_DEMANDED: ("none", N_("没有整改要求")),
    Standing.OPEN: ("warn", N_("等机构整改")),
    Standing.ANSWERED: ("wait", N_("已答复,等督导审核")),
    Standing.ACCEPTED: ("ok", N_("整改已通过")),
}
CONCLUSIONS: dict[Conclusion, tuple[Tone, str]] = {
    Conclusion.QUALIFIED: ("ok", N_("合格")),
    Conclusion.NOT_QUALIFIED: ("bad", N_("不合格")),
}
CHECKS: dict[Check, tuple[Tone, str]] = {
    Check.YES: ("ok", N_("符合")),
    Check.NO: ("bad", N_("不符合")),
    Check.NOT_CHECKED: ("none", N_("没有查")),
}
ANSWERS: dict[Answer, tuple[Tone, str]] = {
    Answer.SEEN: ("ok", N_("见到")),
    Answer.NOT_SEEN: ("bad", N_("没有见到")),
    Answer.REFUSED: ("warn", N_("不配合")),
}
SIDES = {"county": N_("检查方"), "institution": N_("机构")}
NEWEST = 5
_MEGA = 1024 * 1024


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """`term`: how long there is still time, while something waits."""

    id: UUID
    class_id: UUID
    class_name: str
    class_no: str
    when: str
    kind: str
    by: str
    findings: tuple[Mark, ...]
    conclusion: Mark
    standing: Mark
    term: Mark | None
    until: str


@dataclass(frozen=True, slots=True)
class FileLine:
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class RoundView:
    """`ruled`: how it was ruled on; None: it was not."""

    seq: int
    due: str
    answered_at: datetime | None
    by: str
    text: str
    late: bool
    files: tuple[FileLine, ...]
    ruled: Mark | None
    ruled_at: datetime | None
    ruled_by: str
    ruled_text: str


@dataclass(frozen=True, slots=True)
class RollCallView:
    at: datetime
    answers: tuple[Mark, ...]
    drawn: int


@dataclass(frozen=True, slots=True)
class InspectionView:
    """`reads`: whether this person is shown the words."""

    line: InspectionLine
    entered_at: datetime
    entered_late: bool
    span: str
    hours: tuple[tuple[UUID, str], ...]
    present: int | None
    expected: int
    attended: int
    lowest: int | None
    items: tuple[tuple[str, Mark], ...]
    reads: bool
    words: str
    demand: str
    signatures: tuple[tuple[str, str, datetime], ...]
    rounds: tuple[RoundView, ...]
    late: bool
    roll_calls: tuple[RollCallView, ...]


def finding_marks(findings: Sequence[Finding], words: Words) -> tuple[Mark, ...]:
    return tuple(
        Mark("ok" if one is Finding.NORMAL else "warn", FINDINGS[one][words.language == "en"]) for one in findings
    )


def present_line(one: InspectionOut, now: datetime, words: Words) -> InspectionLine:
    waits = one.standing in (Standing.OPEN, Standing.ANSWERED)
    answered = next((each.answered_at for each in reversed(one.rounds) if each.answered_at), one.at)
    until = one.due_at if one.standing is Standing.OPEN else None
    return InspectionLine(
        id=one.id,
        class_id=one.class_id,
        class_name=one.class_name,
        class_no=one.class_no,
        when=words.day(one.started_at),
        kind=words(KINDS[one.kind]),
        by=one.by,
        findings=finding_marks(one.findings, words),
        conclusion=Mark(CONCLUSIONS[one.conclusion][0], words(CONCLUSIONS[one.conclusion][1])),
        standing=Mark(STANDINGS[one.standing][0], words(STANDINGS[one.standing][1])),
        term=term(answered, until, now, words) if waits else None,
        until=end_text(until, words) if until else "",
    )


def present_inspection(
    one: InspectionOut, hours: Sequence[InspectedHour], patrols: Sequence[PatrolOut], now: datetime, words: Words
) -> InspectionView:
    day, last = words.day(one.started_at), words.day(one.ended_at)
    until = short_time(one.ended_at) if day == last else f"{last} {short_time(one.ended_at)}"
    return InspectionView(
        line=present_line(one, now, words),
        entered_at=one.at,
        entered_late=one.entered_late,
        span=f"{day} {short_time(one.started_at)}–{until}",
        hours=tuple((hour.id, hour_text(hour, words)) for hour in hours),
        present=one.present,
        expected=one.figures.expected,
        attended=one.figures.attended,
        lowest=None if one.figures.lowest is None else int(one.figures.lowest * 100),
        items=tuple(
            (ITEMS[item][words.language == "en"], _check(one.items.get(item, Check.NOT_CHECKED), words))
            for item in ITEMS
        ),
        reads=one.words is not None,
        words=one.words or "",
        demand=one.demand or "",
        signatures=tuple((words(SIDES[each.side]), each.by, each.at) for each in one.signatures),
        rounds=tuple(_round(each, words) for each in one.rounds),
        late=one.late,
        roll_calls=tuple(
            RollCallView(
                called.at,
                tuple(Mark(ANSWERS[told][0], words(ANSWERS[told][1])) for told in called.answers.values()),
                len(called.drawn),
            )
            for patrol in patrols
            for called in patrol.roll_calls
        ),
    )


def end_text(at: datetime, words: Words) -> str:
    """A term that ends at midnight ends with the day before."""
    if short_time(at) != "00:00":
        return f"{words.day(at)} {short_time(at)}"
    return words("{day} 结束", day=words.day(at - timedelta(minutes=1)))


def hour_text(hour: InspectedHour, words: Words) -> str:
    slot = words("第 {n} 课时", n=hour.slot)
    return f"{words.day(hour.start)} {short_time(hour.start)}–{short_time(hour.end)} · {slot}"


def _check(said: Check, words: Words) -> Mark:
    return Mark(CHECKS[said][0], words(CHECKS[said][1]))


def _round(one: RoundOut, words: Words) -> RoundView:
    ruled = None
    if one.accepted is not None:
        ruled = Mark("ok", words("通过")) if one.accepted else Mark("bad", words("退回重新整改"))
    return RoundView(
        seq=one.seq,
        due=end_text(one.due_at, words),
        answered_at=one.answered_at,
        by=one.by or "",
        text=one.words or "",
        late=one.late,
        files=tuple(FileLine(each.sha256, file_text(each)) for each in one.files),
        ruled=ruled,
        ruled_at=one.ruled_at,
        ruled_by=one.ruled_by or "",
        ruled_text=one.ruled_words or "",
    )


def file_text(paper: PaperOut) -> str:
    """`PDF · 1.2 MiB`."""
    return f"{paper.kind.upper()} · {max(paper.bytes / _MEGA, 0.1):.1f} MiB"


def inspections_of_class(
    centre: Centre, caller: Caller, class_id: UUID, words: Words, now: datetime
) -> tuple[InspectionLine, ...] | None:
    """The newest of them. None: they are not for this person's eyes."""
    if caller.role not in READERS:
        return None
    page = records.inspections(centre, caller, class_id, None, None, NEWEST)
    return tuple(present_line(one, now, words) for one in page.items)
