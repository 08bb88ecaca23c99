"""The plan outlives restarts and days off-line, and an ended lesson hour is owed until it is judged."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.lessons.plan import PlanStore
from edge_agent.remembered import Fact, remember
from storage.evidence import log
from storage.evidence.tables import LessonRow
from tests.support.box import START, Box, lesson_of, new_box, target_of

LATER = START + timedelta(minutes=30)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def test_no_plan_before_the_first_target(box: Box) -> None:
    assert box.plans.current() is None
    assert box.plans.etag() is None


def test_the_plan_survives_a_restart(box: Box) -> None:
    state = target_of([lesson_of()])
    box.told(state, '"abc"')
    again = PlanStore(box.work)
    assert again.current() == box.plans.current()
    assert again.current().state == state
    assert again.etag() == '"abc"'


def test_an_ended_hour_that_a_new_target_no_longer_names_is_carried_until_judged(box: Box) -> None:
    old, new = lesson_of("old"), lesson_of("new", start=LATER)
    box.told(target_of([old]))
    box.clock.sleep(3 * 24 * 3600)
    box.told(target_of([new]))
    assert [hour.lesson for hour in PlanStore(box.work).current().hours()] == [new, old]
    assert [hour.named for hour in box.plans.current().hours()] == [True, False]
    with box.work.write() as session:
        index = log.append(session, {"kind": "boot", "at": 1})
        session.add(LessonRow(lesson_hour_id=str(old.lesson_hour_id), end_ms=1, log_idx=index))
    box.told(target_of([new]))
    assert [hour.lesson for hour in box.plans.current().hours()] == [new]


def test_a_carried_hour_stays_carried_over_several_targets_with_its_cameras_and_rules(box: Box) -> None:
    box.told(target_of([lesson_of("old")]))
    box.clock.sleep(3 * 24 * 3600)
    for _ in range(3):
        box.told(target_of([]))
    (hour,) = box.plans.current().hours()
    assert hour.cameras and hour.profile.demo


def test_an_hour_cancelled_before_its_end_is_dropped(box: Box) -> None:
    box.told(target_of([lesson_of(start=LATER)]))
    box.told(target_of([]))
    assert box.plans.current().hours() == []


def test_attendance_is_known_only_when_confirmed_after_the_last_moment_to_come_in_time(box: Box) -> None:
    early = START - timedelta(minutes=2)
    state = target_of([lesson_of(as_of=early)])
    box.told(state)
    assert not box.plans.current().hours()[0].attendance_known
    box.clock.sleep(5 * 60 + 2 * 60)
    box.plans.confirm(box.clock.now())  # one minute before the end
    assert not box.plans.current().hours()[0].attendance_known
    box.clock.sleep(60)
    box.plans.confirm(box.clock.now())
    assert box.plans.current().hours()[0].attendance_known
    assert PlanStore(box.work).current().hours()[0].attendance_known


def test_in_a_long_lesson_attendance_is_known_once_nobody_can_be_just_late(box: Box) -> None:
    box.told(target_of([lesson_of(minutes=45, as_of=START + timedelta(minutes=10))]))
    assert box.plans.current().hours()[0].attendance_known


@pytest.mark.parametrize("kept", ['{"another": "schema"}', "[]", "{"])
def test_a_kept_target_that_is_none_is_an_error_and_asked_for_again(
    box: Box, caplog: pytest.LogCaptureFixture, kept: str
) -> None:
    box.told(target_of([lesson_of()]))
    with box.work.write() as session:
        remember(session, Fact.TARGET, kept)
    again = PlanStore(box.work)
    assert again.current() is None
    assert again.etag() is None
    assert "ERROR" in caplog.text


def test_an_hour_whose_rules_are_not_in_the_target_is_left_out(box: Box) -> None:
    box.told(target_of([lesson_of(profile="999999-1")]))
    assert box.plans.current().hours() == []


def test_a_kept_target_of_another_version_is_used_as_far_as_it_can_be_read(
    box: Box, caplog: pytest.LogCaptureFixture
) -> None:
    state = target_of([lesson_of("one"), lesson_of("two")])
    box.told(state)
    told = state.model_dump(mode="json") | {"more": 1}
    told["lessons"][1]["kind"] = "a kind of next year"
    with box.work.write() as session:
        remember(session, Fact.TARGET, json.dumps(told))
    plans = PlanStore(box.work)
    plan = plans.current()
    assert plan is not None
    assert plan.state == state.model_copy(update={"lessons": state.lessons[:1]})
    assert plans.etag() is None, "the centre is asked for all of it"
    assert "ERROR" in caplog.text and "TargetLesson at /kind" in caplog.text
    plans.replace(state, '"2"', box.clock.now())
    assert plans.etag() == '"2"'
