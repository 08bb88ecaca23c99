"""The term of a clip over the life of its class: whatever happens in whatever order, it only rises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms
from supervisor import profiles
from supervisor.audit.models import AuditEvent
from supervisor.classes.models import TrainingClass
from supervisor.lessons.models import EvidenceClip
from supervisor.retention.terms import end_of_term, raise_term, raise_to, recorded_ms
from supervisor.rules.working_days import add_months

PROFILE = "140521-2024.1"
LONGER = "140521-longer"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def longer_profile() -> Iterator[None]:
    """A county that keeps clips three years."""
    rules = profiles.profile_named(PROFILE)
    three = rules.retention.model_copy(update={"clip_days_after_class_end": 1096})
    profiles._known[LONGER] = rules.model_copy(update={"profile_version": "longer", "retention": three})
    yield
    del profiles._known[LONGER]


def china(*when: int) -> datetime:
    return datetime(*when, tzinfo=CHINA)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("recorded", "class_end", "last_moment"),
    [
        # 29 February: two years are at least to 28 February, and never fewer than 731 days
        (china(2024, 2, 29, 10), china(2024, 2, 29, 12), china(2026, 3, 1, 23, 59, 59)),
        # a minute before the new year at the site, when it is 15:59 in UTC
        (china(2024, 12, 30, 10), china(2024, 12, 31, 23, 59), china(2027, 1, 1, 23, 59, 59)),
        # a minute after it: another day at the site, the same in UTC
        (china(2024, 12, 30, 10), china(2025, 1, 1, 0, 1), china(2027, 1, 2, 23, 59, 59)),
        # recorded just after midnight UTC is the morning of the same day at the site
        (datetime(2024, 3, 1, 0, 1, tzinfo=UTC), china(2024, 3, 1, 9), china(2026, 3, 2, 23, 59, 59)),
        # recorded late on 1 March UTC is 2 March at the site
        (datetime(2024, 3, 1, 16, 1, tzinfo=UTC), china(2024, 3, 1, 9), china(2026, 3, 3, 23, 59, 59)),
        # recorded after the class's planned end
        (china(2025, 6, 30, 10), china(2025, 6, 1, 12), china(2027, 7, 1, 23, 59, 59)),
    ],
)
def test_golden_dates(recorded: datetime, class_end: datetime, last_moment: datetime) -> None:
    training = TrainingClass(profile=PROFILE, class_end=class_end)
    assert end_of_term(epoch_ms(recorded), training) == last_moment


times = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("class_end"), times),
        st.tuples(st.just("profile"), st.sampled_from([PROFILE, LONGER])),
        st.tuples(st.just("named_again"), times),
        st.tuples(st.just("locked"), times),
        st.tuples(st.just("night"), st.none()),
    ),
    max_size=12,
)


@given(times, times, happenings)
def test_a_term_only_rises_is_never_less_than_two_years_and_every_rise_is_recorded(
    recorded: datetime, class_end: datetime, happens: list[tuple[str, object]]
) -> None:
    session = Session()
    training = TrainingClass(profile=PROFILE, class_end=class_end)
    clip = EvidenceClip(
        sha256="0" * 64, lesson_hour_id=uuid4(), manifest={"end_ms": epoch_ms(recorded)}, created_at=recorded,
        retain_until=end_of_term(epoch_ms(recorded), training),
    )  # fmt: skip
    terms = [clip.retain_until]
    for what, value in happens:
        if what in ("class_end", "profile"):
            setattr(training, what, value)
            raise_term(session, clip, training, NOW, "centre")
        elif what == "named_again":
            raise_term(session, clip, training, NOW, "box:1", end_ms=epoch_ms(value))  # type: ignore[arg-type]
        elif what == "locked":
            raise_to(session, clip, value, NOW, "centre", why="object_lock")  # type: ignore[arg-type]
        else:
            raise_term(session, clip, training, NOW, "centre")
        assert clip.retain_until >= end_of_term(epoch_ms(recorded), training)
        terms.append(clip.retain_until)
    assert terms == sorted(terms)
    since = max(recorded, class_end).astimezone(CHINA).date()
    assert terms[0].astimezone(CHINA).date() >= max(add_months(since, 24), since + timedelta(days=731))
    told = [one.details for one in session.new if isinstance(one, AuditEvent)]
    assert {one["retain_until"] for one in told} == {term.isoformat() for term in terms[1:]} - {terms[0].isoformat()}


def test_a_new_profile_that_keeps_less_takes_nothing_back() -> None:
    training = TrainingClass(profile=LONGER, class_end=china(2024, 9, 13, 17))
    recorded = epoch_ms(china(2024, 9, 2, 9))
    clip = EvidenceClip(
        sha256="0" * 64, lesson_hour_id=uuid4(), manifest={"end_ms": recorded}, created_at=NOW,
        retain_until=end_of_term(recorded, training),
    )  # fmt: skip
    training.profile = PROFILE
    raise_term(Session(), clip, training, NOW, "centre")
    assert clip.retain_until == china(2027, 9, 14, 23, 59, 59)


def test_a_box_whose_clock_is_wrong_does_not_make_its_recording_undeletable() -> None:
    told = china(2024, 9, 2, 10)
    assert recorded_ms(epoch_ms(china(2990, 1, 1)), told) == epoch_ms(told)
    assert recorded_ms(epoch_ms(china(2024, 9, 2, 9)), told) == epoch_ms(china(2024, 9, 2, 9))
