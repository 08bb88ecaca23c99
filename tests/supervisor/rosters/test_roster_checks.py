"""The rules of the comparison, a table of cases for each (RULES 2.7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from config.clock import CHINA
from config.profile import DEFAULT_ROSTER, load_profile
from supervisor.rules.identifiers import Sex, id_check_digit, parse_id_number
from supervisor.rules.roster_checks import BY_ID, GRADUATES, check_roster
from supervisor.rules.roster_details import DETAILS
from supervisor.rules.roster_facts import (
    Facts,
    Given,
    Lesson,
    Listed,
    ListKind,
    Mark,
    Period,
    Person,
    Previous,
    Result,
    Standing,
)

DAY = date(2026, 11, 23)
ROOM, OTHER_ROOM = UUID(int=1), UUID(int=2)


def born(day: date, sex: str = "0") -> str:
    """An ID number of nobody: sequence 000 (even: female), or 001 for a man's."""
    body = f"140521{day:%Y%m%d}00{'1' if sex == '1' else '0'}"
    return body + id_check_digit(body)


def person(row: int = 0, **changes: Any) -> Person:
    number = parse_id_number(born(date(1990, 1, 1)))
    return replace(Person(row, f"key{row}", f"学员{row}", number, UUID(int=100 + row)), **changes)


def lesson(start: int = 9, hours: int = 2, **changes: Any) -> Lesson:
    at = datetime(2026, 11, 23, start, tzinfo=CHINA)
    return replace(Lesson(at, at + timedelta(hours=2), DAY, ROOM, ("张老师",), hours), **changes)


def listed(kind: str, *keys: str, period: Period | None = None, **changes: Any) -> Listed:
    people = {key: (period or Period(),) for key in keys}
    return Listed(ListKind(kind), "某局", date(2026, 11, 1), people, **changes)


def found(rule: str, *people: Person, **changes: Any) -> set[tuple[int | None, str, str]]:
    """Row, result and detail of what the rule says."""
    facts = Facts(DAY, DAY, DEFAULT_ROSTER, people or (person(),), **changes)
    return {(one.row, one.result.value, one.detail) for one in check_roster(facts) if one.rule == rule}


