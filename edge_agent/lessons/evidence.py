"""The evidence of one lesson hour, out of the box's database: what was recorded, what was not and why, what was
counted.

Spans and gaps of a camera together cover the lesson hour exactly, without overlap, to the millisecond. Nothing is
judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from sqlalchemy.orm import Session

from edge_agent.capture.timekeeping import trusted
from edge_agent.identity.roll import identity_of
from edge_agent.lessons.counts import counts
from edge_agent.lessons.plan import LessonHour
from storage.evidence.segments import gaps_between, lost_between, runs_between
from storage.evidence.tables import GapRow, Run
from supervisor.contract.target import TargetCamera
from supervisor.rules.continuity import merge, subtract
from supervisor.rules.evidence import (
    EVIDENCE_SCHEMA,
    Attendance,
    CameraEvidence,
    ClockEvidence,
    ClockVoucher,
    Gap,
    GapReason,
    LessonEvidence,
    Span,
)

_SLIVER_MS = 1000  # between the last picture of a run and the moment its loss was noticed


def build(
    session: Session,
    hour: LessonHour,
    *,
    now_ms: int,
    box_id: str,
    version: str,
    voucher: ClockVoucher,
    complete: bool = True,
) -> LessonEvidence:
    """Everything this box knows of `hour` at `now_ms` (ms since 1970). `voucher`: who says that its clock is right.

    While its attendance is not known (`LessonHour.attendance_known`), attendance is None: the box's verdict is
    NO_DATA_YET, and the centre, which has the check-ins, judges from the same spans and samples. `complete` speaks of
    what the box itself has to tell.
    """
    return LessonEvidence(
        schema=EVIDENCE_SCHEMA,
        lesson_hour_id=hour.id,
        class_no=hour.lesson.class_no,
        kind=hour.lesson.kind,
        start=hour.lesson.start.isoformat().replace("+00:00", "Z"),
        duration_ms=hour.end_ms - hour.start_ms,
        exempt=hour.lesson.exempt,
        complete=complete,
        assessed_ms=now_ms - hour.start_ms,
        delivered_ms=None,
        box_id=box_id,
        box_version=version,
        attendance=attendance_of(hour) if hour.attendance_known else None,
        cameras=tuple(_camera(session, camera, hour, now_ms) for camera in hour.cameras),
        clock=_clock(session, hour, voucher),
        identity=identity_of(session, hour.id),
    )


def attendance_of(hour: LessonHour) -> Attendance:
    """As the target tells it. A teacher is required only where a zone of the room shows the podium (Q12)."""
    told = hour.lesson.attendance
    podium = any(camera.podium_in_zone for camera in hour.cameras)
    return Attendance(
        present=told.present,
        on_leave=told.on_leave,
        roster=told.roster,
        teachers_in_zone=told.teachers if podium else 0,
    )


def _clock(session: Session, hour: LessonHour, voucher: ClockVoucher) -> ClockEvidence:
    """A run is as trusted as the best that was known of the clock while it lasted: a step would have ended it."""
    untrusted: list[Span] = []
    told: list[int] = []
    for camera in hour.cameras:
        runs = _runs(session, camera, hour)
        told += [run.clock_uncertainty_ms for run in runs if run.clock_uncertainty_ms is not None]
        doubtful = [run for run in runs if not trusted(run.clock_synchronised, run.clock_uncertainty_ms, voucher)]
        untrusted += _spans(doubtful, hour)
    return ClockEvidence(voucher, max(told, default=None), merge(untrusted))


def _runs(session: Session, camera: TargetCamera, hour: LessonHour) -> list[Run]:
    reach = _reach_ms(hour)
    runs = runs_between(session, str(camera.camera_id), hour.start_ms - reach, hour.end_ms + reach)
    return sorted(runs, key=lambda run: run.start_ms)


def _spans(runs: Sequence[Run], hour: LessonHour) -> list[Span]:
    reach = _reach_ms(hour)
    return spans_of(runs, hour.start_ms, -reach, hour.end_ms - hour.start_ms + reach)


def _reach_ms(hour: LessonHour) -> int:
    return round(hour.profile.lesson.clip_margin_s * 1000)


def _camera(session: Session, camera: TargetCamera, hour: LessonHour, now_ms: int) -> CameraEvidence:
    camera_id = str(camera.camera_id)
    zero, duration = hour.start_ms, hour.end_ms - hour.start_ms
    runs = _runs(session, camera, hour)
    rows = gaps_between(session, camera_id, zero, zero + duration)
    reach = _reach_ms(hour)
    lost = lost_between(session, camera_id, zero - reach, zero + duration + reach)
    holes = merge(Span(row.start_ms - zero, row.start_ms + row.media_ms - zero) for row in lost)
    spans = subtract(tuple(_spans(runs, hour)), holes)
    counted = counts(session, camera_id, zero, duration)
    offsets = [run.clock_offset_ms for run in runs if run.clock_offset_ms is not None]
    return CameraEvidence(
        camera_id=camera_id,
        zone=camera.zone,
        accepted=camera.accepted,
        clock_offset_ms=offsets[-1] if offsets else None,
        spans=spans,
        gaps=tuple(gaps_of(spans, runs, rows, zero, duration, now_ms)),
        excluded=counted.excluded,
        samples=counted.samples,
        counter=counted.counter,
        seated=counted.seated,
        watcher=counted.watcher,
    )


def spans_of(runs: Sequence[Run], zero: int, reach_start: int, reach_end: int) -> list[Span]:
    """The runs, in order of their start, clipped to reach; ms after `zero`.

    Two runs are never one stretch: where camera and box clocks disagree and two runs touch or claim the same time,
    the earlier one ends 1 ms before the later one starts. Media is lost to the count by that, never gained.
    """
    spans: list[Span] = []
    for run, after in zip_longest(runs, runs[1:]):
        start = run.start_ms - zero
        end = start + run.media_ms
        if after is not None:
            end = min(end, after.start_ms - zero - 1)
        start, end = max(start, reach_start), min(end, reach_end)
        if end > start:
            spans.append(Span(start, end))
    return spans


def gaps_of(
    spans: Sequence[Span], runs: Sequence[Run], rows: Sequence[GapRow], zero: int, duration: int, now_ms: int
) -> list[Gap]:
    """Every stretch of [0, duration) that no span covers, with its reason; ms after `zero`."""
    gaps: list[Gap] = []
    cursor = 0
    for span in [*spans, Span(duration, duration)]:
        end = min(span.start_ms, duration)
        if end > cursor:
            default = _reason_without_row(runs, zero + cursor, zero + end)
            gaps += _explained(cursor, end, rows, zero, now_ms, default)
        cursor = max(cursor, min(span.end_ms, duration))
    return gaps


def _explained(start: int, end: int, rows: Sequence[GapRow], zero: int, now_ms: int, default: GapReason) -> list[Gap]:
    """One uncovered stretch, split where the recorder's own gap rows change their reason."""
    pieces: list[tuple[int, int, GapReason | None]] = []
    cursor = start
    for row in sorted(rows, key=lambda row: row.start_ms):
        row_start = max(row.start_ms - zero, cursor)
        row_end = min((now_ms if row.end_ms is None else row.end_ms) - zero, end)
        if row_end <= row_start:
            continue
        if row_start > cursor:
            pieces.append((cursor, row_start, None))
        pieces.append((row_start, row_end, GapReason(row.reason)))
        cursor = row_end
    if cursor < end:
        pieces.append((cursor, end, None))
    gaps: list[Gap] = []
    for position, (piece_start, piece_end, reason) in enumerate(pieces):
        if reason is None:
            neighbours = [pieces[i][2] for i in (position - 1, position + 1) if 0 <= i < len(pieces)]
            sliver = piece_end - piece_start <= _SLIVER_MS
            reason = next((other for other in neighbours if other and sliver), default)
        if gaps and gaps[-1].reason == reason:
            gaps[-1] = Gap(gaps[-1].start_ms, piece_end, reason)
        else:
            gaps.append(Gap(piece_start, piece_end, reason))
    return gaps


def _reason_without_row(runs: Sequence[Run], start_ms: int, end_ms: int) -> GapReason:
    """Why nothing was recorded in [start_ms, end_ms) (ms since 1970), when the recorder wrote no row about it."""
    before = [run for run in runs if run.start_ms < start_ms]
    after = [run for run in runs if run.start_ms >= end_ms - 1]
    if before and before[-1].end_reason is not None:
        return GapReason(before[-1].end_reason)
    if before and after and before[-1].boot_id != after[0].boot_id:
        return GapReason.BOX_RESTART
    return GapReason.NOT_RECORDED
