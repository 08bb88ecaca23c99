"""The class sheet as a page shows it and a file carries it: cells, people, what was changed, by which rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from config.clock import CHINA
from supervisor.console.class_facts import (
    LogLine,
    OpeningLine,
    approval_of,
    css_text,
    element_choices,
    elements_of,
    log_of,
    rules_of,
)
from supervisor.console.decide_words import (
    ATTENDANCE,
    CLASS_STATES,
    LEVELS,
    STAGES,
    state_mark,
)
from supervisor.console.exemptions import ExemptionLine, exemption_line
from supervisor.console.i18n import N_, Words, full_time, short_time
from supervisor.console.state_words import KINDS, reason_text
from supervisor.console.views import Mark, Tone
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.rules.verdict_life import Stage
from supervisor.sheets.schemas import ClassSheet, HourCell, SheetDay, SheetTrainee

NO_PICTURE = frozenset({ReasonCode.NO_VIDEO, ReasonCode.TOO_SHORT, ReasonCode.GAP})
"""A gap is no guilt: grey, until a person has decided."""
RECOGNISED = (Stage.PASS, Stage.PASS_TO_RECHECK, Stage.DECIDED_PASS, Stage.FINAL_PASS)
GROUPS: dict[str, tuple[Tone, str]] = {
    "ok": ("ok", N_("已认定")),
    "warn": ("warn", N_("建议不认定")),
    "none": ("none", N_("缺录像")),
    "wait": ("wait", N_("待人工处理")),
    "bad": ("bad", N_("不认定")),
    "exempt": ("none", N_("免于核查")),
    "silent": ("none", N_("证据未到")),
}
"""What a lesson hour that is over counts as, in the order of the bar."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`tone` `todo`: not held yet. `figure`: people seen of people needed."""

    lesson_hour_id: UUID
    group: str
    tone: str
    icon: str
    figure: str
    label: str
    overruled: bool
    by_hand: bool
    makes_up: bool
    linked: bool


@dataclass(frozen=True, slots=True)
class DayRow:
    day: datetime
    title: str
    cells: tuple[Cell | None, ...]
    note: str
    enough: bool | None


@dataclass(frozen=True, slots=True)
class Band:
    """A piece of the bar, in per mille of its length."""

    tone: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Figure:
    mark: Mark
    count: int
    note: str


@dataclass(frozen=True, slots=True)
class TraineeLine:
    """`percent` None: no hour is over yet. `hints`: what a person should look at."""

    roster_entry_id: UUID
    number: int
    name: str
    id_number: str
    percent: int | None
    attended: str
    hints: tuple[Mark, ...]
    fine: bool


@dataclass(frozen=True, slots=True)
class ClassSheetView:
    class_id: UUID
    class_no: str
    title: str
    institution: str
    place: str
    span: str
    state: Mark
    planned: int
    over: int
    recognised: int
    heads: int
    enough: int
    judged: int
    bands: tuple[Band, ...]
    figures: tuple[Figure, ...]
    slots: int
    rows: tuple[DayRow, ...]
    trainees: tuple[TraineeLine, ...]
    minimum: int
    rules: tuple[tuple[str, str], ...]
    elements: tuple[OpeningLine, ...]
    findings: tuple[OpeningLine, ...]
    element_choices: tuple[tuple[str, str], ...]
    approval: str
    log: tuple[LogLine, ...]
    plan_version: int
    exemptions: tuple[ExemptionLine, ...]
    check_code: str
    watermark: str
    paper_foot: str  # of every printed page, for the style sheet
    legend: tuple[tuple[str, str], ...]


