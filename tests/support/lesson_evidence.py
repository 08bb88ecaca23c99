"""Evidence of invented lesson hours, written in seconds, and hypothesis strategies for all the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from supervisor.rules.evidence import (
    EVIDENCE_SCHEMA,
    EXACT,
    MOST_PEOPLE,
    Attendance,
    CameraEvidence,
    ClockEvidence,
    ClockVoucher,
    Counter,
    Excluded,
    ExcludedReason,
    ExemptKind,
    Gap,
    GapReason,
    Identity,
    LessonEvidence,
    LessonKind,
    Replay,
    ReplayKind,
    Sample,
    Seated,
    Span,
    Watcher,
)

HOUR_S = 45 * 60
COUNTER = Counter(name="yunet", model_sha256="0" * 64, engine="none", threshold=0.6)
WATCHER = Watcher(version="seats/1", persons=None, hold_s=60, scale=1, zones_sha256=None)


def spans(*pairs: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(round(start * 1000), round(end * 1000)) for start, end in pairs)


def excluded(reason: ExcludedReason, *pairs: tuple[float, float]) -> tuple[Excluded, ...]:
    return tuple(Excluded(span.start_ms, span.end_ms, reason) for span in spans(*pairs))


def replayed(start_s: float, end_s: float, kind: ReplayKind = ReplayKind.SAME_VIEW) -> Replay:
    """Looks like the same stretch of the day before."""
    start_ms, end_ms = round(start_s * 1000), round(end_s * 1000)
    day_ms = 86_400_000
    return Replay(
        start_ms, end_ms, kind, "camera-1", "hour-0", start_ms - day_ms, end_ms - day_ms, 0.05, 0.18, "replay/1"
    )


def samples(count: Callable[[float], int] | int, start_s: float = 0, end_s: float = HOUR_S, every_s: float = 5):
    """What the detector saw at each `every_s`: a number, or a function of the second."""
    at = [start_s + every_s * each for each in range(round((end_s - start_s) / every_s))]
    return tuple(Sample(round(s * 1000), count(s) if callable(count) else count) for s in at)


def seated(
    count: Callable[[float], int] | int,
    confidence: float = 1,
    start_s: float = 0,
    end_s: float = HOUR_S,
    every_s: float = 5,
):
    """Who is in their place at the same instants as `samples`."""
    return tuple(Seated(one.at_ms, one.count, confidence) for one in samples(count, start_s, end_s, every_s))


def camera(
    people: Callable[[float], int] | int | None,
    *media: tuple[float, float],
    camera_id: str = "camera-1",
    every_s: float = 5,
    **fields: Any,
) -> CameraEvidence:
    """A camera that recorded `media` (all the hour when none is given) and saw `people`; None: nothing was counted."""
    made = CameraEvidence(
        camera_id=camera_id,
        zone="seats",
        accepted=True,
        clock_offset_ms=0,
        spans=spans(*(media or ((0, HOUR_S),))),
        gaps=(),
        excluded=(),
        samples=() if people is None else samples(people, every_s=every_s),
        counter=COUNTER,
    )
    return replace(made, **fields)


def trainees(number: int) -> tuple[str, ...]:
    return tuple(f"r{each:03d}" for each in range(number))


def lesson(*cameras: CameraEvidence, present: int = 40, **fields: Any) -> LessonEvidence:
    """A complete lesson hour of 45 minutes, assessed one minute after its end."""
    made = LessonEvidence(
        schema=EVIDENCE_SCHEMA,
        lesson_hour_id="hour-1",
        class_no="QS-2026-001",
        kind=LessonKind.THEORY,
        start="2026-11-23T00:30:00Z",
        duration_ms=HOUR_S * 1000,
        exempt=None,
        complete=True,
        assessed_ms=(HOUR_S + 60) * 1000,
        delivered_ms=None,
        box_id="box-1",
        box_version="0.1.0",
        attendance=Attendance(trainees(present), (), present, 0),
        cameras=cameras,
    )
    return replace(made, **fields)


def after_end(hours: float) -> int:
    """Milliseconds from the start of a 45-minute lesson hour to `hours` after its end."""
    return HOUR_S * 1000 + round(hours * 3_600_000)


def pieces(
    most_ms: int, *, size: int = 12, longest_ms: int = 90_000, longest_gap_ms: int = 9_000
) -> st.SearchStrategy[tuple[Span, ...]]:
    """Media with gaps between, from some moment on, as a line that drops leaves it."""

    def build(first_ms: int, steps: list[tuple[int, int]]) -> tuple[Span, ...]:
        at, found = first_ms, []
        for length_ms, gap_ms in steps:
            found.append(Span(at, at + length_ms))
            at += length_ms + gap_ms
        return tuple(span for span in found if span.end_ms <= most_ms)

    steps = st.lists(st.tuples(st.integers(1, longest_ms), st.integers(1, longest_gap_ms)), max_size=size)
    return st.builds(build, st.integers(0, most_ms // 4), steps)


_moment = st.one_of(st.integers(-100_000, 300_000), st.integers(-EXACT, EXACT))


def _stretch(kind: Any, *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def build(one: int, other: int, *rest: Any) -> Any:
        return kind(min(one, other), max(one, other), *rest)

    return st.builds(build, _moment, _moment, *others)


def _tuples(of: st.SearchStrategy[Any], most: int = 5) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=most).map(tuple)


def _named_apart(cameras: Iterable[CameraEvidence]) -> tuple[CameraEvidence, ...]:
    return tuple(replace(one, camera_id=f"camera-{index}") for index, one in enumerate(cameras))


_people = st.one_of(st.integers(0, 6), st.integers(0, MOST_PEOPLE))
_share = st.sampled_from([0.0, 0.5, 0.79, 0.8, 0.9, 1.0])


def _with_places(one: CameraEvidence, told: list[tuple[int, float]]) -> CameraEvidence:
    """Somebody kept account of places at some of the instants."""
    kept = tuple(Seated(sample.at_ms, *said) for sample, said in zip(one.samples, told, strict=False))
    return replace(one, seated=kept, watcher=WATCHER if kept else None)


_plain_cameras = st.builds(
    CameraEvidence,
    camera_id=st.just("camera"),
    zone=st.sampled_from(["front", "back"]),
    accepted=st.booleans(),
    clock_offset_ms=st.none() | st.integers(-(10**9), 10**9),
    spans=_tuples(_stretch(Span)),
    gaps=_tuples(_stretch(Gap, st.sampled_from(GapReason))),
    excluded=_tuples(_stretch(Excluded, st.sampled_from(ExcludedReason)), 2),
    samples=_tuples(st.builds(Sample, _moment, _people), 60),
    counter=st.none() | st.just(COUNTER),
    replays=_tuples(st.builds(replayed, st.integers(-200, 100), st.integers(100, 400), st.sampled_from(ReplayKind)), 2),
)
_cameras = _plain_cameras | st.builds(_with_places, _plain_cameras, st.lists(st.tuples(_people, _share), max_size=60))
any_evidence: st.SearchStrategy[LessonEvidence] = st.builds(
    LessonEvidence,
    schema=st.just(EVIDENCE_SCHEMA),
    lesson_hour_id=st.text(max_size=5),
    class_no=st.text(max_size=5),
    kind=st.sampled_from(LessonKind),
    start=st.sampled_from(["2026-11-23T00:30:00Z", "2026-12-31T15:40:00+00:00"]),
    duration_ms=st.integers(1, 300_000) | st.integers(1, 24 * 3_600_000),
    exempt=st.sampled_from([None, None, None, *ExemptKind]),
    complete=st.booleans(),
    assessed_ms=st.integers(-(10**15), 10**15),
    delivered_ms=st.none() | st.integers(-(10**15), 10**15),
    box_id=st.just("box-1"),
    box_version=st.just("0.1.0"),
    attendance=st.none()
    | st.builds(
        Attendance,
        present=st.integers(0, 6).map(trainees),
        on_leave=_tuples(st.text(max_size=3), 3),
        roster=_people,
        teachers_in_zone=st.integers(0, 2) | _people,
    ),
    cameras=_tuples(_cameras, 3).map(_named_apart),
    clock=st.none()
    | st.builds(
        ClockEvidence,
        vouched_by=st.sampled_from(ClockVoucher),
        uncertainty_ms=st.none() | st.integers(0, 20_000),
        untrusted=_tuples(_stretch(Span), 3),
    ),
    identity=st.none()
    | st.builds(
        Identity,
        engine=st.just(COUNTER),
        enrolled=st.integers(0, 8).map(trainees),
        seen=st.integers(0, 8).map(trainees),
    ),
)
"""Any evidence that can be constructed at all, sensible or not."""
