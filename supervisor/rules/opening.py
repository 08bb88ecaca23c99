"""What an opening application lacks, and what speaks against it (A-02, A-07 … A-10, A-24, B-17, B-22).

BLOCK stops the approval, WARN is shown to who approves, NOT_CHECKED says that nothing was there to check against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from config.profile import OpeningApplicationRules, OpeningRules
from supervisor.rules.working_days import WorkingCalendar

Level = Literal["BLOCK", "WARN", "NOT_CHECKED"]
ELEMENTS = ("roster", "plan", "teachers", "resources", "assessment")
ASSESSMENT_KEYS = ("method", "date", "pass_mark", "body")
KEYWORDS = {"safety": ("安全",), "fire": ("消防",), "law": ("法制", "法律"), "putonghua": ("普通话",)}
"""B-22: the basic course, and the words of a plan row's content that name it."""
TAG_ZH = {"safety": "安全", "fire": "消防", "law": "法制", "putonghua": "普通话"}


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    level: Level
    element: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class PlanFact:
    """`kind`: theory, practice or exam. `identified`: the teacher's ID number is registered."""

    day: date
    hours: int
    kind: str
    room: str
    teachers: int
    identified: bool
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Application:
    opening_day: date
    kind: str | None
    occupation: str | None
    level: str | None
    teaching_language: str | None
    theory_hours: int | None
    practice_hours: int | None
    roster: int
    plan: tuple[PlanFact, ...]
    resources: int
    assessment: dict[str, object] = field(default_factory=dict)
    extra: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Permitted:
    """One line of a licence or of the county's catalogue. `until` is the last day; None: no end is known."""

    occupation: str
    level: str
    since: date
    until: date | None

    def covers(self, occupation: str, level: str, day: date) -> bool:
        in_time = self.since <= day and (self.until is None or day <= self.until)
        return in_time and (self.occupation, self.level) == (occupation, level)


def tags_of(content: str) -> frozenset[str]:
    """The parts of the basic course that a row's content names."""
    return frozenset(tag for tag, words in KEYWORDS.items() if any(word in content for word in words))


def missing(application: Application, rules: OpeningApplicationRules) -> list[Finding]:
    """A-02: each absent element, with its own code."""
    found = []
    if application.roster == 0:
        found.append(_missing("roster", "缺少培训学员花名册", "there is no roster"))
    if not _plan_complete(application):
        found.append(
            _missing(
                "plan",
                "缺少教学计划,或计划的理论、实操学时与申报学时不一致",
                "there is no teaching plan, or its theory and practice hours are not those declared",
            )
        )
    if not application.plan or any(row.teachers == 0 for row in application.plan):
        found.append(_missing("teachers", "有课次没有授课师资", "a plan row has no teacher", "OPEN_MISSING_TEACHER"))
    if application.resources == 0:
        found.append(_missing("resources", "缺少教学资源(教材、数字课程等)", "there is no teaching resource"))
    if any(application.assessment.get(key) in (None, "") for key in ASSESSMENT_KEYS):
        found.append(
            _missing(
                "assessment",
                "考核方案不完整:方式、日期、合格分数、评价机构(或本校考核)",
                "the assessment scheme lacks its method, date, pass mark or evaluation body",
            )
        )
    found += [
        _missing(name, f"缺少:{name}", f"missing: {name}", "OPEN_MISSING_EXTRA")
        for name in rules.extra_elements
        if name not in application.extra
    ]
    return found


def _plan_complete(application: Application) -> bool:
    hours = _hours(application.plan)
    declared = (application.theory_hours, application.practice_hours)
    return bool(application.plan) and (hours["theory"], hours["practice"]) == declared


def _hours(plan: Sequence[PlanFact]) -> Counter[str]:
    hours: Counter[str] = Counter()
    for row in plan:
        hours[row.kind] += row.hours
    return hours


def plan_findings(
    application: Application,
    rules: OpeningApplicationRules,
    opening: OpeningRules,
    submitted: date,
    calendar: WorkingCalendar,
) -> list[Finding]:
    """A-01 (lead time), A-10, B-22, B-23. The share of theory and practice is of both together."""
    found = []
    hours = _hours(application.plan)
    whole = hours["theory"] + hours["practice"]
    for kind, least, zh in (("theory", rules.theory_min, "理论"), ("practice", rules.practice_min, "实操")):
        if whole and hours[kind] < least * whole:
            text = f"{hours[kind]}/{whole}"
            found.append(
                Finding(
                    f"PLAN_{kind.upper()}_SHARE",
                    "WARN",
                    "plan",
                    f"{zh}学时 {text},低于 {least:.0%}",
                    f"{kind} hours {text}: below {least:.0%}",
                )
            )
    for tag, zh in TAG_ZH.items():
        if sum(row.hours for row in application.plan if tag in row.tags) < rules.basic_hours:
            found.append(
                Finding(
                    f"PLAN_NO_{tag.upper()}",
                    "BLOCK",
                    "plan",
                    f"基本课程缺少{zh}内容(至少 {rules.basic_hours} 学时)",
                    f"the plan has less than {rules.basic_hours} lesson hours of {tag}",
                )
            )
    if not all(row.identified for row in application.plan):
        found.append(_warn("TEACHER_ID_MISSING", "teachers", "有教师未登记身份证号", "a teacher has no ID number here"))
    if application.teaching_language != "普通话":
        found.append(_warn("LANGUAGE_NOT_DECLARED", "plan", "未申明使用普通话教学", "Putonghua is not declared"))
    if calendar.after(submitted, opening.lead_working_days) > application.opening_day:
        found.append(
            _warn(
                "LEAD_TIME_SHORT",
                "plan",
                f"距开班不足 {opening.lead_working_days} 个工作日",
                f"less than {opening.lead_working_days} working days before the opening",
            )
        )
    return found


