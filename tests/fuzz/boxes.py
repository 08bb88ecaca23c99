"""The fMP4 box walker against damaged files: it says MEDIA_DAMAGED, or it reads; it never loops and never surprises."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from config.clock import ManualClock
from config.errors import LessonProofError
from storage.evidence.fmp4 import fragments, good_prefix, retimed
from tests.fuzz.failure import Failure
from tests.fuzz.mutate import mutated
from tests.support.pictures import Recording, encoded

CASE_LIMIT_S = 2.0


@cache
def recorded(folder: Path) -> bytes:
    """A file as the recorder writes it, two seconds long."""
    box = Recording(folder, ManualClock(datetime(2026, 11, 23, tzinfo=UTC)), segment_s=60)
    box.feed(encoded(2, fps=10, gop=5))
    box.settle()
    box.work.engine.dispose()
    return box.files()[0].read_bytes()


def damaged(good: bytes, random_source: random.Random) -> bytes:
    """Half of the damage falls on a box header, where it hurts."""
    if random_source.random() < 0.5:
        return mutated(good, random_source)
    changed = bytearray(good)
    for offset in random_source.sample(list(_headers(good)), random_source.randint(1, 3)):
        if random_source.random() < 0.7:
            size = random_source.choice((0, 1, 7, 8, 9, 16, 0x7FFFFFFF, 0xFFFFFFFF, random_source.randrange(4096)))
            struct.pack_into(">I", changed, offset, size)
        else:
            changed[offset + 4 : offset + 8] = random_source.choice((b"moof", b"mdat", b"moov", b"prft", b"free"))
    return bytes(changed)


def _headers(data: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield start
        if kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf"):
            yield from _headers(data, start + 8, start + size)
        start += max(size, 8)


def walk(data: bytes, file: Path) -> None:
    """Everything the product does with a file it did not write itself. Raises only what is a bug."""
    file.write_bytes(data)
    try:
        index = good_prefix(file)
    except LessonProofError as error:
        assert error.code == "MEDIA_DAMAGED"
        return
    assert 0 < index.end_offset <= len(data)
    after = index.init_size
    for fragment in index.fragments:
        assert fragment.offset >= after and fragment.size > 0
        after = fragment.offset + fragment.size
        retimed(data[fragment.offset : after], 0, 1)
    assert index.media_ms >= 0
    try:
        whole = fragments(file)
    except LessonProofError as error:
        assert error.code == "MEDIA_DAMAGED"
    else:
        assert whole == index and index.end_offset == len(data)


def fuzz(first: int, seconds: float, folder: Path) -> tuple[int, list[Failure]]:
    """Cases from seed `first` on for `seconds`; how many, and what went wrong."""
    good, until = recorded(folder), time.monotonic() + seconds
    failures: list[Failure] = []
    seed = first
    while time.monotonic() < until:
        began = time.monotonic()
        try:
            walk(damaged(good, random.Random(seed)), folder / "case.mp4")
        except Exception as error:
            failures.append(Failure(seed, repr(error)))
        if time.monotonic() - began > CASE_LIMIT_S:
            failures.append(Failure(seed, f"took {time.monotonic() - began:.1f} s"))
        seed += 1
    return seed - first, failures