MAN = parse_id_number(born(date(1990, 1, 1), "1"))
BUSY = {"other": "b"}
CASES: list[tuple[str, tuple[Person, ...], dict[str, Any], set[tuple[int | None, str, str]]]] = [
    ("RC01", (person(),), {}, {(0, "OK", "CLEAN")}),
    ("RC01", (person(number=None),), {}, {(0, "BLOCK", "ID_INVALID")}),
    ("RC01", (person(sex=Sex.MALE),), {}, {(0, "BLOCK", "SEX_DIFFERS")}),
    ("RC01", (person(sex=Sex.MALE, number=MAN),), {}, {(0, "OK", "CLEAN")}),
    (
        "RC02",
        (person(), person(1, key="key0")),
        {},
        {(0, "BLOCK", "TWICE_IN_ROSTER"), (1, "BLOCK", "TWICE_IN_ROSTER")},
    ),
    (
        "RC02",
        (person(),),
        {"lessons": (lesson(),), "busy": {"key0": (lesson(10, **BUSY),)}},
        {(0, "BLOCK", "LESSONS_OVERLAP")},
    ),
    (
        "RC02",
        (person(),),
        {"lessons": (lesson(),), "busy": {"key0": (lesson(11, **BUSY),)}},
        {(0, "WARN", "CLASSES_OVERLAP")},
    ),
    ("RC04", (person(),), {"lists": (listed("deceased", "key0"),)}, {(0, "BLOCK", "ON_LIST_DECEASED")}),
    ("RC04", (person(),), {"lists": (listed("deceased"),)}, {(0, "NOT_CHECKED", "NO_SOURCE")}),  # no custody list
    ("RC04", (person(),), {"lists": (listed("deceased"), listed("custody"))}, {(0, "OK", "CLEAN")}),
    (
        "RC04",
        (person(),),
        {"lists": (listed("deceased"), listed("custody", "key0", period=Period(None, date(2026, 11, 22))))},
        {(0, "OK", "CLEAN")},
    ),
    ("RC05", (person(),), {"lists": (listed("pension", "key0"),)}, {(0, "BLOCK", "ON_LIST_PENSION")}),
    ("RC06", (person(),), {"lists": (listed("public_payroll", "key0"),)}, {(0, "BLOCK", "ON_LIST_PUBLIC_PAYROLL")}),
    ("RC07", (person(),), {"lists": (listed("insured", "key0"),)}, {(0, "NOT_CHECKED", "NOT_FOR_UNEMPLOYED")}),
    (
        "RC07",
        (person(),),
        {"lists": (listed("insured", "key0"),), "given": Given(for_unemployed=True)},
        {(0, "WARN", "ON_LIST_INSURED")},
    ),
    ("RC08", (person(),), {}, {(0, "NOT_CHECKED", "NO_CATEGORY")}),
    ("RC08", (person(category="脱贫劳动力"),), {}, {(0, "NOT_CHECKED", "NO_SOURCE")}),
    (
        "RC08",
        (person(category="脱贫劳动力"), person(1, category="脱贫劳动力")),
        {"lists": (listed("category", "key0", category="脱贫劳动力"),)},
        {(0, "OK", "CLEAN"), (1, "WARN", "NOT_ON_CATEGORY_LIST")},
    ),
    ("RC09", (person(),), {}, {(0, "NOT_CHECKED", "OWN_RECORDS_ONLY")}),
    ("RC09", (person(),), {"lists": (listed("subsidised"),)}, {(0, "OK", "CLEAN")}),
    (
        "RC09",
        (person(),),
        {"lists": (listed("subsidised", "key0", period=Period(date(2026, 3, 1))),)},
        {(0, "BLOCK", "SUBSIDISED_THIS_YEAR")},
    ),
    ("RC09", (person(),), {"previous": {"key0": (Previous(2020),) * 3}}, {(0, "BLOCK", "SUBSIDISED_OFTEN")}),
    (
        "RC09",
        (person(),),
        {"previous": {"key0": (Previous(2020, "焊工", 4),)}, "given": Given(occupation="焊工", level=4)},
        {(0, "BLOCK", "SAME_COURSE_BEFORE")},
    ),
    (
        "RC09",
        (person(),),
        {"previous": {"key0": (Previous(2020, "焊工", 3),)}, "given": Given(occupation="焊工", level=4)},
        {(0, "WARN", "LOWER_AFTER_HIGHER")},
    ),
    ("RC10", (person(),), {"lists": (listed("students", "key0"),)}, {(0, "WARN", "ON_LIST_STUDENTS")}),
    ("RC10", (person(category=GRADUATES),), {}, {(0, "WARN", "GRADUATION_YEAR_CLAIMED")}),
    ("RC11", (person(),), {}, {(0, "NOT_CHECKED", "NO_CONTACTS")}),
    (
        "RC11",
        (person(phone="p"), person(1, phone="p", account="a")),
        {},
        {(0, "WARN", "SAME_PHONE"), (1, "WARN", "SAME_PHONE")},
    ),
    ("RC11", (person(address="d"),), {"shared": {"d": 1}}, {(0, "WARN", "SAME_ADDRESS")}),
    ("RC11", (person(account="a"),), {"shared": {"d": 1}}, {(0, "OK", "CLEAN")}),
    ("RC12", (person(),), {}, {(0, "NOT_CHECKED", "NO_SOURCE")}),
    ("RC12", (person(),), {"lists": (listed("exit", "key0", period=Period(DAY, DAY)),)}, {(0, "WARN", "ON_LIST_EXIT")}),
    ("RC13", (person(),), {}, {(None, "NOT_CHECKED", "NO_PLAN")}),
    ("RC13", (person(),), {"lessons": (lesson(),)}, {(None, "OK", "CLEAN")}),
    ("RC13", (person(name="张老师"),), {"lessons": (lesson(),)}, {(0, "BLOCK", "TEACHER_IS_TRAINEE")}),
    (
        "RC13",
        (person(),),
        {"lessons": (lesson(), lesson(10, room=OTHER_ROOM, **BUSY))},
        {(None, "BLOCK", "TEACHER_IN_TWO_ROOMS")},
    ),
    (
        "RC13",
        (person(),),
        {"lessons": (lesson(8, 5), lesson(13, 4, **BUSY))},
        {(None, "BLOCK", "TEACHER_TOO_MANY_HOURS")},
    ),
    ("RC14", (person(),), {"staff": frozenset({"学员0"})}, {(0, "WARN", "NAMED_LIKE_STAFF")}),
    ("RC14", (person(),), {"lists": (listed("staff", "key0"),)}, {(0, "WARN", "ON_LIST_STAFF")}),
    ("RC15", (person(),), {}, {(None, "NOT_CHECKED", "NO_SOURCE")}),
    (
        "RC15",
        (person(),),
        {"given": Given(standing=Standing(True, DAY - timedelta(days=1), frozenset({"电工"})), occupation="焊工")},
        {(None, "BLOCK", "BLACKLISTED"), (None, "BLOCK", "LICENCE_EXPIRES"), (None, "BLOCK", "OUT_OF_SCOPE")},
    ),
    (
        "RC15",
        (person(),),
        {"given": Given(standing=Standing(False, DAY, frozenset({"焊工"})), occupation="焊工")},
        {(None, "OK", "CLEAN")},
    ),
    ("RC15", (person(),), {"given": Given(standing=Standing(False, None))}, {(None, "NOT_CHECKED", "LICENCE_UNKNOWN")}),
    ("RC16", (person(),), {}, {(0, "NOT_CHECKED", "NO_CHECK_IN")}),
    (
        "RC16",
        (person(), person(1)),
        {"marks": (Mark(0, ROOM, "phone", "d"), Mark(1, ROOM, "phone", "d"))},
        {(0, "WARN", "DEVICE_OF_MANY"), (1, "WARN", "DEVICE_OF_MANY")},
    ),
    ("RC16", (person(),), {"marks": (Mark(0, ROOM, "makeup", None),)}, {(0, "WARN", "MANY_CORRECTED")}),
    (
        "RC16",
        (person(),),
        {"marks": tuple(Mark(0, UUID(int=n), "phone" if n else "makeup", None) for n in range(5))},
        {(0, "OK", "CLEAN")},
    ),
    ("A-07", (person(),), {}, {(None, "NOT_CHECKED", "NO_SOURCE")}),
    ("A-07", (person(),), {"given": Given(enterprise_order=False)}, {(None, "OK", "NO_ENTERPRISE_ORDER")}),
    (
        "A-07",
        (person(), person(1)),
        {"given": Given(enterprise_order=True, hire_intent={UUID(int=100)})},
        {(0, "OK", "CLEAN"), (1, "BLOCK", "NO_HIRE_INTENT")},
    ),
    ("A-24", (person(),), {}, {(0, "NOT_CHECKED", "NO_SOURCE")}),
    (
        "A-24",
        (person(), person(1)),
        {"given": Given(has_statement={UUID(int=101)})},
        {(0, "BLOCK", "NO_STATEMENT"), (1, "OK", "CLEAN")},
    ),
]


