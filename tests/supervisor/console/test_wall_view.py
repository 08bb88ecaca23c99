"""The patrol wall says what is known of each room, whose fault an outage is, and what asks for a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from supervisor.console.i18n import words
from supervisor.console.wall_tile import FAULTS, wall_tile
from supervisor.console.wall_view import Asked, present_wall
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import LessonPhase, ProgressView, TodayLesson
from supervisor.patrol.schemas import DrawOut, Trouble
from supervisor.patrol.wall import Patrolled, Wall
from tests.support.lesson_views import NOW, camera, lesson

ZH, EN = words("zh"), words("en")
FEW = ProgressView(longest_joined_ms=600_000, needed_ms=600_000, required=29, people=11)
DOWN = [camera(CameraStatus.UNREACHABLE)]


def wall(*lessons: TodayLesson, **changes: Any) -> Wall:
    values: dict[str, Any] = {
        "lessons": lessons,
        "offices": {one.institution_id: ("140521", None) for one in lessons},
        "patrolled": {},
        "dismissed": frozenset(),
        "draw": None,
    }
    return Wall(**values | changes)


def shown(found: Wall, **asked: str) -> list[str]:
    return [one.base.place for one in present_wall(found, Asked(**asked), NOW, ZH).tiles]


def test_each_camera_state_has_a_fault_in_both_languages() -> None:
    assert set(FAULTS) == set(CameraStatus)
    assert all(EN(text) != text for text in FAULTS.values())


@pytest.mark.parametrize("status", [one for one in CameraStatus if one not in ("recording", "connecting", "idle")])
def test_an_outage_tells_how_long_the_last_picture_and_whose_fault(status: CameraStatus) -> None:
    one = lesson(cameras=[camera(status)])
    outage = wall_tile(one, wall(one), NOW, ZH).outage
    assert outage is not None
    assert (outage.how_long, outage.last) == ("已 95 秒", "最后画面 10:24:36")
    assert outage.fault == FAULTS[status]


def test_an_outage_is_not_older_than_the_lesson_hour() -> None:
    one = lesson(cameras=[camera(CameraStatus.UNREACHABLE, since=NOW - timedelta(days=2), last_picture_at=None)])
    outage = wall_tile(one, wall(one), NOW, ZH).outage
    assert outage is not None
    assert (outage.how_long, outage.last) == ("已 12 分钟", "本节课还没有过画面")


def test_a_silent_box_is_not_called_a_stopped_recording() -> None:
    one = lesson(cameras=[camera(box_silent=True)])
    outage = wall_tile(one, wall(one), NOW, ZH).outage
    assert outage is not None
    assert outage.title == "现场设备失联"
    assert "不等于停录" in outage.fault


def test_of_two_cameras_the_one_that_works_is_shown_and_the_other_still_asks_for_somebody() -> None:
    good = camera(camera_id=uuid4(), code="room-b")
    one = lesson(cameras=[*DOWN, good])
    tile = wall_tile(one, wall(one), NOW, ZH)
    assert tile.camera == good.camera_id
    assert tile.outage is None
    assert tile.troubles == (Trouble.OUTAGE,)


def test_a_room_without_a_camera_has_nothing_live() -> None:
    one = lesson(cameras=[])
    tile = wall_tile(one, wall(one), NOW, ZH)
    assert tile.camera is None
    assert tile.outage is not None and "没有登记摄像头" in tile.outage.title


@pytest.mark.parametrize(
    ("changes", "troubles", "mark"),
    [
        ({}, (), "正常,录像在积累"),
        ({"progress": FEW}, (Trouble.FEW,), "人数偏低"),
        ({"cameras": [camera(people=0)], "progress": FEW}, (Trouble.NOBODY,), "未见开课"),
        ({"cameras": DOWN}, (Trouble.OUTAGE,), "无画面"),
        ({"cameras": [camera(last_picture_at=NOW - timedelta(seconds=40))]}, (Trouble.LATE,), "画面迟到"),
    ],
)
def test_trouble_so_far_is_told_in_words(changes: dict[str, Any], troubles: tuple[Trouble, ...], mark: str) -> None:
    one = lesson(**changes)
    tile = wall_tile(one, wall(one), NOW, ZH)
    assert (tile.troubles, tile.mark.text) == (troubles, mark)


def test_an_empty_room_in_the_first_minutes_is_no_missing_lesson() -> None:
    one = lesson(start=NOW - timedelta(minutes=4), cameras=[camera(people=0)])
    assert Trouble.NOBODY not in wall_tile(one, wall(one), NOW, ZH).troubles


def test_lessons_that_do_not_run_trouble_nobody_here() -> None:
    for phase in (LessonPhase.UPCOMING, LessonPhase.ENDED):
        one = lesson(phase, cameras=DOWN)
        tile = wall_tile(one, wall(one), NOW, ZH)
        assert (tile.troubles, tile.outage, tile.camera) == ((), None, None)


def test_filters_narrow_and_count() -> None:
    a, b = uuid4(), uuid4()
    held = [
        lesson(room="1", institution_id=a, institution="甲校"),
        lesson(room="2", institution_id=a, institution="甲校", cameras=DOWN),
        lesson(room="3", institution_id=b, institution="乙校", progress=FEW),
        lesson(LessonPhase.UPCOMING, room="4", institution_id=b, institution="乙校"),
    ]
    found = wall(*held, offices={a: ("140521", "民政局"), b: ("140522", "住建局")})
    assert shown(found) == ["乙校 · 3", "甲校 · 1", "甲校 · 2"]
    assert shown(found, show="nonsense") == shown(found)
    assert len(shown(found, show="today")) == 4
    assert shown(found, show="alarm") == ["乙校 · 3", "甲校 · 2"]
    assert shown(found, show="outage") == ["甲校 · 2"]
    assert shown(found, area="140522") == ["乙校 · 3"]
    assert shown(found, sector="民政局", show="outage") == ["甲校 · 2"]
    assert shown(found, institution=str(b)) == ["乙校 · 3"]
    assert shown(found, search="乙校 · 3") == ["乙校 · 3"]
    view = present_wall(found, Asked(area="140521"), NOW, ZH)
    assert [group.text for group in view.narrowings] == ["区县", "主管部门", "培训机构"]
    assert [(line.key, line.count, line.chosen) for line, _ in view.narrowings[0].lines] == [
        ("140521", 2, True), ("140522", 1, False),
    ]  # fmt: skip
    (_, off), (_, other) = view.narrowings[0].lines
    assert (off, other) == ("/wall", "/wall?area=140522")
    assert view.refresh == "/wall/parts?area=140521"


def test_a_choice_of_one_is_none() -> None:
    assert present_wall(wall(lesson()), Asked(), NOW, ZH).narrowings == ()


def test_what_was_called_no_problem_leaves_the_list_for_that_trouble_only() -> None:
    few, down = lesson(progress=FEW), lesson(cameras=DOWN, room="教室B")
    view = present_wall(wall(few, down), Asked(), NOW, ZH)
    assert [one.trouble for one in view.needs] == [Trouble.OUTAGE, Trouble.FEW]
    assert view.needs[1].text == "画面 28,打卡 29,应到 30"
    dismissed = frozenset({(few.lesson_hour_id, Trouble.FEW), (down.lesson_hour_id, Trouble.FEW)})
    view = present_wall(wall(few, down, dismissed=dismissed), Asked(), NOW, ZH)
    assert [one.lesson_hour_id for one in view.needs] == [down.lesson_hour_id]


def test_a_draw_shows_what_was_drawn_and_its_seed() -> None:
    one, other = lesson(room="1"), lesson(room="2")
    ids = [str(one.lesson_hour_id), str(other.lesson_hour_id)]
    drawn = DrawOut(id=uuid4(), at=NOW, account_id=uuid4(), seed="5eed", candidates=ids, drawn=ids[1:])
    view = present_wall(wall(one, other, draw=drawn), Asked(show="draw", draw=str(drawn.id)), NOW, ZH)
    assert [tile.base.lesson_hour_id for tile in view.tiles] == [other.lesson_hour_id]
    assert "5eed" in view.drawn and "从 2 个" in view.drawn
    assert str(drawn.id) in view.refresh
    assert "draw" not in {line.key for line, _ in present_wall(wall(one), Asked(), NOW, ZH).shows.lines}


def test_a_patrolled_tile_says_when() -> None:
    one = lesson()
    been = {one.lesson_hour_id: Patrolled(NOW - timedelta(minutes=3), "赵督导", True)}
    assert wall_tile(one, wall(one, patrolled=been), NOW, ZH).patrolled == "10:21 已巡"
    assert wall_tile(one, wall(one, patrolled=been), NOW, EN).patrolled == "Patrolled 10:21"
