"""What stands beside the figures of a class sheet: rules and versions, the opening, the log of changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from supervisor.changes.schemas import ChangeOut
from supervisor.console.decide_words import CHANGE_STATES, CHANGES, DIRECTIONS, ELEMENTS, LEAVES, TRUTHS, state_mark
from supervisor.console.i18n import Words, full_time, short_time
from supervisor.console.views import Mark
from supervisor.sheets.schemas import ClassSheet


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    title: str
    text: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """`photos`: SHA-256 of files of the class."""

    text: str
    mark: Mark
    photos: tuple[str, ...] = ()


def css_text(text: str) -> str:
    """For `content` of a style sheet: whatever is no letter or digit is escaped, so that a name cannot end it."""
    return "".join(one if one.isalnum() else f"\\{ord(one):x} " for one in text)


def rules_of(sheet: ClassSheet, words: Words) -> tuple[tuple[str, str], ...]:
    name = sheet.profile_zh if words.language == "zh" else sheet.profile_en
    clause = words(
        "每课时连续录像不少于 {n},期间全体出勤学员可见(中位人数 ≥ 应见的 {p}%)",
        n=words.duration(sheet.clip_min_s * 1000), p=round(sheet.median_ratio * 100),
    )  # fmt: skip
    return (
        (words("规则"), f"{name} · {sheet.profile} · A-16 · A-17"),
        (words("要求"), clause),
        (words("判定程序"), " ".join(sheet.rule_versions) or "—"),
        (words("计数算法"), " / ".join(sheet.counters) or "—"),
        (words("结论"), words("算法只作初判,不合格的结论由人作出")),
    )


def elements_of(sheet: ClassSheet, words: Words) -> tuple[OpeningLine, ...]:
    signed = sheet.opening.signed
    lines = [
        OpeningLine(
            words(ELEMENTS[name]) if name in ELEMENTS else name,
            Mark("ok", words("齐全")) if there else Mark("bad", words("缺少")),
        )
        for name, there in sheet.opening.elements.items()
    ]
    if sheet.opening.application is not None:
        lines.append(
            OpeningLine(
                words("第一责任人签署"),
                Mark("ok", words("已签署")) if signed else Mark("warn", words("未签署当前内容")),
            )
        )
    reviewed = {one.element: one for one in sheet.opening.reviews if one.kind == "truth" and one.current}
    for one in reviewed.values():
        name = words(ELEMENTS[one.element]) if one.element in ELEMENTS else one.element
        text = words("核实:{element}", element=name) + (f" · {one.reason}" if one.reason else "")
        lines.append(OpeningLine(text, state_mark(TRUTHS, one.result, words), tuple(one.photos)))
    return tuple(lines)


def element_choices(sheet: ClassSheet, words: Words) -> tuple[tuple[str, str], ...]:
    return tuple((name, words(ELEMENTS[name]) if name in ELEMENTS else name) for name in sheet.opening.elements)


def approval_of(sheet: ClassSheet, words: Words) -> str:
    if sheet.approved_at is None:
        return words("尚未批准;批准前上的课不计入")
    return words("{who} 于 {at} 批准", who=sheet.approved_by or "—", at=full_time(sheet.approved_at))


def log_of(sheet: ClassSheet, words: Words) -> tuple[LogLine, ...]:
    """Changes of the plan, leave, make-up check-ins and drop-outs, newest first. Reasons of leave may tell of illness
    and are not shown."""
    people = {one.roster_entry_id: f"{one.number} {one.name}" for one in sheet.trainees}
    lines = [_change(one, words) for one in sheet.plan.changes]
    for away in sheet.leaves:
        span = f"{words.day(away.start)} {short_time(away.start)}–{words.day(away.until)} {short_time(away.until)}"
        title = f"{words(LEAVES[away.kind])} · {people.get(away.roster_entry_id, '')}"
        lines.append(LogLine(away.asked_at, title, span, state_mark(CHANGE_STATES, away.state, words)))
    for made in sheet.makeups:
        title = f"{words('补签')} · {people.get(made.roster_entry_id, '')}"
        text = f"{words(DIRECTIONS[made.direction])} {words.day(made.at)} {short_time(made.at)}"
        lines.append(LogLine(made.asked_at, title, text, state_mark(CHANGE_STATES, made.state, words)))
    for out in sheet.drop_outs:
        title = f"{words('退班')} · {people.get(out.roster_entry_id, '')}"
        lines.append(LogLine(out.asked_at, title, "", state_mark(CHANGE_STATES, out.state, words)))
    return tuple(sorted(lines, key=lambda one: one.at, reverse=True))


def _change(one: ChangeOut, words: Words) -> LogLine:
    title = words(CHANGES[one.kind])
    if one.version is not None:
        title += f" · {words('计划第 {n} 版', n=one.version)}"
    span = _planned(one.before, words)
    if one.kind in ("move", "makeup_lesson"):
        span += f" → {_planned(one.after, words)}"
    elif one.kind == "substitute":
        span += f" → {'、'.join(one.after.get('teachers', []))}"
    return LogLine(one.asked_at, title, f"{span} · {one.reason}", state_mark(CHANGE_STATES, one.state, words))


def _planned(what: dict[str, object], words: Words) -> str:
    start = what.get("start")
    if not isinstance(start, str):
        return ""
    at = datetime.fromisoformat(start)
    return f"{words.day(at)} {short_time(at)}"
