"""One past lesson hour checked for replays: its cameras are described, then compared with themselves and with every
earlier lesson hour whose fingerprints the box still has."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from edge_agent.paths import BoxPaths
from edge_agent.replay.describe import Interrupted, describe
from edge_agent.replay.library import Library
from edge_agent.replay.search import DETECTOR, THRESHOLD, WINDOW_S, Match, between, clearest, within
from edge_agent.replay.track import LEAST_DESCRIBED, RAREST_MS, Track
from storage.database.engine import UnitOfWork
from storage.evidence.tables import LessonRow, LogRow
from supervisor.contract.log import ReplayCamera, ReplayEntry, ReplayFinding
from supervisor.contract.not_checked import NotChecked


@dataclass(frozen=True, slots=True)
class PastHour:
    """A judged lesson hour and the cameras that its evidence names; none when it was exempt."""

    lesson_hour_id: UUID
    start_ms: int
    end_ms: int
    cameras: tuple[UUID, ...]


def hours_between(work: UnitOfWork, start_ms: int, end_ms: int) -> list[PastHour]:
    """Judged lesson hours that began in [start_ms, end_ms), in order."""
    return _past_hours(work, LessonRow.start_ms >= start_ms, LessonRow.start_ms < end_ms)


def next_waiting(work: UnitOfWork, oldest_ms: int, over_ms: int, but: Collection[str]) -> PastHour | None:
    """The first that began at `oldest_ms` or later, was over by `over_ms`, has no replay entry and is none of `but`."""
    which = *_waiting(oldest_ms, over_ms), LessonRow.lesson_hour_id.not_in(but)
    return next(iter(_past_hours(work, *which, limit=1)), None)


def count_waiting(work: UnitOfWork, oldest_ms: int, over_ms: int) -> int:
    with work.read() as session:
        query = select(func.count()).select_from(LessonRow).where(*_waiting(oldest_ms, over_ms))
        return session.scalar(query) or 0


def _waiting(oldest_ms: int, over_ms: int) -> tuple[ColumnElement[bool], ...]:
    return LessonRow.start_ms >= oldest_ms, LessonRow.end_ms <= over_ms, LessonRow.replay_idx.is_(None)


def _past_hours(work: UnitOfWork, *which: ColumnElement[bool], limit: int | None = None) -> list[PastHour]:
    query = (
        select(LessonRow, LogRow.body)
        .join(LogRow, LogRow.idx == LessonRow.log_idx)
        .where(*which)
        .order_by(LessonRow.start_ms, LessonRow.lesson_hour_id)
        .limit(limit)
    )
    with work.read() as session:
        return [_past_hour(row, body) for row, body in session.execute(query)]


def _past_hour(row: LessonRow, body: str) -> PastHour:
    evidence = json.loads(body)["evidence"]
    cameras = () if evidence["exempt"] else tuple(UUID(camera["camera_id"]) for camera in evidence["cameras"])
    assert row.start_ms is not None
    return PastHour(UUID(row.lesson_hour_id), row.start_ms, row.end_ms, cameras)


def check(
    work: UnitOfWork, paths: BoxPaths, library: Library, hour: PastHour, at_ms: int, go_on: Callable[[], bool]
) -> ReplayEntry:
    """What the log will say of `hour`. Raises Interrupted as soon as `go_on` says no; what was described by then is in
    the library. Raises OSError when the library cannot be written."""
    tracks = [_track(work, paths, library, hour, camera_id, go_on) for camera_id in hour.cameras]
    matches: dict[UUID, list[tuple[Match, Track]]] = {}
    nearest: dict[UUID, float] = {}
    for track in tracks:
        compared = within(track)
        matches[track.camera_id] = [(match, track) for match in compared.matches]
        nearest[track.camera_id] = compared.nearest
    since: list[int] = []
    for other in library.until(hour.start_ms):
        if other.lesson_hour_id != hour.lesson_hour_id:
            since.append(other.start_ms)
        for track in tracks:
            if not go_on():
                raise Interrupted
            if (track.camera_id, track.lesson_hour_id) != (other.camera_id, other.lesson_hour_id):
                compared = between(track, other)
                matches[track.camera_id] += [(match, other) for match in compared.matches]
                nearest[track.camera_id] = min(nearest[track.camera_id], compared.nearest)
    return ReplayEntry(
        at=at_ms,
        lesson_hour_id=hour.lesson_hour_id,
        detector=DETECTOR,
        threshold=THRESHOLD,
        compared=len(since),
        since_ms=min(since, default=None),
        cameras=tuple(_camera(track, nearest[track.camera_id]) for track in tracks),
        findings=tuple(finding for track in tracks for finding in _findings(track, matches[track.camera_id])),
    )


def _track(
    work: UnitOfWork, paths: BoxPaths, library: Library, hour: PastHour, camera_id: UUID, go_on: Callable[[], bool]
) -> Track:
    known = library.get(camera_id, hour.lesson_hour_id, hour.start_ms, hour.end_ms)
    if known is not None:
        return known
    track = describe(work, paths, hour.lesson_hour_id, camera_id, hour.start_ms, hour.end_ms, go_on)
    if track.pictures:
        library.put(track)
    return track


def _camera(track: Track, nearest: float) -> ReplayCamera:
    return ReplayCamera(
        camera=track.camera_id,
        not_checked=_why_not(track),
        pictures=track.pictures,
        step_ms=track.step_ms,
        described_ms=track.described_ms,
        nearest=nearest,
    )


def _why_not(track: Track) -> NotChecked | None:
    if not track.pictures:
        return NotChecked.NO_RECORDING
    if track.step_ms is None or track.step_ms > RAREST_MS:
        return NotChecked.KEY_FRAMES_RARE
    if track.seen_ms < WINDOW_S * 1000:
        return NotChecked.TOO_SHORT
    if track.described_ms < LEAST_DESCRIBED * track.seen_ms:
        return NotChecked.TOO_STILL
    return None


def _findings(track: Track, matches: list[tuple[Match, Track]]) -> list[ReplayFinding]:
    twins = dict(matches)
    return [
        ReplayFinding(
            camera=track.camera_id,
            kind=match.kind,
            start_ms=match.start_ms,
            end_ms=min(match.end_ms, track.end_ms),
            twin_camera=twins[match].camera_id,
            twin_lesson_hour_id=twins[match].lesson_hour_id,
            twin_start_ms=match.twin_start_ms,
            twin_end_ms=match.twin_end_ms,
            distance=match.distance,
        )
        for match in clearest(twins)
    ]
