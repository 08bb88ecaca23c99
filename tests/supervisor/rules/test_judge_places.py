"""judge/4: people in their places, pictures hard to see, recognised faces."""

from __future__ import annotations

import pytest

from config.profile import RegionProfile, load_profile
from supervisor.rules.evidence import CameraEvidence, ExcludedReason, Identity, LessonEvidence
from supervisor.rules.judge import judge
from supervisor.rules.verdict import VerdictState
from tests.support.lesson_evidence import COUNTER, WATCHER, camera, excluded, lesson, seated, trainees

COUNTY = load_profile("140521-2024.2")
PASS, REVIEW, FAIL = VerdictState.PASS, VerdictState.REVIEW, VerdictState.FAIL_PROPOSED


def outcome(evidence: LessonEvidence, profile: RegionProfile = COUNTY) -> tuple[VerdictState, set[str]]:
    verdict = judge(evidence, profile)
    return verdict.state, set(verdict.reasons)


def heads_that_hide(raw: int, in_places: int, confidence: float = 0.95, **fields: object) -> CameraEvidence:
    return camera(raw, seated=seated(in_places, confidence), watcher=WATCHER, **fields)


def test_whoever_bends_is_seen_in_their_place_and_both_counts_are_stated() -> None:
    verdict = judge(lesson(heads_that_hide(37, 40)), COUNTY)
    assert (verdict.state, verdict.reasons) == (PASS, ())
    assert (verdict.peak, verdict.median, verdict.raw_peak, verdict.raw_median) == (40, 40, 37, 37)
    assert verdict.confidence == 0.95


@pytest.mark.parametrize(
    ("confidence", "state"),
    [(1, PASS), (0.8, PASS), (0.799, FAIL), (0, FAIL)],
)
def test_places_that_are_hardly_believed_do_not_speak(confidence: float, state: VerdictState) -> None:
    assert judge(lesson(heads_that_hide(37, 40, confidence)), COUNTY).state is state


def test_nobody_is_added_by_a_picture_that_shows_more_than_the_places() -> None:
    """A face that flickers, a visitor at the door: the places speak."""
    assert outcome(lesson(heads_that_hide(40, 39, 1.0))) == (REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"})


def test_older_rules_and_older_profiles_read_single_pictures() -> None:
    evidence = lesson(heads_that_hide(37, 40))
    assert judge(evidence, COUNTY, "judge/3").state is FAIL
    older = judge(evidence, load_profile("140521-2024.1"))
    assert (older.state, older.confidence) == (FAIL, None)


def test_zones_are_summed_with_the_confidence_of_all() -> None:
    front = heads_that_hide(18, 20, 1.0, zone="front", camera_id="a")
    back = heads_that_hide(19, 20, 0.9, zone="back", camera_id="b")
    verdict = judge(lesson(front, back), COUNTY)
    assert (verdict.state, verdict.peak, verdict.raw_peak, verdict.confidence) == (PASS, 40, 37, 0.95)


def test_where_two_cameras_see_the_same_seats_the_fuller_one_speaks_with_its_own_confidence() -> None:
    left = heads_that_hide(39, 40, 0.9, camera_id="a")
    right = heads_that_hide(20, 22, 0.85, camera_id="b")
    verdict = judge(lesson(left, right), COUNTY)
    assert (verdict.peak, verdict.confidence) == (40, 0.9)


def test_a_profile_may_read_the_whole_room_as_one_zone() -> None:
    assert COUNTY.vision is not None
    whole = COUNTY.model_copy(update={"vision": COUNTY.vision.model_copy(update={"fuse": "room"})})
    cameras = [heads_that_hide(38, 40, camera_id=zone, zone=zone) for zone in ("front", "back")]
    assert judge(lesson(*cameras, present=80), COUNTY).peak == 80
    assert judge(lesson(*cameras, present=80), whole).peak == 40


@pytest.mark.parametrize("reason", [ExcludedReason.BLURRED, ExcludedReason.OVEREXPOSED, ExcludedReason.OVERLAY_MISSING])
def test_a_picture_hard_to_see_counts_and_a_person_looks(reason: ExcludedReason) -> None:
    all_hour = excluded(reason, (0, 2700))
    verdict = judge(lesson(camera(40, excluded=all_hour)), COUNTY)
    assert (verdict.state, verdict.reasons, verdict.peak) == (REVIEW, (reason.name,), 40)
    assert outcome(lesson(camera(20, excluded=all_hour)))[0] is REVIEW  # a blur may be why so few were seen
    outside = excluded(reason, (2000, 2100))
    assert judge(lesson(camera(40, (0, 700), excluded=outside)), COUNTY).state is PASS


def test_a_covered_lens_is_not_counted_however_many_sit_there() -> None:
    covered = heads_that_hide(40, 40, excluded=excluded(ExcludedReason.LENS_COVERED, (0, 2700)))
    assert outcome(lesson(covered)) == (REVIEW, {"NO_VIDEO", "LENS_COVERED"})  # for a person, and never a pass
    assert judge(lesson(covered), COUNTY, "judge/3").state is FAIL
    short = camera(40, (0, 300), excluded=excluded(ExcludedReason.LENS_COVERED, (0, 100)))
    assert outcome(lesson(short)) == (FAIL, {"TOO_SHORT", "LENS_COVERED"})  # with or without the cover


def test_of_equal_windows_one_that_is_clear_goes_first() -> None:
    sun = excluded(ExcludedReason.OVEREXPOSED, (120, 132))
    verdict = judge(lesson(camera(40, excluded=sun)), COUNTY)
    assert (verdict.state, verdict.reasons) == (PASS, ())
    assert verdict.window is not None
    assert verdict.window.start_ms >= 132_000


def recognised(enrolled: int, seen: int) -> LessonEvidence:
    return lesson(camera(40), identity=Identity(COUNTER, trainees(enrolled), trainees(seen)))


@pytest.mark.parametrize(
    ("enrolled", "seen", "state", "identified"),
    [(40, 40, PASS, 40), (12, 12, PASS, 12), (0, 0, PASS, 0), (50, 40, PASS, 40), (40, 39, REVIEW, 39)],
)
def test_where_the_profile_asks_for_it_whoever_consented_is_recognised_or_a_person_looks(
    enrolled: int, seen: int, state: VerdictState, identified: int
) -> None:
    visible = COUNTY.visible.model_copy(update={"method": "count_and_identity"})
    asked = COUNTY.model_copy(update={"visible": visible})
    verdict = judge(recognised(enrolled, seen), asked)
    assert (verdict.state, verdict.identified) == (state, identified)
    assert ("IDENTITY_UNSURE" in verdict.reasons) == (state is REVIEW)
    counted_only = judge(recognised(enrolled, seen), COUNTY)
    assert (counted_only.state, counted_only.identified) == (PASS, None)


def test_recognition_asked_for_and_not_done_never_passes_by_itself() -> None:
    visible = COUNTY.visible.model_copy(update={"method": "count_and_identity"})
    asked = COUNTY.model_copy(update={"visible": visible})
    assert outcome(lesson(camera(40)), asked) == (REVIEW, {"IDENTITY_UNSURE"})
    assert outcome(lesson(camera(20)), asked) == (FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH", "IDENTITY_UNSURE"})
