"""Who records when, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from edge_agent.lessons.plan import LessonHour
from edge_agent.lessons.timetable import recording_now, recordings, running, together
from supervisor.contract.target import TargetLesson
from supervisor.rules.evidence import ExemptKind
from tests.support.box import START, camera_of, lesson_of, new_box, target_of

A, B = camera_of("room-a", "A"), camera_of("room-b", "B")
ID_A, ID_B = str(A.camera_id), str(B.camera_id)


def hours_of(folder: Path, *lessons: TargetLesson) -> list[LessonHour]:
    box = new_box(folder)
    box.told(target_of(lessons, (A, B)))
    plan = box.plans.current()
    assert plan is not None
    return plan.hours()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_camera_records_from_the_lead_before_its_lesson_to_the_lead_after(tmp_path: Path) -> None:
    stretches = recordings(hours_of(tmp_path, lesson_of()), 60)
    moments = {-61: set(), -60: {ID_A}, 0: {ID_A}, 179: {ID_A}, 239: {ID_A}, 240: set()}
    assert {second: set(recording_now(stretches, at(second))) for second in moments} == moments


def test_only_cameras_of_the_lessons_room_record(tmp_path: Path) -> None:
    stretches = recordings(hours_of(tmp_path, lesson_of(room="B")), 60)
    assert recording_now(stretches, at(10)) == {ID_B: at(240)}


def test_hours_close_to_each_other_merge_into_one_recording_known_as_a_whole(tmp_path: Path) -> None:
    hours = hours_of(tmp_path, lesson_of("one"), lesson_of("two", start=at(280)), lesson_of("other room", room="B"))
    stretches = recordings(hours, 60)
    assert recording_now(stretches, at(-60))[ID_A] == at(280 + 180 + 60)
    assert all(ID_A in recording_now(stretches, at(second)) for second in range(-60, 520))


def test_hours_far_from_each_other_are_two_recordings(tmp_path: Path) -> None:
    stretches = recordings(hours_of(tmp_path, lesson_of("one"), lesson_of("two", start=at(301))), 60)
    assert len(stretches) == 2
    assert recording_now(stretches, at(240)) == {}


def test_running_means_between_start_and_end(tmp_path: Path) -> None:
    hours = hours_of(tmp_path, lesson_of())
    assert [len(running(hours, at(second))) for second in (-1, 0, 179, 180)] == [0, 1, 1, 0]


def test_an_exempt_lesson_is_not_filmed(tmp_path: Path) -> None:
    hours = hours_of(tmp_path, lesson_of(exempt=ExemptKind.ENTERPRISE_STAFF))
    assert recordings(hours, 60) == []
    assert running(hours, at(10)) == []


def test_the_next_recording_is_what_is_still_to_come(tmp_path: Path) -> None:
    stretches = recordings(hours_of(tmp_path, lesson_of(), lesson_of("two", room="B", start=at(1000))), 60)
    (before,), (during,), (between,) = (together(stretches, at(second)) for second in (-500, 100, 500))
    assert (before.start, before.seconds) == (at(-60), 300)
    assert (during.start, during.seconds) == (at(100), 140)
    assert between.cameras == {ID_B}
    assert together(stretches, at(5000)) == []


def test_rooms_that_record_at_the_same_time_share_the_disk(tmp_path: Path) -> None:
    lessons = lesson_of(), lesson_of("two", room="B", start=at(120)), lesson_of("later", start=at(1000))
    stretches = recordings(hours_of(tmp_path, *lessons), 60)
    first, second = together(stretches, at(-500))
    assert (first.cameras, second.cameras) == ({ID_A}, {ID_B})
    assert (second.start, second.end) == (at(60), at(360))


def test_a_room_without_a_camera_records_nothing(tmp_path: Path) -> None:
    assert recordings(hours_of(tmp_path, lesson_of(room="C")), 60) == []
