"""What the centre knows better than the box that reported: put in place of the reported words before judging."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from supervisor.rules.evidence import Attendance, ExemptKind, LessonEvidence, Replay


@dataclass(frozen=True, slots=True)
class CentreFacts:
    """`cameras`: id → (zone, accepted); others are left out. None: as reported. `replays`: camera id → what of its
    media was found to look like other media."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}
    delivered_ms: int
    attendance: Attendance | None = None
    exempt: str | None = None
    cameras: dict[str, tuple[str, bool]] | None = None
    replays: dict[str, tuple[Replay, ...]] = field(default_factory=dict)

    def apply(self, evidence: LessonEvidence) -> LessonEvidence:
        evidence = replace(evidence, delivered_ms=self.delivered_ms)
        if self.cameras is None:
            return evidence
        return replace(
            evidence,
            attendance=self.attendance,
            exempt=ExemptKind(self.exempt) if self.exempt else None,
            cameras=tuple(
                replace(
                    camera,
                    zone=self.cameras[camera.camera_id][0],
                    accepted=self.cameras[camera.camera_id][1],
                    replays=self.replays.get(camera.camera_id, ()),
                )
                for camera in evidence.cameras
                if camera.camera_id in self.cameras
            ),
        )
