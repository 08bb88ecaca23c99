"""Who looks at an acceptance session's pictures: what counts in lessons, or the test says nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from config.profile import DEFAULT_PROFILE, load_profile
from edge_agent.vision.counter import Image
from edge_agent.vision.view import CameraView
from edge_agent.vision.watcher import Look, SeatWatcher
from supervisor.rules.evidence import Counter, Watcher


class Watching(Protocol):
    @property
    def counter(self) -> Counter: ...

    @property
    def watcher(self) -> Watcher: ...

    def look(self, at_ms: int, image: Image) -> Look: ...


def watching(models_folder: Path, view: CameraView, *, podium: bool) -> SeatWatcher:
    """As in a lesson under the newest rules we ship. `podium`: teachers count too. Raises LessonProofError
    MODEL_MISSING, MODEL_DAMAGED."""
    from edge_agent.vision.picodet import PicoDetPersons  # takes half a second to import
    from edge_agent.vision.yunet import YuNetCounter

    rules = load_profile(DEFAULT_PROFILE).vision
    assert rules is not None, "our own profile says how places are kept"
    faces, persons = YuNetCounter(models_folder), PicoDetPersons(models_folder)
    return SeatWatcher(faces, persons, view, hold_s=rules.hold_s, scan_s=rules.scan_s, podium=podium)
