"""The fingerprints the box keeps: one small file a camera and lesson hour, made from the recordings and kept longer.

Some 60 bytes for each key frame, no picture. A file that cannot be read is as good as none: it is made again while the
recording is there.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import numpy as np

from edge_agent.replay.search import DETECTOR
from edge_agent.replay.track import Track

_ARRAYS = ("at_ms", "prints", "moved", "group_ms", "groups")


class Library:
    """`folder/<detector>/<camera_id>/<start_ms>-<end_ms>-<lesson_hour_id>.npz`. Fingerprints of another version of the
    detector cannot be compared, so each has its own folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / DETECTOR.replace("/", "-")

    def put(self, track: Track) -> None:
        """Raises OSError."""
        path = self._path(track.camera_id, track.lesson_hour_id, track.start_ms, track.end_ms)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **{name: getattr(track, name) for name in _ARRAYS})
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def get(self, camera_id: UUID, lesson_hour_id: UUID, start_ms: int, end_ms: int) -> Track | None:
        return _read(self._path(camera_id, lesson_hour_id, start_ms, end_ms))

    def until(self, start_ms: int) -> Iterator[Track]:
        """Every lesson hour that began at `start_ms` or earlier, of all cameras, one at a time."""
        for path in self._files():
            if _start_ms(path) <= start_ms:
                track = _read(path)
                if track is not None:
                    yield track

    def forget(self, before_ms: int) -> int:
        """Delete those of lesson hours that began before; how many."""
        old = [path for path in self._files() if _start_ms(path) < before_ms]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _files(self) -> list[Path]:
        found = [path for path in self._folder.glob("*/*.npz") if path.stem.partition("-")[0].isdigit()]
        return sorted(found, key=lambda path: (_start_ms(path), path))

    def _path(self, camera_id: UUID, lesson_hour_id: UUID, start_ms: int, end_ms: int) -> Path:
        return self._folder / str(camera_id) / f"{start_ms}-{end_ms}-{lesson_hour_id}.npz"


def _start_ms(path: Path) -> int:
    return int(path.stem.partition("-")[0])


def _read(path: Path) -> Track | None:
    try:
        start_ms, end_ms, lesson_hour_id = path.stem.split("-", 2)
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in _ARRAYS}
        return Track(UUID(lesson_hour_id), UUID(path.parent.name), int(start_ms), int(end_ms), **arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
