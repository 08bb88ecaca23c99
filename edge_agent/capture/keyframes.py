"""Pictures for vision, out of the recorder's own files: only key frames, found by the `.idx`, decoded one at a time.

Recording does not know that anybody looks. A half-written tail, a file being renamed or a picture that does not
decode is no picture, never an error.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from config.clock import from_epoch_ms
from edge_agent.capture.segment_file import PART, index_path

_LONGEST_SEGMENT = timedelta(hours=1)  # a file may begin this long before the stretch it covers
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded key frame. `at_ms`: its wall time; `image`: uint8[H, W, 3], BGR."""

    at_ms: int
    image: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Line:
    offset: int
    size: int
    wall_ms: int


def newest(recordings: Path, camera_id: str, after_ms: int) -> Picture | None:
    """The newest key frame on disk taken after `after_ms`, or None."""
    try:
        segment = _newest_segment(recordings / camera_id)
        if segment is None:
            return None
        with index_path(segment).open("rb") as index:
            begin = index.readline()
            end = index.seek(0, io.SEEK_END)
            index.seek(max(0, end - _TAIL_BYTES))
            tail = index.read()
    except OSError:
        return None
    lines = _lines(tail)
    first = _lines(begin)
    for line in reversed(lines):
        if line.wall_ms <= after_ms or not first:
            return None
        image = _decode(segment, first[0].offset, line)
        if image is not None:
            return Picture(line.wall_ms, image)
    return None


def between(recordings: Path, camera_id: str, start_ms: int, end_ms: int, every_ms: int = 0) -> Iterator[Picture]:
    """The key frames of [start_ms, end_ms) in order of time, decoded as they are asked for; after each, those less than
    `every_ms` later are passed over."""
    camera, next_ms = recordings / camera_id, start_ms
    day = (from_epoch_ms(start_ms) - _LONGEST_SEGMENT).date()
    while day <= from_epoch_ms(end_ms).date():
        for segment in _segments(camera / day.strftime("%Y%m%d")):
            try:
                lines = _lines(index_path(segment).read_bytes())
            except OSError:
                continue
            for line in lines:
                if next_ms <= line.wall_ms < end_ms:
                    image = _decode(segment, lines[0].offset, line)
                    if image is not None:
                        next_ms = line.wall_ms + every_ms
                        yield Picture(line.wall_ms, image)
        day += timedelta(days=1)


def _newest_segment(camera: Path) -> Path | None:
    """The last file of the last day that has one."""
    for day in sorted((day for day in camera.iterdir() if day.name.isdigit()), reverse=True):
        segments = _segments(day)
        if segments:
            return segments[-1]
    return None


def _segments(day: Path) -> list[Path]:
    """Files of one day folder, by the time in their names."""
    try:
        found = [file for file in day.iterdir() if file.name.endswith((".mp4", PART)) and _stem(file).isdigit()]
    except OSError:
        return []
    return sorted(found, key=lambda file: int(_stem(file)))


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]


def _lines(text: bytes) -> list[_Line]:
    """Whole lines of an `.idx`; a torn first or last one is left out."""
    found = []
    for line in text.splitlines(keepends=True):
        words = line.split()
        if line.endswith(b"\n") and len(words) == 4 and all(word.isdigit() for word in words):
            found.append(_Line(int(words[0]), int(words[1]), int(words[3])))
    return found


def _decode(segment: Path, init_size: int, line: _Line) -> NDArray[np.uint8] | None:
    try:
        with _opened(segment) as file:
            init = file.read(init_size)
            file.seek(line.offset)
            fragment = file.read(line.size)
        if len(init) != init_size or len(fragment) != line.size:
            return None
        decoder = _decoder(init)
        if decoder is None:
            return None
        picture = av.Packet(fragment[fragment.index(b"mdat", fragment.index(b"moof")) + 4 :])
        for frame in (*decoder.decode(picture), *decoder.decode(None)):
            return frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)
    except (OSError, ValueError, av.error.FFmpegError):
        return None
    return None


def _decoder(init: bytes) -> av.VideoCodecContext | None:
    """By the decoder configuration in the init segment. To open the file would decode the picture twice: FFmpeg wants
    to know its pixels before it says that it is open."""
    for codec, box in (("h264", b"avcC"), ("hevc", b"hvcC")):
        at = init.find(box)
        if at >= 4:
            decoder = av.CodecContext.create(codec, "r")
            assert isinstance(decoder, av.VideoCodecContext)
            decoder.extradata = init[at + 4 : at - 4 + int.from_bytes(init[at - 4 : at], "big")]
            decoder.thread_count = 1  # one picture: threads would only wait for more
            return decoder
    return None


def _opened(segment: Path) -> io.BufferedReader:
    """The recorder may rename the file between finding and opening it."""
    try:
        return segment.open("rb")
    except FileNotFoundError:
        return segment.with_name(_stem(segment) + ".mp4").open("rb")
