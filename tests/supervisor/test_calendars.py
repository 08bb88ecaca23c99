"""Holiday notices by year: the shipped ones, what a county's rules change, a county's own files; and terms in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from config.clock import CHINA
from config.errors import LessonProofError
from config.holidays import HolidayNotice, parse_notice, shipped_notices
from config.profile import RegionProfile, load_profile
from supervisor import calendars, profiles
from supervisor.calendars import calendar_of
from supervisor.decisions.cache import life_at
from supervisor.rules.verdict import VerdictState
from supervisor.rules.verdict_life import Counting, Decided, LifeFacts, Result, Stage

COUNTY = "140521"
INVENTED = """
year: 2031
source: invented for a test
holidays: [[2031-03-03, 2031-03-05]]
working_weekends: [2031-03-01, 2031-03-08]
"""


@pytest.fixture(autouse=True)
def nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as changed:
        changed.setattr(calendars, "_own", {})
        changed.setattr(profiles, "_known", dict(profiles._known))
        calendar_of.cache_clear()
        yield
    calendar_of.cache_clear()


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2025-01-26", True), ("2025-01-28", False), ("2025-02-05", True), ("2025-10-08", False), ("2025-10-11", True),
        ("2026-01-04", True), ("2026-02-14", True), ("2026-02-23", False), ("2026-02-24", True), ("2026-05-09", True),
        ("2026-09-20", True), ("2026-09-25", False), ("2026-10-07", False), ("2026-10-08", True), ("2026-11-28", False),
        ("2027-01-01", True),  # its notice is not known: Monday to Friday
    ],
)  # fmt: skip
def test_the_shipped_notices(day: str, works: bool) -> None:
    assert calendar_of(COUNTY).works(date.fromisoformat(day)) is works


@pytest.mark.parametrize(("year", "days", "weekends"), [(2025, 28, 5), (2026, 33, 6)])
def test_each_shipped_notice_gives_as_many_days_as_it_says(year: int, days: int, weekends: int) -> None:
    notice = shipped_notices()[year]
    assert (len(notice.days_off), len(notice.working_weekends)) == (days, weekends)


def test_a_countys_own_file_wins_and_a_section_of_its_rules_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "2031.yaml").write_text(INVENTED, encoding="utf-8")
    assert calendar_of(COUNTY).works(date(2031, 3, 4))
    local = HolidayNotice(year=2031, source="invented", holidays=((date(2031, 4, 1), date(2031, 4, 1)),))
    rules = load_profile("140521-2024.3").model_copy(update={"profile_version": "2031.1", "holidays": (local,)})
    assert RegionProfile.model_validate(rules.model_dump()).holidays == (local,)
    profiles._known[rules.name] = rules
    calendar_of.cache_clear()
    assert not calendar_of(COUNTY).works(date(2031, 4, 1))
    assert calendar_of("000000").works(date(2031, 4, 1))
    calendars.add_folder(tmp_path)
    assert calendar_of(COUNTY).works(date(2031, 4, 1))  # the file is of the same year
    assert [calendar_of(COUNTY).works(date(2031, 3, day)) for day in (1, 3, 6, 8)] == [True, False, True, True]


def test_a_profile_without_notices_keeps_its_digest() -> None:
    assert "holidays" not in load_profile("140521-2024.3").model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("year: 2031\nsource: x\nholidays: [[2031-03-05, 2031-03-03]]", "no stretch"),
        ("year: 2031\nsource: x\nholidays: [[2032-03-03, 2032-03-03]]", "not of 2031"),
        ("year: 2031\nsource: x\nworking_weekends: [2031-03-04]", "no weekend day"),
        ("year: 2031\nsource: x\nholidays: [[2031-03-01, 2031-03-02]]\nworking_weekends: [2031-03-01]", "no weekend"),
        ("year: 2031\nholidays: []", "required"),
        ("year: 2031\nsource: x\nholidays: [[2031-02-30, 2031-03-01]]", ""),
        ("- [", ""),
    ],
)
def test_a_notice_that_cannot_be_is_refused(text: str, why: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_notice(text, "2031.yaml")
    assert refused.value.code == "HOLIDAYS_INVALID" and why in str(refused.value.en)


def test_two_notices_of_one_year_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(INVENTED, encoding="utf-8")
    with pytest.raises(LessonProofError, match=r"2031|HOLIDAYS_INVALID"):
        calendars.add_folder(tmp_path)


def test_the_term_of_an_objection_waits_for_the_end_of_the_holidays() -> None:
    """Decided on Wednesday 2026-09-30: 8, 9, Saturday 10 (worked), 12 and 13 October are the five working days."""
    at = datetime(2026, 9, 30, 10, tzinfo=CHINA)
    counting = Counting(VerdictState.FAIL_PROPOSED, 1, 1, at - timedelta(days=3))
    facts = LifeFacts(counting, at - timedelta(days=3), events=[Decided(at, 1, 1, Result.FAIL)])
    state = life_at(facts, at + timedelta(days=1), load_profile("140521-2024.3"))
    assert (state.stage, state.until) == (Stage.DECIDED_FAIL, datetime(2026, 10, 14, tzinfo=CHINA))
