"""What the installer taught the box about a camera's picture: zones, the scale to look at, the reference scene."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage.evidence.tables import CameraViewRow
from supervisor.contract.evidence import canonical_json
from supervisor.contract.zones import CameraZones


@dataclass(frozen=True, slots=True)
class CameraView:
    """`scale`: faces are looked for in the picture at this part of its size. `reference`: bytes of a `Reference`."""

    zones: CameraZones | None = None
    scale: float = 1.0
    reference: bytes | None = None


UNTAUGHT = CameraView()


def view_of(session: Session, camera_id: str) -> CameraView:
    """UNTAUGHT for a camera that was never accepted."""
    row = session.get(CameraViewRow, camera_id)
    if row is None:
        return UNTAUGHT
    return CameraView(CameraZones.model_validate_json(row.zones), row.scale, row.reference)


def keep_view(session: Session, camera_id: str, view: CameraView, at_ms: int) -> None:
    zones = canonical_json((view.zones or CameraZones()).model_dump(mode="json")).decode()
    session.merge(
        CameraViewRow(camera_id=camera_id, at_ms=at_ms, zones=zones, scale=view.scale, reference=view.reference)
    )
