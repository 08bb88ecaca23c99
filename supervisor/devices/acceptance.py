"""What a box's log says of a camera's acceptance (A-22), applied: the box tells the figures, the centre the verdict."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from supervisor.audit.service import record
from supervisor.contract.log import AcceptanceEntry, ZonesEntry
from supervisor.devices.models import Box, Camera
from supervisor.rules import acceptance


def take_acceptance(session: Session, box: Box, index: int, entry: AcceptanceEntry, now: datetime) -> None:
    """The newest figures decide, whatever was decided before; a person may decide otherwise afterwards."""
    camera = _own_camera(session, box, entry.camera)
    if camera is None:
        return _alarm(session, box, index, entry, now)
    result = acceptance.accept(
        [acceptance.Session(one.start_ms, one.end_ms, one.samples, one.exact) for one in entry.sessions]
    )
    camera.accepted, camera.accepted_zones = result.passed, entry.zones_sha256
    record(
        session, now, f"box:{box.id}", "camera_changed", f"camera:{camera.id}",
        accepted=result.passed, accepted_zones=entry.zones_sha256, index=index, times_of_day=result.times,
        sessions=len(entry.sessions), samples=sum(one.samples for one in entry.sessions),
        exact=sum(one.exact for one in entry.sessions),
    )  # fmt: skip
    return None


def take_zones(session: Session, box: Box, index: int, entry: ZonesEntry, now: datetime) -> None:
    """Other zones than the accepted ones: the acceptance was of another count. One that a person gave without figures
    names no zones, and stays that person's to take back."""
    camera = _own_camera(session, box, entry.camera)
    if camera is None:
        return _alarm(session, box, index, entry, now)
    if not camera.accepted or camera.accepted_zones in (None, entry.zones_sha256):
        return None
    camera.accepted = False
    record(
        session, now, f"box:{box.id}", "camera_changed", f"camera:{camera.id}",
        accepted=False, accepted_zones=camera.accepted_zones, index=index, zones=entry.zones_sha256,
    )  # fmt: skip
    return None


def _own_camera(session: Session, box: Box, camera_id: UUID) -> Camera | None:
    camera = session.get(Camera, camera_id)
    return camera if camera is not None and camera.box_id == box.id else None


def _alarm(session: Session, box: Box, index: int, entry: AcceptanceEntry | ZonesEntry, now: datetime) -> None:
    """Kept as log, because a refused entry would block the box's log for ever; applied never."""
    subject = f"camera:{entry.camera}"
    record(session, now, f"box:{box.id}", f"{entry.kind}_of_unknown_camera", subject, alarm=True, index=index)
