"""What the box makes of the pictures of its cameras: one watcher and one health check each, for as long as they are
wanted under the same rules and the same view."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass

from config.errors import LessonProofError
from config.profile import VisionRules
from edge_agent.capture.keyframes import Picture
from edge_agent.vision.counter import PeopleCounter, PersonDetector
from edge_agent.vision.health import HealthCheck, HealthRules
from edge_agent.vision.reference import Reference
from edge_agent.vision.view import CameraView
from edge_agent.vision.watcher import Look, SeatWatcher
from supervisor.rules.evidence import Counter, Watcher

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Glance:
    """One picture. `watcher` None: the rules do not ask who is in their place."""

    look: Look
    counter: Counter
    watcher: Watcher | None
    conditions: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    rules: VisionRules | None
    podium: bool
    view: CameraView


@dataclass(frozen=True, slots=True)
class _Camera:
    asked: _Asked
    watcher: SeatWatcher
    health: HealthCheck


class Eyes:
    """`faces` and `persons` are shared by all cameras: one thread. `persons` None: only faces are looked for."""

    def __init__(self, faces: PeopleCounter, persons: PersonDetector | None = None) -> None:
        self._faces = faces
        self._persons = persons
        self._cameras: dict[str, _Camera] = {}

    def look(
        self, camera_id: str, picture: Picture, view: CameraView, rules: VisionRules | None, podium: bool
    ) -> Glance:
        """Raises LessonProofError PICTURE_UNUSABLE. Under rules from before places were kept only faces count."""
        asked = _Asked(rules, podium, view)
        camera = self._cameras.get(camera_id)
        if camera is None or camera.asked != asked:
            camera = self._cameras[camera_id] = self._begin(asked)
        look = camera.watcher.look(picture.at_ms, picture.image)
        health = camera.health.look(picture.at_ms, picture.image)
        watcher = camera.watcher.watcher if rules else None
        return Glance(look, camera.watcher.counter, watcher, frozenset(one.value for one in health.conditions))

    def keep_only(self, camera_ids: Collection[str]) -> None:
        """Forget who sat before cameras no longer wanted."""
        for camera_id in self._cameras.keys() - set(camera_ids):
            del self._cameras[camera_id]

    def _begin(self, asked: _Asked) -> _Camera:
        rules = asked.rules
        watcher = SeatWatcher(
            self._faces,
            self._persons if rules else None,
            asked.view,
            hold_s=rules.hold_s if rules else 0,
            scan_s=rules.scan_s if rules else 0,
            podium=asked.podium,
        )
        return _Camera(asked, watcher, HealthCheck(HealthRules(), _reference(asked.view)))


def _reference(view: CameraView) -> Reference | None:
    """A scene that cannot be read is as none: what needs it goes unchecked, and people are counted all the same."""
    if view.reference is None:
        return None
    try:
        return Reference.from_bytes(view.reference)
    except LessonProofError as error:
        log.error("ALARM a camera's reference scene cannot be read; accept it again: %s", error)
        return None
