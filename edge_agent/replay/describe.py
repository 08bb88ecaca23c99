"""From recordings to a track: key frames are decoded at most once a second, groups of pictures are hashed as they lie
on the disk. A file that is gone or damaged is left out: what is not described is not checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import numpy as np

from config.errors import LessonProofError
from edge_agent.capture import keyframes
from edge_agent.paths import BoxPaths
from edge_agent.replay.fingerprint import fingerprints, small
from edge_agent.replay.track import Track
from storage.database.engine import UnitOfWork
from storage.evidence.fmp4 import fragments
from storage.evidence.segments import segments_between

EVERY_MS = 900  # one picture a second, from cameras that do not keep time to the millisecond


class Interrupted(Exception):
    """Something more important is about to begin."""


def describe(
    work: UnitOfWork,
    paths: BoxPaths,
    lesson_hour_id: UUID,
    camera_id: UUID,
    start_ms: int,
    end_ms: int,
    go_on: Callable[[], bool],
) -> Track:
    """[start_ms, end_ms): wall time. Raises Interrupted as soon as `go_on` says no."""
    at_ms: list[int] = []
    pictures: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]] = []
    for picture in keyframes.between(paths.recordings, str(camera_id), start_ms, end_ms, EVERY_MS):
        _check(go_on)
        if not at_ms or picture.at_ms > at_ms[-1]:  # a clock set back tells the same time twice
            at_ms.append(picture.at_ms)
            pictures.append(small(picture.image))
    times = np.array(at_ms, np.int64)
    prints, moved = fingerprints(np.stack(pictures) if pictures else np.zeros((0, 27, 48), np.uint8), times)
    with work.read() as session:
        segments = segments_between(session, str(camera_id), start_ms, end_ms)
    groups: dict[int, int] = {}
    for segment in segments:
        _check(go_on)
        if segment.closed:
            groups |= {
                at: group
                for at, group in _groups(paths.recordings / segment.path, segment.start_ms)
                if start_ms <= at < end_ms
            }
    group_ms = sorted(groups)
    return Track(
        lesson_hour_id,
        camera_id,
        start_ms,
        end_ms,
        times,
        prints,
        moved,
        np.array(group_ms, np.int64),
        np.array([groups[at] for at in group_ms], np.uint64),
    )


def _groups(path: Path, start_ms: int) -> Iterator[tuple[int, int]]:
    """Wall time and digest of each whole group of a file; of a file that is gone or damaged, none."""
    try:
        index = fragments(path)
        first = index.fragments[0].tfdt if index.fragments else 0
        with path.open("rb") as file:
            at_ms, digest = None, hashlib.sha256()
            for fragment in index.fragments:
                if fragment.keyframe:
                    if at_ms is not None:
                        yield at_ms, _first_bits(digest.digest())
                    at_ms, digest = start_ms + index.ms(fragment.tfdt - first), hashlib.sha256()
                file.seek(fragment.data_offset)
                digest.update(file.read(fragment.data_size))
            if at_ms is not None:
                yield at_ms, _first_bits(digest.digest())
    except (OSError, LessonProofError):
        return


def _first_bits(digest: bytes) -> int:
    return int.from_bytes(digest[:8], "big")


def _check(go_on: Callable[[], bool]) -> None:
    if not go_on():
        raise Interrupted
