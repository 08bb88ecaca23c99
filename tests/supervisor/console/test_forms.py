"""What a page's form says about days and moments, and how an end is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.accounts.schemas import PasswordChange
from supervisor.console.forms import ends_on, last_day, moment, read_form
from supervisor.console.i18n import words
from supervisor.console.inspection_view import end_text

DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1))


@given(DAYS)
def test_a_last_day_is_whole_and_is_shown_as_it_was_typed(day: date) -> None:
    end = last_day(day.isoformat(), "expires_at")
    assert end is not None
    assert ends_on(end) == day.isoformat()
    assert ends_on(end.astimezone(UTC)) == day.isoformat()
    assert end.astimezone(CHINA) - datetime(day.year, day.month, day.day, tzinfo=CHINA) == timedelta(days=1)


def test_an_empty_day_is_none() -> None:
    assert last_day("", "expires_at") is None


@pytest.mark.parametrize("text", ["x", "2026-13-01", "9999-12-31"])
def test_what_is_no_day_is_told_with_its_field(text: str) -> None:
    with pytest.raises(LessonProofError) as told:
        last_day(text, "expires_at")
    assert (told.value.code, told.value.where) == ("FORM_INVALID", "/expires_at")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1)))
def test_a_moment_is_of_the_site(at: datetime) -> None:
    text = at.strftime("%Y-%m-%dT%H:%M")
    assert moment(text, "started_at").astimezone(CHINA).strftime("%Y-%m-%dT%H:%M") == text


@pytest.mark.parametrize("text", ["", "9:00", "2026-11-23T25:00"])
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(LessonProofError) as told:
        moment(text, "ended_at")
    assert told.value.where == "/ended_at"


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (datetime(2026, 12, 1, 0, 0, tzinfo=CHINA), "11月30日 周一 结束", "the end of Mon 30 Nov"),
        (datetime(2026, 12, 1, 9, 30, tzinfo=CHINA), "12月1日 周二 09:30", "Tue 1 Dec 09:30"),
    ],
)
def test_a_term_that_ends_at_midnight_ends_with_the_day_before(at: datetime, zh: str, en: str) -> None:
    assert (end_text(at, words("zh")), end_text(at, words("en"))) == (zh, en)


def test_a_form_is_read_as_the_interface_reads_it_and_nothing_typed_is_repeated() -> None:
    def told(field: str) -> tuple[str, str]:
        return f"{field} 不对", f"{field} is wrong"

    with pytest.raises(LessonProofError) as fault:
        read_form(PasswordChange, {"password": "a secret of mine", "new_password": "short"}, told)
    assert (fault.value.where, fault.value.zh) == ("/new_password", "new_password 不对")
    assert "short" not in str(fault.value) and fault.value.__cause__ is None
    with pytest.raises(LessonProofError) as missing:
        read_form(PasswordChange, {"password": "", "new_password": "long enough"}, told)
    assert missing.value.where == "/password"
