"""What holds for every evidence: judged without an exception, the same for everybody, fair to more people."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from config.profile import load_profile
from supervisor.contract.evidence import canonical_json, evidence_json, parse_evidence, parse_verdict, verdict_json
from supervisor.rules.evidence import (
    COUNTING,
    Attendance,
    CameraEvidence,
    ClockEvidence,
    ClockVoucher,
    ExcludedReason,
    LessonEvidence,
    Sample,
    Span,
)
from supervisor.rules.explain import explain
from supervisor.rules.judge import judge
from supervisor.rules.verdict import LessonVerdict, ReasonCode, VerdictState
from tests.support.lesson_evidence import any_evidence, camera, lesson, pieces, replayed, trainees

PLACES = load_profile("000000-demo.2")
DEMO = load_profile("000000-demo.1")  # windows of one minute, lesson hours of three: many small examples
COUNTY = load_profile("140521-2024.1")
HOUR_MS = 180_000

counts = st.lists(st.integers(0, 5), min_size=0, max_size=90)
small_hours = st.tuples(counts, counts, pieces(HOUR_MS, longest_ms=100_000, longest_gap_ms=4_000), st.booleans())


def small_hour(drawn, shift_ms: int = 0, more: int = 0) -> LessonEvidence:
    """Two cameras of one or two zones, sampled every 2 s, one with gaps; four people must be visible."""
    first, second, media, same_zone = drawn

    def seen(numbers: list[int]) -> tuple[Sample, ...]:
        return tuple(Sample(2_000 * index + shift_ms, number + more) for index, number in enumerate(numbers))

    whole = CameraEvidence("a", "front", True, 0, (Span(shift_ms, HOUR_MS + shift_ms),), (), (), seen(first), None)
    broken = replace(
        whole,
        camera_id="b",
        zone="front" if same_zone else "back",
        spans=tuple(Span(span.start_ms + shift_ms, span.end_ms + shift_ms) for span in media),
        samples=seen(second),
    )
    cameras = (whole, broken) if len(media) % 2 else (replace(broken, camera_id="a"),)
    attendance = Attendance(trainees(4), (), 4, 0)
    return lesson(*cameras, duration_ms=2 * HOUR_MS, assessed_ms=2 * HOUR_MS, attendance=attendance)


@given(any_evidence)
@settings(max_examples=100, deadline=None)
def test_any_evidence_is_judged_and_explained_and_twice_the_same(evidence: LessonEvidence) -> None:
    for profile in (DEMO, COUNTY):
        verdict = judge(evidence, profile)
        assert verdict == judge(evidence, profile)
        assert (
            list(verdict.reasons) == sorted(set(verdict.reasons), key=list(type(verdict.reasons[0])).index)
            if verdict.reasons
            else True
        )
        assert len(explain(verdict, "zh")) == len(explain(verdict, "en")) >= 2
        assert parse_verdict(canonical_json(verdict_json(verdict))) == verdict


@given(any_evidence)
@settings(max_examples=100, deadline=None)
def test_evidence_survives_canonical_json_byte_for_byte(evidence: LessonEvidence) -> None:
    text = canonical_json(evidence_json(evidence))
    assert parse_evidence(text) == evidence
    assert canonical_json(evidence_json(parse_evidence(text))) == text


@given(any_evidence, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_cameras_spans_and_samples_does_not_matter(evidence: LessonEvidence, random: Random) -> None:
    def shuffled(items):
        return tuple(random.sample(items, len(items)))

    cameras = tuple(
        replace(one, spans=shuffled(one.spans), samples=shuffled(one.samples), excluded=shuffled(one.excluded))
        for one in shuffled(evidence.cameras)
    )
    assert judge(replace(evidence, cameras=cameras), DEMO) == judge(evidence, DEMO)


@given(small_hours, st.integers(1, 60_000))
@settings(max_examples=100, deadline=None)
def test_moving_everything_within_the_hour_keeps_the_verdict(drawn, shift_ms: int) -> None:
    here, there = judge(small_hour(drawn), DEMO), judge(small_hour(drawn, shift_ms), DEMO)
    moved = here.window and replace(
        here.window, start_ms=here.window.start_ms + shift_ms, end_ms=here.window.end_ms + shift_ms
    )
    clips = {"clip_start_ms": None, "clip_end_ms": None}  # clipped to the lesson hour, so its edges matter
    assert replace(there, **clips) == replace(here, window=moved, **clips)


@given(small_hours, st.integers(0, 3))
@settings(max_examples=100, deadline=None)
def test_more_people_in_every_sample_never_makes_it_worse(drawn, more: int) -> None:
    rank = [VerdictState.FAIL_PROPOSED, VerdictState.REVIEW, VerdictState.PASS]
    fewer, many = judge(small_hour(drawn), DEMO), judge(small_hour(drawn, more=more), DEMO)
    assert many.moments >= fewer.moments
    assert rank.index(many.state) >= rank.index(fewer.state)


@given(small_hours)
@settings(max_examples=100, deadline=None)
def test_the_verdict_is_what_its_own_figures_say(drawn) -> None:
    """A PASS can be checked by hand from the figures it carries."""
    verdict = judge(small_hour(drawn), DEMO)
    assert (verdict.window is None) == (verdict.longest_joined_ms < 60_000)
    assert verdict.longest_strict_ms <= verdict.longest_joined_ms <= verdict.media_ms
    if verdict.state is VerdictState.PASS:
        assert verdict.moments == DEMO.visible.moments
        assert verdict.required is not None and verdict.peak is not None and verdict.median is not None
        assert verdict.peak >= verdict.required
        assert verdict.median >= DEMO.visible.median_ratio * verdict.required
        assert verdict.samples >= DEMO.visible.sample_coverage_min * verdict.samples_expected - 1
        assert verdict.window is not None and verdict.window.media_ms == 60_000


@given(st.integers(1, 50), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_a_steady_room_is_judged_by_its_deficit_alone(required: int, seen: int) -> None:
    verdict = judge(lesson(camera(seen, (0, 700)), present=required), COUNTY)
    tolerated = max(1, -(-required // 20))
    expected = (
        VerdictState.PASS if seen >= required
        else VerdictState.REVIEW if required - seen <= tolerated
        else VerdictState.FAIL_PROPOSED
    )  # fmt: skip
    assert verdict.state is expected


def without_replays(evidence: LessonEvidence) -> LessonEvidence:
    def clean(camera: CameraEvidence) -> CameraEvidence:
        kept = tuple(one for one in camera.excluded if one.reason is not ExcludedReason.REPLAY_SUSPECT)
        return replace(camera, excluded=kept, replays=())

    return replace(evidence, cameras=tuple(clean(camera) for camera in evidence.cameras))


def as_of_old(evidence: LessonEvidence) -> LessonEvidence:
    """Without what judge/4 alone reads."""

    def clean(camera: CameraEvidence) -> CameraEvidence:
        later = COUNTING - {ExcludedReason.REPLAY_SUSPECT}
        kept = tuple(one for one in camera.excluded if one.reason not in later)
        return replace(camera, excluded=kept, seated=(), watcher=None)

    return replace(evidence, identity=None, cameras=tuple(clean(camera) for camera in evidence.cameras))


def as_of(rule: str, verdict: LessonVerdict) -> LessonVerdict:
    return replace(verdict, rule_version=rule, raw_median=None, confidence=None, identified=None)


@given(any_evidence)
@settings(max_examples=100, deadline=None)
def test_without_replays_the_rule_before_says_the_same(anything: LessonEvidence) -> None:
    evidence = as_of_old(anything)
    assert judge(evidence, PLACES, "judge/3") == as_of("judge/3", judge(evidence, PLACES))
    evidence = without_replays(evidence)
    assert judge(evidence, PLACES, "judge/2") == as_of("judge/2", judge(evidence, PLACES))


@given(any_evidence)
@settings(max_examples=100, deadline=None)
def test_places_are_read_only_where_the_profile_says_how(anything: LessonEvidence) -> None:
    cameras = tuple(replace(camera, seated=(), watcher=None) for camera in anything.cameras)
    assert judge(anything, DEMO) == judge(replace(anything, cameras=cameras), DEMO)


@given(any_evidence)
@settings(max_examples=100, deadline=None)
def test_recognition_changes_no_figure_and_at_most_asks_for_a_person(anything: LessonEvidence) -> None:
    visible = PLACES.visible.model_copy(update={"method": "count_and_identity"})
    asked = PLACES.model_copy(update={"visible": visible})
    known, unknown = judge(anything, PLACES), judge(anything, asked)
    assert unknown.state in ({VerdictState.PASS: VerdictState.REVIEW}.get(known.state), known.state)
    assert set(unknown.reasons) - {ReasonCode.IDENTITY_UNSURE} == set(known.reasons)
    assert as_of("", replace(unknown, state=known.state, reasons=known.reasons, profile_sha256="")) == as_of(
        "", replace(known, profile_sha256="")
    )


@given(any_evidence, small_hours)
@settings(max_examples=100, deadline=None)
def test_a_replay_changes_no_figure_and_at_most_asks_for_a_person(anything: LessonEvidence, drawn) -> None:
    worse = {VerdictState.PASS: VerdictState.REVIEW}
    for evidence in (without_replays(anything), small_hour(drawn)):
        cameras = tuple(replace(camera, replays=(replayed(-10, 100_000),)) for camera in evidence.cameras)
        honest, suspected = judge(evidence, DEMO), judge(replace(evidence, cameras=cameras), DEMO)
        assert suspected.state in (worse.get(honest.state, honest.state), VerdictState.REVIEW)
        if cameras and honest.state not in (VerdictState.EXEMPT, VerdictState.NO_DATA_YET):
            assert set(suspected.reasons) == {*honest.reasons, ReasonCode.REPLAY_SUSPECT}
        assert replace(suspected, state=honest.state, reasons=honest.reasons) == honest


@given(any_evidence, small_hours)
@settings(max_examples=100, deadline=None)
def test_an_untrusted_clock_never_passes_whatever_was_recorded(anything: LessonEvidence, drawn) -> None:
    for evidence in (anything, small_hour(drawn)):
        nobody = ClockEvidence(ClockVoucher.NTP, None, (Span(0, evidence.duration_ms),))
        assert judge(replace(evidence, clock=nobody), DEMO).state is not VerdictState.PASS