def present_sheet(sheet: ClassSheet, who: str, now: datetime, words: Words) -> ClassSheetView:
    """`who`: unit and name of the viewer, for the watermark."""
    cells = [one for day in sheet.days for one in day.hours]
    counted = Counter(group_of(one) for one in cells if one.over)
    slots = max((len(day.hours) for day in sheet.days), default=0)
    seen_by = words("{who} 于 {at} 查看", who=who, at=full_time(now))
    people = [present_trainee(one, sheet.personal_min, words) for one in sheet.trainees]
    active = [one for one in sheet.trainees if not one.left]
    return ClassSheetView(
        class_id=sheet.class_id,
        class_no=sheet.class_no,
        title=sheet.name,
        institution=sheet.institution,
        place="、".join(sheet.places) if words.language == "zh" else ", ".join(sheet.places),
        span=_span(sheet, words),
        state=state_mark(CLASS_STATES, sheet.status, words),
        planned=len(cells),
        over=sum(one.over for one in cells),
        recognised=counted["ok"],
        heads=len(active),
        enough=sum(one.rate.enough is True for one in active),
        judged=sum(one.rate.enough is not None for one in active),
        bands=_bands(counted, len(cells)),
        figures=tuple(
            Figure(Mark(tone, words(text)), counted[key], _note(key, cells, words))
            for key, (tone, text) in GROUPS.items()
            if key != "ok" and (counted[key] or key in ("warn", "none", "wait", "bad"))
        ),
        slots=slots,
        rows=tuple(_row(day, slots, words) for day in sheet.days),
        trainees=tuple(
            sorted(people, key=lambda one: (one.fine, 100 if one.percent is None else one.percent, one.number))
        ),
        minimum=round(sheet.personal_min * 100),
        rules=rules_of(sheet, words),
        elements=elements_of(sheet, words),
        element_choices=element_choices(sheet, words),
        findings=tuple(
            OpeningLine(one.zh if words.language == "zh" else one.en, state_mark(LEVELS, one.level, words))
            for one in sheet.opening.findings
        ),
        approval=approval_of(sheet, words),
        log=log_of(sheet, words),
        plan_version=sheet.plan.version,
        exemptions=tuple(
            exemption_line(one, newest=place == 0, today=now.astimezone(CHINA).date(), words=words)
            for place, one in enumerate(sheet.exemptions)
        ),
        check_code=sheet.check_code,
        watermark=seen_by,
        paper_foot=css_text(f"{seen_by} · {sheet.class_no} · {words('校验码')} {sheet.check_code} · "),
        legend=tuple((key, words(text)) for key, (_, text) in GROUPS.items()),
    )


def group_of(cell: HourCell) -> str:
    """Of GROUPS; `todo` for an hour that is not over."""
    if cell.stage is None or cell.stage is Stage.NO_DATA_YET:
        return "silent" if cell.over else "todo"
    if cell.stage is Stage.EXEMPT:
        return "exempt"
    if cell.stage in RECOGNISED:
        return "ok"
    if cell.stage in (Stage.DECIDED_FAIL, Stage.FINAL_FAIL):
        return "bad"
    if cell.stage in (Stage.REVIEW_OPEN, Stage.OBJECTED):
        return "wait"
    return "none" if cell.state is VerdictState.FAIL_PROPOSED and NO_PICTURE & set(cell.reasons) else "warn"


_LOOKS = {
    "ok": ("ok", "ok"), "warn": ("warn", "warn"), "none": ("none", "none"), "wait": ("wait", "wait"),
    "bad": ("bad", "bad"), "exempt": ("none", "none"), "silent": ("none", "none"), "todo": ("todo", ""),
}  # fmt: skip


def present_cell(cell: HourCell, day: date, words: Words) -> Cell:
    group = group_of(cell)
    tone, icon = _LOOKS[group]
    figure = _figure(cell, group, words)
    stage = words(STAGES[cell.stage][1]) if cell.stage else words("未上") if not cell.over else words("等待结论")
    told = [
        f"{words.day(_noon(day))} {words('第 {n} 课时', n=cell.slot)} {short_time(cell.start)}–{short_time(cell.end)}",
        f"{words(KINDS[cell.kind])} {cell.room}",
        stage,
        *(reason_text(code, words) for code in cell.reasons),
    ]
    if cell.seen is not None and cell.required is not None:
        told.append(words("画面中位 {seen} 人,应当看见 {need} 人", seen=f"{cell.seen:g}", need=cell.required))
    if cell.overruled:
        told.append(words("人工改判"))
    elif cell.decided:
        told.append(words("人工认定"))
    if cell.makes_up:
        told.append(words("补课"))
    return Cell(
        lesson_hour_id=cell.lesson_hour_id,
        group=group,
        tone=tone,
        icon=icon,
        figure=figure,
        label=" · ".join(told),
        overruled=cell.overruled,
        by_hand=cell.decided is not None,
        makes_up=cell.makes_up,
        linked=cell.over or cell.stage is not None,
    )