def scope_findings(
    application: Application, licences: Sequence[Permitted] | None, catalogue: Sequence[Permitted] | None
) -> list[Finding]:
    """A-08: occupation and level are in the licence and in the county's catalogue as of the opening day. None: nothing
    was ever entered, so nothing is known."""
    found = []
    for name, lines, zh in (("LICENCE", licences, "办学许可范围"), ("CATALOGUE", catalogue, "本县培训目录")):
        if not lines or application.occupation is None or application.level is None:
            found.append(
                _unknown(f"{name}_NOT_CHECKED", "plan", f"未核对{zh}", f"not checked against the {name.lower()}")
            )
        elif not any(one.covers(application.occupation, application.level, application.opening_day) for one in lines):
            found.append(
                _block(
                    f"OUTSIDE_{name}",
                    "plan",
                    f"职业(工种)和等级不在开班当日的{zh}内",
                    f"occupation and level are not in the {name.lower()} of the opening day",
                )
            )
    return found


def room_findings(application: Application, capacities: dict[str, int | None]) -> list[Finding]:
    """A-09. `capacities`: room → heads verified on site and valid on the opening day; None: its verification is over or
    was negative; absent: it was never verified."""
    found = []
    rooms = {row.room for row in application.plan}
    if rooms - capacities.keys():
        found.append(_unknown("SITE_NOT_CHECKED", "plan", "有教室未经实地核实", "a room was never verified on site"))
    known = [capacities[room] for room in rooms if room in capacities]
    if None in known:
        found.append(
            _block("SITE_NOT_VALID", "plan", "教室的实地核实未通过或已过期", "a room's verification is not valid")
        )
    if any(heads is not None and heads < application.roster for heads in known):
        found.append(_block("ROOM_TOO_SMALL", "plan", "培训人数超过教室核定人数", "more trainees than a room may hold"))
    return found


def commitment_findings(
    roster: Collection[str], notice: bool, stated: Collection[str], intended: Collection[str] | None
) -> list[Finding]:
    """A-24; A-07 where `intended` (entries with proof that the enterprise means to hire them) is not None."""
    found = []
    if not notice:
        found.append(
            _block("NO_INSTITUTION_NOTICE", "roster", "缺少机构承诺(告知书)", "the institution's commitment is missing")
        )
    without = len(set(roster) - set(stated))
    if without:
        found.append(
            _block(
                "NO_TRAINEE_STATEMENT", "roster", f"{without} 名学员缺少承诺书", f"{without} trainees made no statement"
            )
        )
    if intended is not None and set(roster) - set(intended):
        found.append(
            _block("NO_HIRE_INTENT", "roster", "有学员缺少本企业拟招录证明", "proof of intended hiring is missing")
        )
    return found


def assessment_findings(application: Application, filed: Sequence[Permitted] | None, school: bool) -> list[Finding]:
    """B-17: the evaluation body is on the filed list on the opening day; a school that takes another says why."""
    body = application.assessment.get("body")
    if not body or body == "own":
        return []
    found = []
    if not filed:
        found.append(
            _unknown("EVALUATION_NOT_CHECKED", "assessment", "未核对评价机构目录", "no list of evaluation bodies")
        )
    elif not any(one.covers(str(body), "", application.opening_day) for one in filed):
        found.append(_block("EVALUATION_NOT_FILED", "assessment", "评价机构未备案", "the evaluation body is not filed"))
    if school and not application.assessment.get("reason"):
        found.append(
            _warn("EVALUATION_NO_REASON", "assessment", "院校未用本校评价机构,未说明理由", "a school gives no reason")
        )
    return found


def _missing(element: str, zh: str, en: str, code: str | None = None) -> Finding:
    return Finding(code or f"OPEN_MISSING_{element.upper()}", "BLOCK", element, zh, en)


def _block(code: str, element: str, zh: str, en: str) -> Finding:
    return Finding(code, "BLOCK", element, zh, en)


def _warn(code: str, element: str, zh: str, en: str) -> Finding:
    return Finding(code, "WARN", element, zh, en)


def _unknown(code: str, element: str, zh: str, en: str) -> Finding:
    return Finding(code, "NOT_CHECKED", element, zh, en)
