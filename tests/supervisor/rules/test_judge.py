"""The verdict: RULES 1.7 step by step. The edge tests at its end are in test_judge_edges.py."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from config.profile import DEFAULT_PROFILE, RegionProfile, load_profile
from supervisor.contract.evidence import canonical_json, evidence_json, parse_evidence, verdict_json
from supervisor.rules.evidence import (
    Attendance,
    ClockEvidence,
    ClockVoucher,
    ExcludedReason,
    ExemptKind,
    Gap,
    GapReason,
    LessonEvidence,
)
from supervisor.rules.judge import judge
from supervisor.rules.verdict import LessonVerdict, ReasonCode, VerdictState, Window
from tests.support.lesson_evidence import HOUR_S, after_end, camera, excluded, lesson, replayed, spans, trainees

COUNTY = load_profile("140521-2024.1")
EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
PASS, REVIEW, FAIL = VerdictState.PASS, VerdictState.REVIEW, VerdictState.FAIL_PROPOSED


def outcome(evidence: LessonEvidence, profile: RegionProfile = COUNTY) -> tuple[VerdictState, set[str]]:
    verdict = judge(evidence, profile)
    return verdict.state, {code.value for code in verdict.reasons}


def changed(section: str, **values: object) -> RegionProfile:
    return COUNTY.model_copy(update={section: getattr(COUNTY, section).model_copy(update=values)})


@pytest.mark.rule("A-28")
@pytest.mark.parametrize(
    ("kind", "code"),
    [(ExemptKind.ENTERPRISE_STAFF, "EXEMPT_ENTERPRISE"), (ExemptKind.SECRET_UNIT, "EXEMPT_SECRET_UNIT")],
)
def test_exempt_is_never_pass_and_asks_for_no_clip(kind: ExemptKind, code: str) -> None:
    verdict = judge(lesson(camera(40), exempt=kind), COUNTY)
    assert (verdict.state, verdict.reasons, verdict.exempt) == (VerdictState.EXEMPT, (ReasonCode(code),), kind)
    assert (verdict.window, verdict.clip_start_ms, verdict.media_ms) == (None, None, 0)


def test_incomplete_evidence_is_no_data_yet_until_the_grace_ends() -> None:
    waiting = lesson(complete=False, assessed_ms=after_end(72) - 1)
    assert outcome(waiting) == (VerdictState.NO_DATA_YET, set())
    assert outcome(replace(waiting, assessed_ms=after_end(72))) == (FAIL, {"NO_VIDEO"})


def test_unknown_attendance_is_no_data_yet_but_the_clip_can_be_cut() -> None:
    verdict = judge(lesson(camera(lambda s: 40 if s > 1000 else 10), attendance=None), COUNTY)
    assert (verdict.state, verdict.required, verdict.moments) == (VerdictState.NO_DATA_YET, None, 0)
    assert verdict.window is not None and verdict.window.start_ms >= 700_000
    assert verdict.median == 40


def test_attendance_that_never_became_known_is_proposed_to_fail() -> None:
    assert outcome(lesson(camera(40), attendance=None, assessed_ms=after_end(80))) == (FAIL, {"NO_ATTENDANCE"})


def test_incomplete_evidence_that_is_old_is_judged_on_what_is_there() -> None:
    assert outcome(lesson(camera(40), complete=False, assessed_ms=after_end(80)))[0] is PASS


def test_nobody_attending_is_proposed_to_fail_whoever_is_visible() -> None:
    assert outcome(lesson(camera(40), present=0)) == (FAIL, {"NO_ATTENDANCE"})
    only_teachers = Attendance((), (), 40, teachers_in_zone=1)
    assert outcome(lesson(camera(1), attendance=only_teachers)) == (FAIL, {"NO_ATTENDANCE"})


@pytest.mark.rule("A-16")
@pytest.mark.parametrize(
    ("media", "code"),
    [
        ([(-100, 0)], "NO_VIDEO"),
        ([(0, 599.9)], "TOO_SHORT"),
        ([(0, 300), (900, 1199)], "TOO_SHORT"),
        ([(0, 300), (900, 1200)], "GAP"),
        ([(0, 540), (600, 1140)], "GAP"),
    ],
)
def test_without_a_window_the_reason_tells_nothing_from_short_from_broken(media, code: str) -> None:
    assert outcome(lesson(camera(40, *media))) == (FAIL, {code})


def test_without_a_window_the_cause_stands_beside_it() -> None:
    frozen = camera(40, excluded=excluded(ExcludedReason.FROZEN, (0, HOUR_S)))
    assert outcome(lesson(frozen)) == (REVIEW, {"NO_VIDEO", "FROZEN"})  # a sign of tampering is for a person
    assert judge(lesson(frozen), COUNTY, "judge/3").state is FAIL


def test_everybody_visible_passes_with_every_figure() -> None:
    assert judge(lesson(camera(40)), COUNTY) == LessonVerdict(
        schema="lessonproof/verdict/1", rule_version="judge/4", profile="140521-2024.1", profile_sha256=COUNTY.digest(),
        lesson_hour_id="hour-1", state=PASS, reasons=(), exempt=None, required=40, present=40, roster=40,
        window=Window(0, 600_000, 600_000, 0, 0), clip_start_ms=0, clip_end_ms=605_000, moments=3, peak=40, median=40.0,
        raw_peak=40, samples=120, samples_expected=120, media_ms=2_700_000, longest_strict_ms=2_700_000,
        longest_joined_ms=2_700_000, raw_median=40.0,
    )  # fmt: skip


@pytest.mark.rule("A-17")
@pytest.mark.parametrize(
    ("required", "seen", "state", "codes"),
    [
        (40, 40, PASS, set()),
        (40, 39, REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"}),
        (40, 38, REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"}),
        (40, 37, FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH"}),
        (41, 38, REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"}),  # 5 % of 41 is 2.05: three may be missed
        (10, 9, REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"}),
        (10, 8, FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH"}),
        (140, 133, REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"}),
        (140, 132, FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH"}),  # 0.05 * 140 is 7.000000000000001 in binary
        (40, 45, PASS, set()),  # Q13: more people than registered is no failure
    ],
)
def test_the_deficit_decides(required: int, seen: int, state: VerdictState, codes: set[str]) -> None:
    assert outcome(lesson(camera(seen), present=required)) == (state, codes)


@pytest.mark.rule("A-17")
def test_everybody_in_two_thirds_only_is_for_a_person() -> None:
    verdict = judge(lesson(camera(lambda s: 40 if s < 405 else 38, (0, 600))), COUNTY)
    assert (verdict.state, verdict.reasons, verdict.moments) == (REVIEW, (ReasonCode.COUNT_UNSURE,), 2)


def test_a_low_median_is_for_a_person() -> None:
    """Everybody for 20 s of each third, and 35 of 40 (below 90 %) the rest of the time."""
    verdict = judge(lesson(camera(lambda s: 40 if s % 200 < 20 else 35, (0, 600))), COUNTY)
    assert (verdict.state, verdict.moments, verdict.median) == (REVIEW, 3, 35)
    assert outcome(lesson(camera(lambda s: 40 if s % 200 < 20 else 36, (0, 600)))) == (PASS, set())


def test_the_best_window_wins_and_the_earliest_of_equals() -> None:
    late = judge(lesson(camera(lambda s: 40 if s >= 1200 else 30)), COUNTY)
    assert late.state is PASS and late.median == 40 and late.window is not None
    assert 900_000 <= late.window.start_ms <= 1_200_000
    even = judge(lesson(camera(40, (100, HOUR_S))), COUNTY)
    assert even.window is not None and even.window.start_ms == 100_000


def test_too_few_samples_prove_nothing_either_way() -> None:
    assert outcome(lesson(camera(40, every_s=10))) == (REVIEW, {"COUNT_UNSURE"})
    assert outcome(lesson(camera(10, every_s=10))) == (REVIEW, {"COUNT_UNSURE", "CHECKIN_MISMATCH"})
    assert outcome(lesson(camera(None))) == (REVIEW, {"COUNT_UNSURE"})


def test_sparse_sampling_after_the_window_takes_nothing_from_it() -> None:
    """The box samples densely until the lesson hour has its ten minutes, then sparsely (DESIGN 6)."""
    seats = camera(lambda s: 40 if s < 660 else 44)
    adaptive = replace(
        seats, samples=tuple(one for one in seats.samples if one.at_ms < 660_000 or one.at_ms % 60_000 == 0)
    )
    assert outcome(lesson(adaptive)) == (PASS, set())


def test_a_window_hardly_looked_at_does_not_stand_in_for_one_that_was() -> None:
    seats = camera(36)
    late_start = replace(seats, samples=tuple(one for one in seats.samples if one.at_ms > 400_000))
    verdict = judge(lesson(late_start), COUNTY)
    assert (verdict.state, verdict.reasons[0]) == (FAIL, ReasonCode.COUNT_LOW)
    assert verdict.samples >= 0.8 * verdict.samples_expected


@pytest.mark.rule("A-22")
def test_a_camera_not_accepted_is_for_a_person_even_when_people_are_missing() -> None:
    assert outcome(lesson(camera(40, accepted=False))) == (REVIEW, {"CAMERA_NOT_ACCEPTED"})
    assert outcome(lesson(camera(10, accepted=False))) == (
        REVIEW, {"CAMERA_NOT_ACCEPTED", "COUNT_LOW", "CHECKIN_MISMATCH"},
    )  # fmt: skip


@pytest.mark.rule("A-21")
@pytest.mark.parametrize("reason", list(ExcludedReason))
def test_a_tamper_sign_of_any_camera_within_the_window_is_for_a_person(reason: ExcludedReason) -> None:
    other = camera(40, camera_id="b", excluded=excluded(reason, (100, 2200)))
    assert outcome(lesson(camera(40), other)) == (REVIEW, {reason.value.upper()})


@pytest.mark.parametrize("stretch", [(0, HOUR_S), (100, 220), (2400, 2600)])
def test_media_that_looks_like_a_replay_counts_and_is_for_a_person_wherever_it_lies(stretch) -> None:
    suspected = judge(lesson(camera(40, replays=(replayed(*stretch),))), COUNTY)
    honest = judge(lesson(camera(40)), COUNTY)
    assert (suspected.state, suspected.reasons) == (REVIEW, (ReasonCode.REPLAY_SUSPECT,))
    assert replace(suspected, state=PASS, reasons=()) == honest


def test_a_replay_alone_never_proposes_to_fail_and_never_hides_what_does() -> None:
    everywhere = {"replays": (replayed(0, HOUR_S),)}
    assert outcome(lesson(camera(10, **everywhere))) == (REVIEW, {"REPLAY_SUSPECT", "COUNT_LOW", "CHECKIN_MISMATCH"})
    assert outcome(lesson(camera(40, (0, 500), **everywhere))) == (FAIL, {"REPLAY_SUSPECT", "TOO_SHORT"})
    assert outcome(lesson(camera(40, **everywhere), present=0)) == (FAIL, {"REPLAY_SUSPECT", "NO_ATTENDANCE"})


def test_before_judge_3_a_suspected_replay_was_not_counted() -> None:
    evidence = lesson(camera(40, excluded=excluded(ExcludedReason.REPLAY_SUSPECT, (0, HOUR_S))))
    assert outcome(evidence) == (REVIEW, {"REPLAY_SUSPECT"})
    old = judge(evidence, COUNTY, "judge/2")
    assert (old.rule_version, old.state) == ("judge/2", FAIL)


def test_evidence_from_before_replays_were_told_is_still_read() -> None:
    body = evidence_json(lesson(camera(40)))
    del body["cameras"][0]["replays"]
    assert parse_evidence(canonical_json(body)) == lesson(camera(40))


def test_a_frozen_picture_of_everybody_is_not_evidence() -> None:
    seats = camera(lambda s: 40 if s < 900 else 20, excluded=excluded(ExcludedReason.FROZEN, (0, 900)))
    assert outcome(lesson(seats)) == (FAIL, {"COUNT_LOW", "CHECKIN_MISMATCH"})


@pytest.mark.rule("A-21")
def test_a_step_of_the_box_clock_within_the_window_is_for_a_person() -> None:
    step = Gap(300_000, 300_000, GapReason.CLOCK_STEP)
    assert outcome(lesson(camera(40, (0, 650), gaps=(step,)))) == (REVIEW, {"CLOCK_DRIFT"})
    before = Gap(-5_000, -4_000, GapReason.CLOCK_STEP)
    assert outcome(lesson(camera(40, gaps=(before,)))) == (PASS, set())


NTP, OPERATOR = ClockVoucher.NTP, ClockVoucher.OPERATOR


@pytest.mark.parametrize(
    ("clock", "expected"),
    [
        (None, (PASS, set())),
        (ClockEvidence(NTP, 31, ()), (PASS, set())),
        (ClockEvidence(OPERATOR, None, ()), (PASS, set())),
        (ClockEvidence(NTP, 16_000, spans((0, HOUR_S))), (REVIEW, {"CLOCK_DRIFT"})),
        (ClockEvidence(NTP, None, spans((599.999, 2101))), (REVIEW, {"CLOCK_DRIFT"})),
        (ClockEvidence(NTP, None, spans((-5, 0))), (PASS, set())),
        (ClockEvidence(NTP, None, spans((600, HOUR_S))), (PASS, set())),
    ],
    ids=[
        "not-told",
        "ntp",
        "operator",
        "never-synchronised",
        "last-millisecond",
        "before-the-bell",
        "after-the-window",
    ],
)
def test_a_clock_that_nobody_vouches_for_within_the_window_never_passes(clock, expected) -> None:
    assert outcome(lesson(camera(40, (-5, HOUR_S)), clock=clock)) == expected


def test_without_a_window_an_untrusted_clock_is_told_beside_the_reason() -> None:
    """The recording may lie in the hour, and only its dates be wrong: a person must know."""
    doubtful = ClockEvidence(NTP, None, spans((0, 300)))
    assert outcome(lesson(camera(40, (0, 300)), clock=doubtful)) == (FAIL, {"TOO_SHORT", "CLOCK_DRIFT"})
    assert outcome(lesson(camera(None), clock=doubtful)) == (REVIEW, {"COUNT_UNSURE", "CLOCK_DRIFT"})


def test_evidence_from_before_the_clock_was_told_is_still_read() -> None:
    whole = json.loads((EXAMPLES / "evidence-pass.json").read_text())
    del whole["clock"]
    old = parse_evidence(json.dumps(whole))
    assert old.clock is None
    assert judge(old, COUNTY) == judge(parse_evidence((EXAMPLES / "evidence-pass.json").read_bytes()), COUNTY)


def test_a_county_may_want_a_person_for_every_hour() -> None:
    assert outcome(lesson(camera(40)), changed("visible", auto_pass=False)) == (REVIEW, set())


def test_required_by_roster_counts_everybody_not_on_leave() -> None:
    attendance = Attendance(trainees(38), ("r038", "r039"), 42, 0)
    evidence = lesson(camera(40), attendance=attendance)
    assert judge(evidence, changed("visible", basis="roster_minus_leave")).required == 40
    assert judge(evidence, COUNTY).required == 38


def test_reasons_come_gravest_first() -> None:
    low = lesson(camera(10, accepted=False), delivered_ms=after_end(73))
    assert [code.value for code in judge(low, COUNTY).reasons] == [
        "COUNT_LOW", "CHECKIN_MISMATCH", "CAMERA_NOT_ACCEPTED", "LATE_UPLOAD",
    ]  # fmt: skip


def test_the_clip_has_its_margin_but_never_leaves_the_lesson_hour() -> None:
    middle = judge(lesson(camera(40, (1000, 1600))), COUNTY)
    assert (middle.clip_start_ms, middle.clip_end_ms) == (995_000, 1_605_000)
    last = judge(lesson(camera(40, (HOUR_S - 601, HOUR_S + 60))), COUNTY)
    assert (last.clip_start_ms, last.clip_end_ms) == (2_094_000, 2_700_000)


def test_the_profile_of_the_class_is_the_one_that_counts() -> None:
    """A class keeps the version of its opening day: another version is another verdict, and each names its own."""
    stricter = changed("lesson", max_join_gap_s=0).model_copy(update={"profile_version": "2024.2"})
    reconnect = lesson(camera(40, (0, 300), (303, 603)))
    old, new = judge(reconnect, COUNTY), judge(reconnect, stricter)
    assert (old.state, old.profile) == (PASS, "140521-2024.1")
    assert (new.state, new.reasons, new.profile) == (FAIL, (ReasonCode.GAP,), "140521-2024.2")
    assert old.profile_sha256 != new.profile_sha256


def test_the_worked_example_of_the_documentation_has_its_golden_verdict() -> None:
    evidence = parse_evidence((EXAMPLES / "evidence-pass.json").read_bytes())
    assert verdict_json(judge(evidence, load_profile(DEFAULT_PROFILE))) == json.loads(
        (EXAMPLES / "verdict-pass.json").read_text()
    )


def test_four_cameras_sampled_every_second_pass() -> None:
    rooms = [camera(lambda s: 38 + int(s) % 5, camera_id=f"{n}", zone=f"{n % 2}", every_s=1) for n in range(4)]
    assert judge(lesson(*rooms), COUNTY).state == PASS
