"""The evidence of a lesson hour, out of real rows: spans and gaps cover the hour exactly, and every gap has its
reason.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.clock import epoch_ms
from edge_agent.lessons.evidence import build, gaps_of, spans_of
from storage.evidence.tables import GapRow, Run, Segment
from supervisor.contract.evidence import canonical_json, evidence_json, parse_evidence
from supervisor.contract.target import TargetAttendance, TargetLesson
from supervisor.rules.evidence import CameraEvidence, ClockEvidence, ClockVoucher, Gap, GapReason, LessonEvidence, Span
from tests.support.box import START, Box, camera_of, lesson_of, new_box, target_of

HOUR_MS = 180_000


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return new_box(tmp_path)


def second(value: float):
    return START + timedelta(seconds=value)


def evidence_of(
    box: Box, lesson: TargetLesson | None = None, cameras=(), now_s: float = 200, voucher=ClockVoucher.OPERATOR
) -> LessonEvidence:
    box.told(target_of([lesson or lesson_of()], cameras))
    plan = box.plans.current()
    assert plan is not None
    with box.work.read() as session:
        return build(
            session, plan.hours()[0], now_ms=epoch_ms(second(now_s)), box_id="box", version="1", voucher=voucher
        )


def camera(box: Box, **given: object) -> CameraEvidence:
    return evidence_of(box, **given).cameras[0]


def test_one_run_over_the_whole_hour_is_one_span_with_its_margin_and_no_gap(box: Box) -> None:
    box.recorded(second(-60), 300, offset_ms=-40)
    seen = camera(box)
    assert seen.spans == (Span(-2000, HOUR_MS + 2000),)
    assert seen.gaps == ()
    assert seen.clock_offset_ms == -40


def test_nothing_recorded_is_one_gap_over_the_whole_hour(box: Box) -> None:
    seen = camera(box)
    assert seen.spans == ()
    assert seen.gaps == (Gap(0, HOUR_MS, GapReason.NOT_RECORDED),)
    assert seen.counter is None


def test_a_gap_has_the_reason_the_recorder_gave(box: Box) -> None:
    box.recorded(second(-60), 100, end_reason="line_lost")
    box.gap(second(40), 20, "line_lost")
    box.recorded(second(60), 200)
    assert camera(box).gaps == (Gap(40_000, 60_000, GapReason.LINE_LOST),)


def test_a_gap_whose_reason_changes_is_told_in_parts(box: Box) -> None:
    box.recorded(second(-60), 100, end_reason="line_lost")
    box.gap(second(40), 10, "line_lost")
    box.gap(second(50), 30, "camera_unreachable")
    box.recorded(second(80), 200)
    assert camera(box).gaps == (
        Gap(40_000, 50_000, GapReason.LINE_LOST),
        Gap(50_000, 80_000, GapReason.CAMERA_UNREACHABLE),
    )


def test_a_moment_between_the_last_picture_and_the_noticed_loss_belongs_to_the_loss(box: Box) -> None:
    box.recorded(second(-60), 100)
    box.gap(second(40.4), 19, "camera_stalled")
    box.recorded(second(59.9), 200)
    assert camera(box).gaps == (Gap(40_000, 59_900, GapReason.CAMERA_STALLED),)


def test_a_long_stretch_that_nobody_explains_is_not_given_its_neighbours_reason(box: Box) -> None:
    box.gap(second(100), 10, "camera_unreachable")
    box.recorded(second(110), 200)
    assert camera(box).gaps == (
        Gap(0, 100_000, GapReason.NOT_RECORDED),
        Gap(100_000, 110_000, GapReason.CAMERA_UNREACHABLE),
    )


def test_a_gap_still_lasting_reaches_to_now_and_what_is_beyond_is_not_recorded(box: Box) -> None:
    box.recorded(second(-60), 100, end_reason="line_lost")
    box.gap(second(40), None, "camera_unreachable")
    assert camera(box, now_s=120).gaps[0] == Gap(40_000, 120_000, GapReason.CAMERA_UNREACHABLE)
    assert camera(box, now_s=300).gaps == (Gap(40_000, HOUR_MS, GapReason.CAMERA_UNREACHABLE),)


def test_between_two_lives_of_the_box_the_reason_is_its_restart(box: Box) -> None:
    box.recorded(second(-60), 100, boot="first life")
    box.recorded(second(47), 200, boot="second life")
    assert camera(box).gaps == (Gap(40_000, 47_000, GapReason.BOX_RESTART),)


def test_without_a_gap_row_the_end_of_the_run_gives_the_reason(box: Box) -> None:
    box.recorded(second(-60), 100, end_reason="frames_lost")
    box.recorded(second(41), 200)
    assert camera(box).gaps == (Gap(40_000, 41_000, GapReason.FRAMES_LOST),)


def test_two_runs_that_touch_or_overlap_are_never_one_stretch(box: Box) -> None:
    box.recorded(second(-60), 100.5, end_reason="frames_lost")
    box.recorded(second(40), 200)
    seen = camera(box)
    assert seen.spans == (Span(-2000, 39_999), Span(40_000, HOUR_MS + 2000))
    assert seen.gaps == (Gap(39_999, 40_000, GapReason.FRAMES_LOST),)


def test_samples_are_those_of_the_hour_and_name_their_counter(box: Box) -> None:
    box.recorded(second(-60), 300)
    box.counted(second(-10), 200, people=7, every_s=5)
    seen = camera(box)
    assert [sample.at_ms for sample in seen.samples] == list(range(0, 180_001, 5000))
    assert {sample.count for sample in seen.samples} == {7}
    assert seen.counter is not None and seen.counter.model_sha256 == "a" * 64


def test_numbers_of_two_models_are_not_mixed(box: Box) -> None:
    box.recorded(second(-60), 300)
    box.counted(second(0), 20, people=1, model="b" * 64)
    box.counted(second(30), 100, people=9)
    seen = camera(box)
    assert {sample.count for sample in seen.samples} == {9}
    assert seen.counter is not None and seen.counter.model_sha256 == "a" * 64


def test_only_the_cameras_of_the_room_are_in_the_evidence(box: Box) -> None:
    cameras = (camera_of("a1"), camera_of("a2", zone="podium"), camera_of("b1", room="B"))
    told = evidence_of(box, cameras=cameras)
    assert [one.camera_id for one in told.cameras] == [str(cameras[0].camera_id), str(cameras[1].camera_id)]


def test_teachers_are_required_only_where_a_zone_shows_the_podium(box: Box) -> None:
    plain = evidence_of(box).attendance
    whole_room = evidence_of(box, cameras=(camera_of(podium_in_zone=True),)).attendance
    assert plain is not None and plain.teachers_in_zone == 0
    assert whole_room is not None and whole_room.teachers_in_zone == 1


def test_attendance_from_before_the_check_ins_is_not_used(box: Box) -> None:
    box.clock.sleep(60)  # four minutes before the lesson
    stale = TargetAttendance(as_of=box.clock.now(), present=(), on_leave=(), roster=4, teachers=1)
    told = evidence_of(box, lesson=lesson_of(attendance=stale))
    assert told.attendance is None
    assert told.complete  # the box has told all it has; the centre has the check-ins


def test_the_evidence_survives_the_wire_exactly(box: Box) -> None:
    box.recorded(second(-60), 100, end_reason="line_lost")
    box.recorded(second(60), 200)
    box.counted(second(0), 180, people=3)
    told = evidence_of(box)
    assert parse_evidence(canonical_json(evidence_json(told))) == told
    assert told.start == "2026-11-23T01:00:00Z"
    assert told.assessed_ms == 200_000


RUNS = st.lists(st.tuples(st.integers(-90_000, 260_000), st.integers(0, 150_000), st.booleans()), max_size=8)
ROWS = st.lists(
    st.tuples(
        st.integers(-90_000, 260_000), st.one_of(st.none(), st.integers(0, 90_000)), st.sampled_from(list(GapReason))
    ),
    max_size=8,
)


@given(runs=RUNS, rows=ROWS, now=st.integers(0, 400_000))
def test_spans_and_gaps_cover_the_hour_exactly_whatever_was_recorded(runs, rows, now) -> None:  # type: ignore[no-untyped-def]
    zero = epoch_ms(START)
    recorded = sorted(
        (
            Run(start_ms=zero + start, media_ms=length, boot_id="boot", end_reason="line_lost" if ended else None)
            for start, length, ended in runs
        ),
        key=lambda run: run.start_ms,
    )
    gap_rows = [
        GapRow(start_ms=zero + start, end_ms=None if length is None else zero + start + length, reason=reason.value)
        for start, length, reason in rows
    ]
    spans = spans_of(recorded, zero, -2000, HOUR_MS + 2000)
    gaps = gaps_of(spans, recorded, gap_rows, zero, HOUR_MS, zero + now)
    inside = [(max(span.start_ms, 0), min(span.end_ms, HOUR_MS)) for span in spans]
    pieces = sorted([piece for piece in inside if piece[0] < piece[1]] + [(gap.start_ms, gap.end_ms) for gap in gaps])
    assert pieces[0][0] == 0
    assert pieces[-1][1] == HOUR_MS
    assert all(left[1] == right[0] for left, right in pairwise(pieces))
    assert all(start < end for start, end in pieces)
    assert all(left.reason != right.reason or left.end_ms < right.start_ms for left, right in pairwise(gaps))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(runs=st.lists(st.tuples(st.integers(-60, 200), st.integers(1, 100)), min_size=1, max_size=5))
def test_counted_media_is_never_more_than_what_the_runs_hold(runs: list[tuple[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = new_box(Path(folder))
        for start, length in runs:
            box.recorded(second(start), length)
        seen = camera(box)
        counted = sum(span.length_ms for span in seen.spans)
        assert counted <= sum(length * 1000 for _, length in runs)
        box.work.engine.dispose()


def clocked(box: Box, *states: tuple[bool | None, int | None]) -> None:
    """A run of a minute each, one after the other from the bell on, with what was known of the clock."""
    for number, (synchronised, uncertainty_ms) in enumerate(states):
        box.recorded(second(60 * number), 59)
        with box.work.write() as session:
            run = session.query(Run).order_by(Run.id.desc()).first()
            assert run is not None
            run.clock_synchronised, run.clock_uncertainty_ms = synchronised, uncertainty_ms


def test_runs_under_an_unsynchronised_clock_are_told_as_untrusted(box: Box) -> None:
    clocked(box, (True, 20), (False, 16_000), (None, None))
    told = evidence_of(box, voucher=ClockVoucher.NTP).clock
    assert told == ClockEvidence(ClockVoucher.NTP, 16_000, (Span(60_000, 119_000), Span(120_000, 179_000)))


def test_a_person_may_vouch_for_the_clock_and_the_evidence_says_so(box: Box) -> None:
    clocked(box, (False, 16_000))
    assert evidence_of(box).clock == ClockEvidence(ClockVoucher.OPERATOR, 16_000, ())


def test_media_whose_file_is_lost_is_a_gap_with_its_reason(box: Box) -> None:
    box.recorded(second(0), 180)
    lost_id = box.open_segment(second(60))
    with box.work.write() as session:
        row = session.get_one(Segment, lost_id)
        row.media_ms, row.sha256, row.closed, row.fate = 60_000, "0" * 64, True, "lost"
    box.gap(second(60), 60, "file_lost")
    seen = camera(box)
    assert seen.spans == (Span(0, 60_000), Span(120_000, HOUR_MS))
    assert seen.gaps == (Gap(60_000, 120_000, GapReason.FILE_LOST),)
