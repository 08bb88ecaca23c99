"""What the box says of itself to the centre: observed states, never wishes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from config.clock import Clock, from_epoch_ms
from config.settings import EdgeSettings
from edge_agent.capture.admission import admitted
from edge_agent.capture.disk import free_bytes, needed_bytes
from edge_agent.capture.messages import CameraState
from edge_agent.lessons.timetable import Stretch
from edge_agent.vision.sampler import CameraSampling
from supervisor.contract.state import CameraReport, CameraStatus, DiskReport
from supervisor.contract.target import TargetCamera


@dataclass(frozen=True, slots=True)
class _Since:
    status: CameraStatus
    at: datetime


class CameraReports:
    """One report a camera of the target. Remembers since when a camera is in a status the recorder does not tell."""

    def __init__(self, configured: Iterable[str], clock: Clock) -> None:
        self._configured = frozenset(configured)
        self._clock = clock
        self._since: dict[UUID, _Since] = {}

    def of(
        self,
        cameras: Sequence[TargetCamera],
        observed: Mapping[str, CameraState],
        sampled: Mapping[str, CameraSampling],
        recording: Iterable[str],
    ) -> tuple[CameraReport, ...]:
        """`observed`: the recorder's states by camera id; `recording`: cameras that should record now."""
        wanted = frozenset(recording)
        return tuple(
            self._one(camera, observed.get(str(camera.camera_id)), sampled.get(str(camera.camera_id)), wanted)
            for camera in cameras
        )

    def _one(
        self, camera: TargetCamera, seen: CameraState | None, counted: CameraSampling | None, wanted: frozenset[str]
    ) -> CameraReport:
        if camera.code not in self._configured:
            status, detail = CameraStatus.NOT_CONFIGURED, f"no [[cameras]] entry with code {camera.code!r}"
        elif str(camera.camera_id) not in wanted:
            status, detail = CameraStatus.IDLE, ""
        elif seen is None:
            status, detail = CameraStatus.CONNECTING, ""
        else:
            status, detail = seen.status, seen.detail
        newest = counted.newest_ms if counted else None
        return CameraReport(
            camera_id=camera.camera_id,
            status=status,
            since=self._since_of(camera.camera_id, status, seen),
            detail=detail[:300],
            last_picture_at=from_epoch_ms(seen.last_picture_ms) if seen and seen.last_picture_ms else None,
            people=counted.people if counted and newest else None,
            people_at=from_epoch_ms(newest) if newest else None,
            bytes_recorded=seen.bytes if seen else 0,
        )

    def _since_of(self, camera_id: UUID, status: CameraStatus, seen: CameraState | None) -> datetime:
        if seen is not None and seen.status is status:
            return from_epoch_ms(seen.since_ms)
        known = self._since.get(camera_id)
        if known is None or known.status is not status:
            known = self._since[camera_id] = _Since(status, self._clock.now())
        return known.at


def disk_report(data_dir: Path, settings: EdgeSettings, coming: Sequence[Stretch]) -> DiskReport:
    """`coming`: the recordings that share the disk next, or what is left of those under way, a room each."""
    free = free_bytes(data_dir)
    return DiskReport(
        total_bytes=shutil.disk_usage(data_dir).total,
        free_bytes=free,
        admission_ok=every_room_fits(free, settings, coming),
    )


def every_room_fits(free: int, settings: EdgeSettings, coming: Sequence[Stretch]) -> bool:
    """Whether the recorder would admit all of `coming` to a disk with `free` bytes."""
    rooms = {
        str(number): needed_bytes(settings.expected_bitrate, stretch.seconds) * len(stretch.cameras)
        for number, stretch in enumerate(coming)
    }
    return free >= settings.min_free_bytes and len(admitted(free, settings.min_free_bytes, rooms)) == len(rooms)
