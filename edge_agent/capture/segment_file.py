"""One segment being written: `<start_ms>.mp4.part` with its `.idx`, and the last step that turns it into evidence.

The index has one line a key frame: `byte offset, size, media time in the run (ms), wall time (ms)`, all decimal. It
is a convenience: `rebuild_index` makes it again from the file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from config.clock import from_epoch_ms
from edge_agent.capture.muxer import TRACK_ID, MuxedPicture, to_ms
from storage.evidence.fmp4 import Index, prft

PART = ".mp4.part"
_MOST_PIECES = 64  # of one system call; a picture of more NAL units is put together first


@dataclass(frozen=True, slots=True)
class Sealed:
    """A closed segment: its final path, and the digest of exactly what the disk holds."""

    path: Path
    sha256: str
    size: int


def index_path(segment: Path) -> Path:
    """`…/123.idx` for `…/123.mp4` and `…/123.mp4.part`."""
    return segment.with_name(segment.name.partition(".")[0] + ".idx")


def final_path(part: Path) -> Path:
    return part.with_suffix("") if part.name.endswith(PART) else part


class SegmentFile:
    """Open for writing. `start_ms` is the wall time of its first picture; `run_start_ms` that of its run."""

    def __init__(self, folder: Path, run_start_ms: int, first: MuxedPicture, init: bytes) -> None:
        self.run_start_ms = run_start_ms
        self.first_tick = first.start
        self.start_ms = run_start_ms + to_ms(first.start)
        self.path = self._free_name(folder)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        self._index = os.open(index_path(self.path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        self.size = 0
        self.end_tick = first.start
        try:
            self._append((init,), len(init))
        except OSError:
            self.close()
            self.path.unlink()  # it never held a picture
            index_path(self.path).unlink()
            raise

    def _free_name(self, folder: Path) -> Path:
        """The wall clock may have been set back: a name that is taken is never written over."""
        at = from_epoch_ms(self.start_ms)
        while True:
            name = str(round(at.timestamp() * 1000))
            part = folder / at.strftime("%Y%m%d") / (name + PART)
            if not part.exists() and not final_path(part).exists():
                return part
            at += timedelta(milliseconds=1)

    @property
    def media_ms(self) -> int:
        return to_ms(self.end_tick) - to_ms(self.first_tick)

    def write(self, picture: MuxedPicture) -> None:
        """Raises OSError (ENOSPC, EIO); what is in the file then still ends with a whole fragment."""
        if not picture.keyframe:
            self._append(picture.pieces, picture.size)
            self.end_tick = picture.end
            return
        offset, media_ms = self.size, to_ms(picture.start)
        wall_ms = self.run_start_ms + media_ms
        dated = prft(TRACK_ID, wall_ms, picture.start)
        self._append((dated, *picture.pieces), len(dated) + picture.size)
        self.end_tick = picture.end
        _write_all(self._index, f"{offset} {self.size - offset} {media_ms} {wall_ms}\n".encode())

    def sync(self) -> None:
        """What a power cut may cost ends here."""
        os.fdatasync(self._file)

    def close(self) -> None:
        for descriptor in (self._file, self._index):
            os.close(descriptor)

    def _append(self, pieces: Sequence[bytes | memoryview], size: int) -> None:
        """All of it or, when the disk refuses, nothing. `size`: octets of all `pieces`."""
        try:
            written = os.writev(self._file, pieces) if len(pieces) <= _MOST_PIECES else 0
            if written < size:
                _write_all(self._file, b"".join(pieces)[written:])
        except OSError:
            os.ftruncate(self._file, self.size)
            raise
        self.size += size


def seal(segment: Path) -> Sealed:
    """fsync → SHA-256 → rename from `.part` → fsync of the folder. A file that has its final name already is only
    hashed. Raises FileNotFoundError when there is neither."""
    if not segment.exists():
        segment = final_path(segment)
    with segment.open("rb", buffering=0) as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256")
        size = file.tell()
    final = final_path(segment)
    if final != segment:
        segment.rename(final)
        sync_folder(final.parent)
    return Sealed(final, digest.hexdigest(), size)


def sync_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rebuild_index(segment: Path, index: Index) -> None:
    """Write `.idx` again from the boxes of the file."""
    lines = [
        f"{fragment.offset} {fragment.size} {index.ms(fragment.tfdt)} {fragment.wall_ms}\n"
        for fragment in index.fragments
        if fragment.keyframe and fragment.wall_ms is not None
    ]
    index_path(segment).write_text("".join(lines), "ascii")


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
