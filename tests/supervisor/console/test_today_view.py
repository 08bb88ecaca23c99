"""Today's tiles say what is known, how old it is, and never more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from supervisor.console.i18n import words
from supervisor.console.today import camera_line, present_today, tile
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import LessonPhase, ProgressView
from supervisor.rules.verdict import ReasonCode, VerdictState
from tests.support.lesson_views import NOW, camera, lesson, verdict, version

ZH, EN = words("zh"), words("en")


@pytest.mark.parametrize("status", list(CameraStatus))
def test_every_camera_state_has_words_in_both_languages(status: CameraStatus) -> None:
    line_zh = camera_line(camera(status), LessonPhase.RUNNING, NOW, ZH)
    line_en = camera_line(camera(status), LessonPhase.RUNNING, NOW, EN)
    assert line_zh.text != line_en.text
    assert line_zh.tone == line_en.tone


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (CameraStatus.UNREACHABLE, "连不上摄像头"),
        (CameraStatus.UNAUTHORIZED, "密码不对"),
        (CameraStatus.NOT_VIDEO, "不是视频"),
        (CameraStatus.STALLED, "没有画面"),
    ],
)
def test_a_camera_in_trouble_says_what_for_how_long_and_since_which_picture(status: CameraStatus, said: str) -> None:
    line = camera_line(camera(status), LessonPhase.RUNNING, NOW, ZH)
    assert line.tone == "bad"
    assert said in line.text
    assert line.detail == "已 95 秒 · 最后画面 10:24:36"


def test_a_recording_camera_tells_the_age_of_its_picture() -> None:
    assert camera_line(camera(), LessonPhase.RUNNING, NOW, ZH).text == "正在录像 · 2 秒前"
    old = camera(last_picture_at=NOW - timedelta(seconds=20))
    assert camera_line(old, LessonPhase.RUNNING, NOW, ZH).tone == "warn"


def test_a_silent_box_is_no_reproach_to_the_recording() -> None:
    line = camera_line(camera(box_silent=True), LessonPhase.RUNNING, NOW, ZH)
    assert line.text == "现场设备失联"
    assert "可能仍在现场保存" in line.detail


def test_people_are_unknown_never_zero_when_the_camera_is_down() -> None:
    down = lesson(cameras=[camera(CameraStatus.UNREACHABLE)])
    shown = tile(down, NOW, ZH)
    assert shown.people is None
    assert (shown.mark.tone, shown.mark.text) == ("none", "无画面")
    assert shown.needs_person


def test_an_old_count_is_not_shown_as_now() -> None:
    stale = lesson(cameras=[camera(people_at=NOW - timedelta(minutes=2))])
    assert tile(stale, NOW, ZH).people is None


def test_zones_are_summed_and_cameras_of_one_zone_are_not() -> None:
    cameras = [camera(people=10), camera(people=12), camera(people=7, zone="bench")]
    assert tile(lesson(cameras=cameras), NOW, ZH).people == 19


def test_a_room_without_a_camera_says_so() -> None:
    assert tile(lesson(cameras=[]), NOW, ZH).camera.text == "这间教室没有登记摄像头"


def test_a_running_lesson_is_judged_only_so_far() -> None:
    enough = ProgressView(longest_joined_ms=600_000, needed_ms=600_000, required=29, people=29)
    few = ProgressView(longest_joined_ms=600_000, needed_ms=600_000, required=29, people=11)
    assert tile(lesson(progress=enough), NOW, ZH).mark.text == "目前正常"
    assert tile(lesson(progress=few), NOW, ZH).mark.tone == "warn"
    assert tile(lesson(progress=None), NOW, ZH).mark.tone == "wait"


def test_what_needs_a_person_is_review_fail_proposed_and_a_running_outage() -> None:
    fail = lesson(LessonPhase.ENDED, verdict=version(verdict(VerdictState.FAIL_PROPOSED, ReasonCode.COUNT_LOW)))
    review = lesson(LessonPhase.ENDED, verdict=version(verdict(VerdictState.REVIEW, ReasonCode.COUNT_UNSURE)))
    passed = lesson(LessonPhase.ENDED, verdict=version(verdict()))
    outage = lesson(cameras=[camera(CameraStatus.STALLED)])
    view = present_today([passed, review, outage, fail], NOW, "all", ZH)
    assert [item.lesson_hour_id for item in view.attention] == [
        fail.lesson_hour_id,
        review.lesson_hour_id,
        outage.lesson_hour_id,
    ]
    assert present_today([passed], NOW, "all", ZH).attention == ()


def test_filters_count_all_and_show_only_what_was_asked() -> None:
    lessons = [lesson(), lesson(LessonPhase.UPCOMING), lesson(cameras=[camera(CameraStatus.NOT_VIDEO)])]
    view = present_today(lessons, NOW, "camera", ZH)
    assert {choice.key: choice.count for choice in view.choices} == {"all": 3, "running": 2, "need": 1, "camera": 1}
    assert [len(group.tiles) for group in view.groups] == [1]
    assert len(present_today(lessons, NOW, "no-such-filter", ZH).groups) == 2
