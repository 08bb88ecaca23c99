"""The verdict: the edge tests at the end of RULES 1.7 by their names, as far as a rule can see them.

What only other parts can see (a file delivered twice, a plan changed after the lesson, a class moved to another room, a
person who leaves while another comes in) is tested where it is decided.
"""

from __future__ import annotations

import pytest

from config.profile import RegionProfile, load_profile
from supervisor.rules.evidence import Attendance, ExcludedReason, Gap, GapReason, LessonEvidence, LessonKind
from supervisor.rules.judge import judge
from supervisor.rules.verdict import VerdictState, Window
from tests.support.lesson_evidence import HOUR_S, after_end, camera, excluded, lesson, trainees

COUNTY = load_profile("140521-2024.1")
PASS, REVIEW, FAIL = VerdictState.PASS, VerdictState.REVIEW, VerdictState.FAIL_PROPOSED


def outcome(evidence: LessonEvidence, profile: RegionProfile = COUNTY) -> tuple[VerdictState, set[str]]:
    verdict = judge(evidence, profile)
    return verdict.state, {code.value for code in verdict.reasons}


def test_recording_that_starts_one_second_before_the_bell() -> None:
    """The second before the bell is not of this lesson hour: 600 s of media, 599 s of them inside."""
    assert outcome(lesson(camera(40, (-1, 599)))) == (FAIL, {"TOO_SHORT"})
    assert outcome(lesson(camera(40, (-1, 600)))) == (PASS, set())


@pytest.mark.rule("A-16")
def test_ten_minutes_that_straddle_two_lesson_hours_count_for_neither() -> None:
    assert outcome(lesson(camera(40, (HOUR_S - 300, HOUR_S + 300)))) == (FAIL, {"TOO_SHORT"})
    assert outcome(lesson(camera(40, (-300, 300)))) == (FAIL, {"TOO_SHORT"})


def test_camera_clock_seven_seconds_fast() -> None:
    """All times are the box's: a constant error of the camera's clock is told and does no harm."""
    assert outcome(lesson(camera(40, clock_offset_ms=7_000))) == (PASS, set())


def test_daylight_blind_down_for_four_minutes() -> None:
    """What cannot be seen is not counted; the rest of the hour has its ten minutes."""
    seats = camera(lambda s: 0 if 600 <= s < 840 else 40, excluded=excluded(ExcludedReason.LENS_COVERED, (600, 840)))
    assert outcome(lesson(seats)) == (PASS, set())
    short = camera(40, (300, 1140), excluded=excluded(ExcludedReason.LENS_COVERED, (600, 840)))
    assert outcome(lesson(short)) == (REVIEW, {"GAP", "LENS_COVERED"})


def test_two_cameras_that_cover_each_others_seats() -> None:
    """One loses its line where the other does not: the room was recorded, and seen, without a break."""
    front = camera(40, (0, 400), camera_id="front")
    back = camera(40, (390, 640), camera_id="back")
    verdict = judge(lesson(front, back), COUNTY)
    assert (verdict.state, verdict.longest_strict_ms, verdict.peak) == (PASS, 640_000, 40)


def test_forty_present_of_forty_two_with_two_on_leave() -> None:
    attendance = Attendance(trainees(40), ("r040", "r041"), 42, 0)
    verdict = judge(lesson(camera(40), attendance=attendance), COUNTY)
    assert (verdict.state, verdict.required, verdict.present, verdict.roster) == (PASS, 40, 40, 42)


def test_forty_check_ins_and_thirty_six_people() -> None:
    assert outcome(lesson(camera(36))) == (FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH"})


def test_the_teacher_leaves() -> None:
    """Q12: a teacher counts only where the zone shows the podium; then one missing is for a person to look at."""
    podium = Attendance(trainees(40), (), 40, teachers_in_zone=1)
    assert outcome(lesson(camera(41), attendance=podium)) == (PASS, set())
    assert outcome(lesson(camera(40), attendance=podium)) == (REVIEW, {"COUNT_UNSURE"})
    assert outcome(lesson(camera(40))) == (PASS, set())


def test_fire_drill_at_minute_eight() -> None:
    """The room is empty from minute 8 to minute 30; the ten minutes after it count."""
    assert outcome(lesson(camera(lambda s: 0 if 480 <= s < 1800 else 40))) == (PASS, set())
    verdict = judge(lesson(camera(lambda s: 0 if s >= 480 else 40)), COUNTY)
    assert (verdict.state, verdict.moments) == (PASS, 3)  # everybody, median and all, for eight of the ten minutes
    assert outcome(lesson(camera(lambda s: 0 if s >= 240 else 40))) == (REVIEW, {"COUNT_UNSURE"})


def test_the_box_loses_power_at_minute_nine_and_is_back_at_twelve() -> None:
    gap = Gap(540_000, 720_000, GapReason.BOX_RESTART)
    verdict = judge(lesson(camera(40, (0, 540), (720, HOUR_S), gaps=(gap,))), COUNTY)
    assert verdict.state is PASS
    assert verdict.window == Window(720_000, 1_320_000, 600_000, 0, 0)
    assert verdict.longest_strict_ms == verdict.longest_joined_ms == 1_980_000


def test_delivered_after_seventy_one_hours_and_after_seventy_three() -> None:
    assert outcome(lesson(camera(40), delivered_ms=after_end(71))) == (PASS, set())
    assert outcome(lesson(camera(40), delivered_ms=after_end(72))) == (PASS, set())
    assert outcome(lesson(camera(40), delivered_ms=after_end(73))) == (REVIEW, {"LATE_UPLOAD"})
    assert outcome(lesson(delivered_ms=after_end(73))) == (FAIL, {"NO_VIDEO", "LATE_UPLOAD"})


@pytest.mark.rule("A-18")
def test_practice_split_in_three_rooms() -> None:
    rooms = [camera(number, camera_id=f"{number}", zone=f"room {number}") for number in (12, 13, 15)]
    assert outcome(lesson(*rooms, kind=LessonKind.PRACTICE)) == (PASS, set())
    assert outcome(lesson(*rooms[:2], kind=LessonKind.PRACTICE))[0] is FAIL


@pytest.mark.rule("A-16")
def test_theory_and_practice_are_judged_alike() -> None:
    assert outcome(lesson(camera(40), kind=LessonKind.PRACTICE)) == outcome(lesson(camera(40), kind=LessonKind.THEORY))


@pytest.mark.parametrize("start", ["2026-12-31T15:40:00Z", "2026-12-31T23:50:00Z", "2024-02-29T15:59:00Z"])
def test_midnight_and_the_thirty_first_of_december(start: str) -> None:
    verdict = judge(lesson(camera(40), start=start), COUNTY)
    assert verdict == judge(lesson(camera(40)), COUNTY)