@pytest.mark.rule("A-05", "A-06", "A-07", "A-24", *(f"RC{n:02}" for n in range(1, 17)))
@pytest.mark.parametrize(("rule", "people", "facts", "says"), CASES)
def test_a_rule_says(
    rule: str, people: tuple[Person, ...], facts: dict[str, Any], says: set[tuple[int | None, str, str]]
) -> None:
    assert found(rule, *people, **facts) == says
    assert all(
        Result(result) in (Result.OK, Result.NOT_CHECKED, Result.WARN, BY_ID[rule].worst) for _, result, _ in says
    )


@pytest.mark.rule("A-06", "RC03")
@pytest.mark.parametrize(
    ("sex", "birth", "says"),
    [
        ("2", date(2010, 11, 23), (0, "OK", "CLEAN")),
        ("2", date(2010, 11, 24), (0, "BLOCK", "TOO_YOUNG")),
        ("1", date(1966, 5, 23), (0, "BLOCK", "PAST_RETIREMENT")),  # 60 years and 5 months, on 2026-10-23
        ("1", date(1966, 6, 24), (0, "OK", "CLEAN")),
        ("2", date(1976, 1, 23), (0, "WARN", "PAST_LOWER_RETIREMENT")),
        ("2", date(1976, 6, 1), (0, "OK", "CLEAN")),
        ("2", date(1971, 1, 1), (0, "BLOCK", "PAST_RETIREMENT")),
        ("2", date(1964, 12, 31), (0, "BLOCK", "PAST_RETIREMENT")),
    ],
)
def test_age_is_read_from_the_table_of_the_opening_day(sex: str, birth: date, says: tuple[int, str, str]) -> None:
    assert found("RC03", person(number=parse_id_number(born(birth, sex)))) == {says}


@pytest.mark.rule("RC03")
def test_the_retirement_table_ends_where_the_law_ends() -> None:
    men, women, workers = DEFAULT_ROSTER.retirement
    assert [men.months(date(1964, 12, 31)), men.months(date(1965, 1, 1)), men.months(date(1965, 5, 1))] == [
        720,
        721,
        722,
    ]
    assert [men.months(date(1976, 8, 31)), men.months(date(1976, 9, 1)), men.months(date(1999, 1, 1))] == [
        755,
        756,
        756,
    ]
    assert [women.months(date(1981, 9, 1)), workers.months(date(1984, 11, 1))] == [696, 660]
    assert load_profile("140521-2024.3").roster == DEFAULT_ROSTER == load_profile("000000-demo.3").roster


@pytest.mark.rule("A-05")
def test_a_hit_names_its_source_and_day_and_what_is_not_checked_has_none() -> None:
    facts = Facts(DAY, DAY, DEFAULT_ROSTER, (person(),), lists=(listed("pension", "key0"),))
    for check in check_roster(facts):
        assert (check.source is None) == (check.result is Result.NOT_CHECKED)
        assert check.detail in DETAILS
    hit = next(one for one in check_roster(facts) if one.rule == "RC05")
    assert (hit.source, hit.source_asof) == ("某局", date(2026, 11, 1))
