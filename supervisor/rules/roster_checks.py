"""The comparison of a roster (RULES 2.7: RC01–RC16; A-05, A-06, A-07, A-24): pure rules over what is known of a class.

A rule without its source says NOT_CHECKED, never OK. ID numbers, phones, accounts and addresses come as keyed hashes
(`key`), so that a check tells nobody's number. `row` counts from 0; None: the check is of the whole class.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from supervisor.rules.roster_facts import Facts, ListKind, Person, Previous, Result, RosterCheck

OWN = "own"  # the source of what the centre itself knows
GRADUATES = "毕业年度高校毕业生"
UNEMPLOYED = frozenset({"城镇登记失业人员", "就业困难人员"})
CORRECTED = frozenset({"makeup"})  # check-in methods that mend a missing one


Hit = tuple[Result, str]  # result, detail
Checks = Iterator[RosterCheck]


def check_roster(facts: Facts) -> tuple[RosterCheck, ...]:
    """Every rule of RULES, in its order; each gives at least one check for each row, or one for the class."""
    return tuple(check for rule in RULES for check in rule.checks(rule.id, facts))


def completed_months(birth: date, day: date) -> int:
    return (day.year - birth.year) * 12 + day.month - birth.month - (day.day < birth.day)


def _own(row: int | None, rule: str, hit: Hit | None, subject: str | None = None) -> RosterCheck:
    result, detail = hit or (Result.OK, "CLEAN")
    return RosterCheck(row, rule, result, detail, None if result is Result.NOT_CHECKED else OWN, None, subject)


def _unknown(row: int | None, rule: str, detail: str = "NO_SOURCE") -> RosterCheck:
    return RosterCheck(row, rule, Result.NOT_CHECKED, detail)


def _number(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        hit: Hit | None = None
        if person.number is None:
            hit = Result.BLOCK, "ID_INVALID"
        elif person.sex is not None and person.sex is not person.number.sex:
            hit = Result.BLOCK, "SEX_DIFFERS"
        yield _own(person.row, rule, hit)


def _twice(rule: str, facts: Facts) -> Checks:
    times = Counter(person.key for person in facts.people)
    own = [lesson for lesson in facts.lessons if lesson.other is None]
    for person in facts.people:
        if times[person.key] > 1:
            yield _own(person.row, rule, (Result.BLOCK, "TWICE_IN_ROSTER"))
            continue
        elsewhere: dict[str, Hit] = {}
        for lesson in facts.busy.get(person.key, ()):
            assert lesson.other is not None
            if any(lesson.start < mine.end and mine.start < lesson.end for mine in own):
                elsewhere[lesson.other] = Result.BLOCK, "LESSONS_OVERLAP"
            elif facts.opening_day <= lesson.day <= facts.last_day:
                elsewhere.setdefault(lesson.other, (Result.WARN, "CLASSES_OVERLAP"))
        for other, hit in elsewhere.items():
            yield _own(person.row, rule, hit, other)
        if not elsewhere:
            yield _own(person.row, rule, None)


def _age(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        if person.number is None:
            yield _unknown(person.row, rule, "ID_INVALID")
            continue
        months = completed_months(person.number.birth, facts.opening_day)
        hit: Hit | None = None
        if months < facts.rules.min_age * 12:
            hit = Result.BLOCK, "TOO_YOUNG"
        else:
            reached = {
                row.result
                for row in facts.rules.retirement
                if row.sex == person.number.sex and months >= row.months(person.number.birth)
            }
            if "block" in reached:
                hit = Result.BLOCK, "PAST_RETIREMENT"
            elif reached:
                hit = Result.WARN, "PAST_LOWER_RETIREMENT"
        yield _own(person.row, rule, hit)


def _on_list(result: Result, *kinds: ListKind) -> Callable[[str, Facts], Checks]:
    """Whoever is on a list for a day of the class. OK only when each kind has a list in force."""

    def checks(rule: str, facts: Facts) -> Checks:
        for person in facts.people:
            yield from _compare(rule, facts, person, result, kinds)

    return checks


def _compare(rule: str, facts: Facts, person: Person, result: Result, kinds: tuple[ListKind, ...]) -> Checks:
    held = [one for kind in kinds for one in facts.of_kind(kind)]
    hits = [
        one
        for one in held
        if any(period.meets(facts.opening_day, facts.last_day) for period in one.people.get(person.key, ()))
    ]
    for one in hits:
        yield RosterCheck(person.row, rule, result, f"ON_LIST_{one.kind.upper()}", one.source, one.as_of)
    if hits:
        return
    if {one.kind for one in held} != set(kinds):
        yield _unknown(person.row, rule)
    else:
        oldest = min(held, key=lambda one: one.as_of)
        yield RosterCheck(person.row, rule, Result.OK, "CLEAN", oldest.source, oldest.as_of)


def _insured(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        if facts.given.for_unemployed or person.category in UNEMPLOYED:
            yield from _compare(rule, facts, person, Result.WARN, (ListKind.INSURED,))
        else:
            yield _unknown(person.row, rule, "NOT_FOR_UNEMPLOYED")


def _category(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        if person.category is None:
            yield _unknown(person.row, rule, "NO_CATEGORY")
            continue
        held = [one for one in facts.of_kind(ListKind.CATEGORY) if one.category == person.category]
        if not held:
            yield _unknown(person.row, rule)
            continue
        found = [
            one
            for one in held
            if any(period.meets(facts.opening_day, facts.opening_day) for period in one.people.get(person.key, ()))
        ]
        said = max(found or held, key=lambda one: one.as_of)
        hit = (Result.OK, "CLEAN") if found else (Result.WARN, "NOT_ON_CATEGORY_LIST")
        yield RosterCheck(person.row, rule, *hit, said.source, said.as_of)


def _subsidised(rule: str, facts: Facts) -> Checks:
    registry = facts.of_kind(ListKind.SUBSIDISED)
    for person in facts.people:
        had = list(facts.previous.get(person.key, ()))
        years = [
            Previous((period.first or one.as_of).year) for one in registry for period in one.people.get(person.key, ())
        ]
        hits = list(_subsidies(facts, had)) or list(_subsidies(facts, years))
        if not hits and len(had) + len(years) >= facts.rules.subsidised_max:
            hits = [(Result.WARN, "SUBSIDISED_OFTEN_TOGETHER")]  # both sources may know the same course
        for hit in hits:
            yield _own(person.row, rule, hit)
        if not hits:
            newest = max(registry, key=lambda one: one.as_of, default=None)
            if newest is None:
                yield _unknown(person.row, rule, "OWN_RECORDS_ONLY")
            else:
                yield RosterCheck(person.row, rule, Result.OK, "CLEAN", newest.source, newest.as_of)


def _subsidies(facts: Facts, had: list[Previous]) -> Iterator[Hit]:
    occupation, level = facts.given.occupation, facts.given.level
    if any(one.year == facts.opening_day.year for one in had):
        yield Result.BLOCK, "SUBSIDISED_THIS_YEAR"
    if len(had) >= facts.rules.subsidised_max:
        yield Result.BLOCK, "SUBSIDISED_OFTEN"
    same = [one.level for one in had if occupation is not None and one.occupation == occupation and one.level]
    if level is not None and level in same:
        yield Result.BLOCK, "SAME_COURSE_BEFORE"
    if level is not None and any(one < level for one in same):
        yield Result.WARN, "LOWER_AFTER_HIGHER"


def _student(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        if person.category == GRADUATES:
            yield _own(person.row, rule, (Result.WARN, "GRADUATION_YEAR_CLAIMED"))
        else:
            yield from _compare(rule, facts, person, Result.WARN, (ListKind.STUDENTS,))


def _contacts(rule: str, facts: Facts) -> Checks:
    held = {what: Counter(getattr(person, what) for person in facts.people) for what in ("phone", "account", "address")}
    for person in facts.people:
        known = False
        hits: list[Hit] = []
        for what, count in held.items():
            value = getattr(person, what)
            if value is None:
                continue
            known = True
            if count[value] + facts.shared.get(value, 0) >= facts.rules.same_contact_people:
                hits.append((Result.WARN, f"SAME_{what.upper()}"))
        for hit in hits:
            yield _own(person.row, rule, hit)
        if not hits:
            yield _own(person.row, rule, None) if known else _unknown(person.row, rule, "NO_CONTACTS")


def _teachers(rule: str, facts: Facts) -> Checks:
    own = [lesson for lesson in facts.lessons if lesson.other is None]
    mine = {name for lesson in own for name in lesson.teachers}
    if not mine:
        yield _unknown(None, rule, "NO_PLAN")
        return
    hits: list[tuple[int | None, Hit, str | None]] = []
    hours: dict[tuple[str, date], int] = defaultdict(int)
    for lesson in facts.lessons:
        for name in set(lesson.teachers) & mine:
            hours[name, lesson.day] += lesson.hours
    days = {lesson.day for lesson in own}
    for (_, day), count in sorted(hours.items()):
        if count > facts.rules.teacher_hours_a_day and day in days:
            hits.append((None, (Result.BLOCK, "TEACHER_TOO_MANY_HOURS"), str(day)))
    for lesson in own:
        for beside in facts.lessons:
            together = set(lesson.teachers) & set(beside.teachers)
            apart = lesson.room != beside.room and lesson.start < beside.end and beside.start < lesson.end
            if together and apart:
                hits.append((None, (Result.BLOCK, "TEACHER_IN_TWO_ROOMS"), str(lesson.day)))
    hits.extend((one.row, (Result.BLOCK, "TEACHER_IS_TRAINEE"), None) for one in facts.people if one.name in mine)
    for row, hit, subject in dict.fromkeys(hits):
        yield _own(row, rule, hit, subject)
    if not hits:
        yield _own(None, rule, None)


def _staff(rule: str, facts: Facts) -> Checks:
    for person in facts.people:
        listed = [one for one in facts.of_kind(ListKind.STAFF) if person.key in one.people]
        if listed:
            one = listed[0]
            yield RosterCheck(person.row, rule, Result.WARN, "ON_LIST_STAFF", one.source, one.as_of)
        else:
            hit = (Result.WARN, "NAMED_LIKE_STAFF") if person.name in facts.staff else None
            yield _own(person.row, rule, hit)


def _institution(rule: str, facts: Facts) -> Checks:
    standing = facts.given.standing
    if standing is None:
        yield _unknown(None, rule)
        return
    hits: list[Hit] = []
    if standing.blacklisted:
        hits.append((Result.BLOCK, "BLACKLISTED"))
    if standing.licence_until is not None and standing.licence_until < facts.last_day:
        hits.append((Result.BLOCK, "LICENCE_EXPIRES"))
    occupation = facts.given.occupation
    if standing.scope is not None and occupation is not None and occupation not in standing.scope:
        hits.append((Result.BLOCK, "OUT_OF_SCOPE"))
    for hit in hits:
        yield _own(None, rule, hit)
    if not hits:
        whole = standing.licence_until is not None and standing.scope is not None and occupation is not None
        yield _own(None, rule, None) if whole else _unknown(None, rule, "LICENCE_UNKNOWN")


def _check_ins(rule: str, facts: Facts) -> Checks:
    users: dict[str, set[int]] = defaultdict(set)
    sessions: dict[int, set[UUID]] = defaultdict(set)
    corrected: dict[int, set[UUID]] = defaultdict(set)
    for mark in facts.marks:
        sessions[mark.row].add(mark.session)
        if mark.method in CORRECTED:
            corrected[mark.row].add(mark.session)
        if mark.device is not None:
            users[mark.device].add(mark.row)
    shared = {row for rows in users.values() if len(rows) >= facts.rules.device_people for row in rows}
    for person in facts.people:
        came = sessions[person.row]
        if not came:
            yield _unknown(person.row, rule, "NO_CHECK_IN")
            continue
        hits: list[Hit] = []
        if person.row in shared:
            hits.append((Result.WARN, "DEVICE_OF_MANY"))
        if len(corrected[person.row]) / len(came) > facts.rules.corrected_max:
            hits.append((Result.WARN, "MANY_CORRECTED"))
        for hit in hits:
            yield _own(person.row, rule, hit)
        if not hits:
            yield _own(person.row, rule, None)


def _hire_intent(rule: str, facts: Facts) -> Checks:
    if facts.given.enterprise_order is False:
        yield _own(None, rule, (Result.OK, "NO_ENTERPRISE_ORDER"))
    elif facts.given.enterprise_order is None or facts.given.hire_intent is None:
        yield _unknown(None, rule)
    else:
        for person in facts.people:
            proven = person.entry in facts.given.hire_intent
            yield _own(person.row, rule, None if proven else (Result.BLOCK, "NO_HIRE_INTENT"))


def _statement(rule: str, facts: Facts) -> Checks:
    signed = facts.given.has_statement
    for person in facts.people:
        if signed is None:
            yield _unknown(person.row, rule)
        else:
            yield _own(person.row, rule, None if person.entry in signed else (Result.BLOCK, "NO_STATEMENT"))


@dataclass(frozen=True, slots=True)
class Rule:
    """`worst`: the gravest result. `needs`: where the facts come from."""

    id: str
    zh: str
    en: str
    worst: Result
    needs: str
    checks: Callable[[str, Facts], Checks]


_B, _W = Result.BLOCK, Result.WARN
RULES = (
    Rule("RC01", "身份证号、性别", "ID number and sex", _B, "roster", _number),
    Rule("RC02", "重复参训、时间重叠", "twice, or in two classes at once", _B, "own", _twice),
    Rule("RC03", "年龄", "age on the opening day", _B, "roster", _age),
    Rule("RC04", "死亡、服刑", "deceased, in custody", _B, "lists", _on_list(_B, ListKind.DECEASED, ListKind.CUSTODY)),
    Rule("RC05", "领取养老金", "drawing a pension", _B, "lists", _on_list(_B, ListKind.PENSION)),
    Rule("RC06", "财政供养", "on the public payroll", _B, "lists", _on_list(_B, ListKind.PUBLIC_PAYROLL)),
    Rule("RC07", "失业班学员在企业参保", "insured by an enterprise", _W, "lists", _insured),
    Rule("RC08", "人员类型与名单不符", "category not on its list", _W, "lists", _category),
    Rule("RC09", "已享受培训补贴", "subsidised before", _B, "own, lists", _subsidised),
    Rule("RC10", "在校学生", "full-time student", _W, "lists", _student),
    Rule("RC11", "电话、账号、住址相同", "same phone, account or address", _W, "own", _contacts),
    Rule("RC12", "上课期间住院、出境", "in hospital or abroad", _W, "lists", _on_list(_W, ListKind.EXIT)),
    Rule("RC13", "教师排课冲突", "teachers' timetable", _B, "own", _teachers),
    Rule("RC14", "学员是机构人员", "trainee is staff", _W, "own, lists", _staff),
    Rule("RC15", "机构资格", "the institution's standing", _B, "licence", _institution),
    Rule("RC16", "签到设备、补签", "devices and corrections", _W, "own", _check_ins),
    Rule("A-07", "企业拟招录证明", "proof of intended hiring", _B, "statements", _hire_intent),
    Rule("A-24", "本人承诺书", "the trainee's own statement", _B, "statements", _statement),
)
BY_ID = {rule.id: rule for rule in RULES}
