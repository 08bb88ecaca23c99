"""The evidence clip: a stretch of the recorded files as one file, byte for byte the camera's pictures.

No decoder and no muxer is used: fragments are copied, and only their times are written anew so that the clip begins
at 0. A gap between two runs stays what it was, a step of time without pictures; it is never closed up.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from config.errors import LessonProofError
from edge_agent.capture.segment_file import PART, final_path, sync_folder
from storage.evidence.fmp4 import Fragment, Index, fragments, good_prefix, retimed

_OVERLAP_MS = 500  # two runs may touch by the jitter of arrival; more is a clock set back


@dataclass(frozen=True, slots=True)
class CutResult:
    """`start_ms`/`end_ms`: wall time of the clip's first picture and of its last one's end. `media_ms` counts
    pictures only, so it is shorter than end - start by the gaps inside."""

    path: Path
    sha256: str
    bytes: int
    media_ms: int
    start_ms: int
    end_ms: int
    codec: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Source:
    """One file. `zero_ms`: wall time of its run's time 0, as the file's first `prft` tells it."""

    path: Path
    index: Index
    init: bytes
    zero_ms: int


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of pictures of one file, from its key frame on; `shift`: ticks to add to its times in the clip."""

    source: _Source
    pictures: tuple[Fragment, ...]
    shift: int = 0

    @property
    def start_ms(self) -> int:
        return self.source.zero_ms + self.source.index.ms(self.pictures[0].tfdt)

    @property
    def end_ms(self) -> int:
        return self.source.zero_ms + self.source.index.ms(self.end_tick)

    @property
    def end_tick(self) -> int:
        return self.pictures[-1].tfdt + self.pictures[-1].duration


@dataclass(frozen=True, slots=True)
class Within:
    """Wall times no picture of a clip may lie outside of: its lesson hour."""

    start_ms: int
    end_ms: int


def cut(
    segments: Sequence[Path], start_ms: int, end_ms: int, clips: Path, *, within: Within | None = None
) -> CutResult:
    """Cut [start_ms, end_ms) into `clips/<sha256>.mp4`, from the last key frame at or before `start_ms` on (or the
    first one after it, when the recording begins later, or that key frame lies before `within`).

    What a clip loses at its start because `within` forbids the key frame before, it gets at its end, so that a window
    at the bell keeps its length of media.

    `segments`: files of one camera; one still being written (`.part`) is read as far as it is whole. Raises
    LessonProofError CLIP_EMPTY (no picture in the stretch), CLIP_STREAM_CHANGED (the camera's parameters changed inside
    it, which one file cannot tell truthfully), MEDIA_DAMAGED.
    """
    sources = sorted((found for path in segments if (found := _open(path)) is not None), key=_begins)
    groups = [group for source in sources for group in _groups(source) if group.end_ms > start_ms]
    placed = list(_chosen(groups, start_ms, end_ms, within))
    if not placed:
        raise LessonProofError(
            "CLIP_EMPTY", status=404, zh="这段时间没有录像", en="no recorded picture in this stretch of time"
        )
    first = placed[0].source
    if any(group.source.init != first.init for group in placed):
        raise LessonProofError(
            "CLIP_STREAM_CHANGED",
            status=409,
            zh="这段时间内摄像机参数发生变化,无法剪成一个文件",
            en="the camera's parameters changed inside this stretch, so one file cannot hold it",
        )
    clips.mkdir(parents=True, exist_ok=True)
    part = clips / f"{placed[0].start_ms}-{os.getpid()}-{threading.get_ident()}.part"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            for piece in _pieces(placed, first.init):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        final = clips / f"{digest.hexdigest()}.mp4"
        part.rename(final)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(clips)
    return CutResult(
        path=final,
        sha256=digest.hexdigest(),
        bytes=size,
        media_ms=first.index.ms(sum(picture.duration for group in placed for picture in group.pictures)),
        start_ms=placed[0].start_ms,
        end_ms=placed[0].start_ms + first.index.ms(placed[-1].end_tick + placed[-1].shift),
        codec=first.index.codec,
        width=first.index.width,
        height=first.index.height,
    )


def _begins(source: _Source) -> int:
    return source.zero_ms + source.index.ms(source.index.fragments[0].tfdt)


def _open(path: Path) -> _Source | None:
    """None for a file without a dated picture (it was opened this moment)."""
    if not path.exists():
        path = final_path(path)
    index = good_prefix(path) if path.name.endswith(PART) else fragments(path)
    if index.start_wall_ms is None:
        return None
    with path.open("rb") as file:
        init = file.read(index.init_size)
    return _Source(path, index, init, index.start_wall_ms - index.ms(index.fragments[0].tfdt))


def _groups(source: _Source) -> Iterator[_Group]:
    pictures: list[Fragment] = []
    for picture in source.index.fragments:
        if picture.keyframe and pictures:
            yield _Group(source, tuple(pictures))
            pictures = []
        if picture.keyframe or pictures:
            pictures.append(picture)
    if pictures:
        yield _Group(source, tuple(pictures))


def _chosen(groups: Sequence[_Group], start_ms: int, end_ms: int, within: Within | None) -> Iterator[_Group]:
    """The clip's groups at their places, the last ones as far as the clip goes."""
    inside = [group for group in groups if within is None or group.start_ms >= within.start_ms]
    if not inside or inside[0].start_ms >= end_ms:
        return
    first, lost_ms = inside[0].source, max(0, inside[0].start_ms - start_ms) if len(inside) < len(groups) else 0
    for group in _placed(inside):
        kept = []
        for picture in group.pictures:
            begins_ms = group.source.zero_ms + group.source.index.ms(picture.tfdt)
            ends_ms = inside[0].start_ms + first.index.ms(picture.tfdt + picture.duration + group.shift)
            if within is not None and ends_ms > within.end_ms:
                break
            if begins_ms >= end_ms:
                if lost_ms <= 0 or group.source.init != first.init:
                    break
                lost_ms -= first.index.ms(picture.duration)
            kept.append(picture)
        if kept:
            yield replace(group, pictures=tuple(kept))


def _placed(groups: Sequence[_Group]) -> Iterator[_Group]:
    """Each group at its place in the clip; a group that lies under one already placed (the clock was set back) is
    left out."""
    first, reached, zero_ms, nudge = groups[0], 0, groups[0].source.zero_ms, 0
    scale = first.source.index.timescale
    for group in groups:
        if group.source.zero_ms != zero_ms:
            zero_ms, nudge = group.source.zero_ms, 0
        shift = (zero_ms - first.source.zero_ms) * scale // 1000 - first.pictures[0].tfdt + nudge
        under = reached - (group.pictures[0].tfdt + shift)
        if under > _OVERLAP_MS * scale // 1000:
            continue
        nudge += max(0, under)
        placed = replace(group, shift=shift + max(0, under))
        reached = placed.end_tick + placed.shift
        yield placed


def _pieces(groups: Sequence[_Group], init: bytes) -> Iterator[bytes]:
    yield init
    number = 0
    for group in groups:
        path = group.source.path if group.source.path.exists() else final_path(group.source.path)
        with path.open("rb") as file:
            for picture in group.pictures:
                number += 1
                file.seek(picture.offset)
                yield retimed(file.read(picture.size), picture.tfdt + group.shift, number)