def _figure(cell: HourCell, group: str, words: Words) -> str:
    if group == "todo":
        return words("未上")
    if group == "silent":
        return words("未到")
    if group == "exempt":
        return words("免核查")
    if cell.seen is None:
        return words("断录") if NO_PICTURE & set(cell.reasons) else f"—/{cell.required or cell.present}"
    return f"{int(cell.seen)}/{cell.required}"


def _row(day: SheetDay, slots: int, words: Words) -> DayRow:
    cells: list[Cell | None] = [present_cell(one, day.day, words) for one in day.hours]
    parts = []
    if day.recorded is not None:
        parts.append(words("录像 {n}%", n=int(day.recorded * 100)))
    if day.rate is not None and day.rate.hours:
        parts.append(words("到课 {n}%", n=int(day.rate.attended * 100 / day.rate.hours)))
    return DayRow(
        day=_noon(day.day),
        title=words.day(_noon(day.day)),
        cells=(*cells, *[None] * (slots - len(cells))),
        note=" · ".join(parts),
        enough=day.rate.enough if day.rate else None,
    )


def present_trainee(one: SheetTrainee, minimum: float, words: Words) -> TraineeLine:
    hints: list[Mark] = []
    rate = one.rate
    if one.left:
        hints.append(Mark("none", words("已退班")))
    elif rate.enough is False:
        short = _short(rate.attended, rate.hours, minimum)
        hints.append(Mark("bad", words("低于 {n}%,差 {k} 课时", n=round(minimum * 100), k=short)))
    if one.leave_over_limit:
        hints.append(Mark("bad", words("请假超过上限")))
    if one.flagged:
        hints.append(Mark("warn", words("{n} 课时的签到待核", n=one.flagged)))
    for status in (
        AttendanceStatus.ABSENT, AttendanceStatus.LATE, AttendanceStatus.EARLY_LEAVE, AttendanceStatus.LEAVE,
        AttendanceStatus.MAKEUP,
    ):  # fmt: skip
        if one.totals.get(status):
            tone, text = ATTENDANCE[status]
            hints.append(Mark("none" if tone == "bad" else tone, f"{words(text)} {one.totals[status]}"))
    return TraineeLine(
        roster_entry_id=one.roster_entry_id,
        number=one.number,
        name=one.name,
        id_number=one.id_number,
        percent=int(rate.attended * 100 / rate.hours) if rate.hours else None,
        attended=f"{rate.attended}/{rate.hours}",
        hints=tuple(hints),
        fine=rate.enough is not False and not one.flagged and not one.leave_over_limit,
    )


def _worst_first(one: TraineeLine) -> tuple[bool, int, int]:
    return one.fine, 100 if one.percent is None else one.percent, one.number


def _short(attended: int, hours: int, minimum: float) -> int:
    """How many attended hours are missing to the minimum, of the hours so far."""
    missing = 0
    while attended + missing < round(minimum * hours, 6):
        missing += 1
    return missing


def _bands(counted: Counter[str], planned: int) -> tuple[Band, ...]:
    found, x = [], 0
    for key in GROUPS:
        width = counted[key] * 1000 // planned if planned else 0
        if width:
            found.append(Band(_LOOKS[key][0], x, width))
        x += width
    return tuple(found)


def _note(group: str, cells: Sequence[HourCell], words: Words) -> str:
    own = [one for one in cells if one.over and group_of(one) == group]
    if not own:
        return words("没有")
    if group == "none":
        return words("不自动判违规,可说明或补课")
    if group == "warn":
        explained = sum(one.stage is Stage.FAIL_PROPOSED_DECIDE for one in own)
        return words("其中 {n} 课时可以认定了", n=explained) if explained else words("等机构说明")
    if group == "bad":
        return words("其中 {n} 课时可提异议", n=sum(one.stage is Stage.DECIDED_FAIL for one in own))
    return words("最早:{day}", day=words.day(min(one.start for one in own)))


def _span(sheet: ClassSheet, words: Words) -> str:
    if sheet.first_day is None or sheet.last_day is None:
        return words("还没有教学计划")
    first, last = words.day(_noon(sheet.first_day)), words.day(_noon(sheet.last_day))
    return first if first == last else f"{first} – {last}"


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), CHINA)
