"""The recorder's files read as boxes (ISO/IEC 14496-12): an init segment, then fragments of `[prft] moof mdat`.

Pure Python, reads headers only, never decodes. It trusts nothing: a size that does not fit, a box that is missing or
a time that runs backwards is `MEDIA_DAMAGED` with the byte offset, and every step moves forward, so no input makes
it loop. The centre builds HLS byte-range playlists from the same `Index`, the recorder rebuilds its index after a
crash.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from config.errors import LessonProofError

NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 (NTP, `prft`) to 1970."""

_MAX_HEADER_BOX = 1 << 20  # a moov or moof larger than this is garbage
_NON_SYNC = 0x00010000  # sample_is_non_sync_sample


@dataclass(frozen=True, slots=True)
class Fragment:
    """One fragment: bytes [offset, offset + size), from its `prft` or `moof` to the end of its `mdat`.

    `tfdt` and `duration` are ticks of the index's timescale; `wall_ms` is the `prft` time, where there is one;
    `data_offset` and `data_size` are the media bytes themselves.
    """

    offset: int
    size: int
    tfdt: int
    duration: int
    keyframe: bool
    wall_ms: int | None
    data_offset: int
    data_size: int


@dataclass(frozen=True, slots=True)
class Index:
    """`init_size`: bytes of ftyp + moov. `codec`: h264 | hevc. `codec_string`: RFC 6381, for `CODECS=` in a
    playlist."""

    init_size: int
    timescale: int
    codec: str
    codec_string: str
    width: int
    height: int
    fragments: tuple[Fragment, ...]

    @property
    def media_ms(self) -> int:
        """From the first picture's start to the last one's end, in decode time."""
        if not self.fragments:
            return 0
        first, last = self.fragments[0], self.fragments[-1]
        return self.ms(last.tfdt + last.duration) - self.ms(first.tfdt)

    @property
    def start_wall_ms(self) -> int | None:
        """Wall time of the first picture, as the file itself tells it."""
        return self.fragments[0].wall_ms if self.fragments else None

    @property
    def end_offset(self) -> int:
        """The byte after the last whole fragment."""
        return self.fragments[-1].offset + self.fragments[-1].size if self.fragments else self.init_size

    def ms(self, ticks: int) -> int:
        return round(ticks * 1000 / self.timescale)


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    offset: int
    header: int
    size: int


@dataclass(frozen=True, slots=True)
class _Track:
    timescale: int
    codec: str
    codec_string: str
    width: int
    height: int
    default_duration: int
    default_flags: int


class _Damaged(Exception):
    def __init__(self, offset: int, why: str) -> None:
        super().__init__(why)
        self.offset = offset
        self.why = why


def fragments(path: Path) -> Index:
    """The whole file. Raises LessonProofError MEDIA_DAMAGED when any byte of it does not belong to a whole box."""
    index, damage = _walk(path)
    if index is None or damage is not None:
        raise _error(path, damage or _Damaged(0, "no init segment"))
    return index


def good_prefix(path: Path) -> Index:
    """The part of a torn file that is whole: what a crash left. `Index.end_offset` is where to cut. Raises
    LessonProofError MEDIA_DAMAGED when not even the init segment is whole."""
    index, damage = _walk(path)
    if index is None:
        raise _error(path, damage or _Damaged(0, "no init segment"))
    return index


def prft(track_id: int, wall_ms: int, media_time: int) -> bytes:
    """A 32-byte ProducerReferenceTimeBox (§8.16.5), version 1: the picture at `media_time` (ticks) was taken at
    `wall_ms`."""
    seconds, ms = divmod(wall_ms, 1000)
    ntp = (seconds + NTP_EPOCH_S) % 2**32 << 32 | round(ms * 2**32 / 1000)
    return struct.pack(">I4sIIQQ", 32, b"prft", 0x01000000, track_id, ntp, media_time)


def retimed(fragment: bytes, tfdt: int, sequence: int) -> bytes:
    """The same fragment (`[prft] moof mdat`, as `fragments` found it) at another decode time; not one media byte
    changes."""
    data = bytearray(fragment)
    start = 0
    while start + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        if kind == b"prft":
            struct.pack_into(">Q", data, start + 24, tfdt)
        if kind != b"moof":
            start += max(size, 8)
            continue
        inner = start + 8
        while inner < start + size:
            inner_size, inner_kind = struct.unpack_from(">I4s", data, inner)
            if inner_kind == b"mfhd":
                struct.pack_into(">I", data, inner + 12, sequence)
            if inner_kind == b"tfdt":
                struct.pack_into(">Q" if data[inner + 8] == 1 else ">I", data, inner + 12, tfdt)
            inner += 8 if inner_kind == b"traf" else max(inner_size, 8)
        break
    return bytes(data)


def _walk(path: Path) -> tuple[Index | None, _Damaged | None]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            try:
                init_size, track = _init(file, size)
            except _Damaged as error:
                return None, error
            found: list[Fragment] = []
            damage: _Damaged | None = None
            try:
                for fragment in _fragments(file, init_size, size, track):
                    found.append(fragment)  # noqa: PERF402 - what came before the damage is kept
            except _Damaged as error:
                damage = error
    except OSError as unreadable:
        return None, _Damaged(0, unreadable.strerror or "unreadable")
    return (
        Index(init_size, track.timescale, track.codec, track.codec_string, track.width, track.height, tuple(found)),
        damage,
    )


def _error(path: Path, damage: _Damaged) -> LessonProofError:
    return LessonProofError(
        "MEDIA_DAMAGED",
        status=422,
        where=f"{path.name}:{damage.offset}",
        zh=f"录像文件 {path.name} 在第 {damage.offset} 字节处损坏",
        en=f"{path.name} is damaged at byte {damage.offset}: {damage.why}",
    )


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    data = os.pread(file.fileno(), length, offset)
    if len(data) != length:
        raise _Damaged(offset, "the file ends inside a box")
    return data


def _box(file: BinaryIO, offset: int, end: int) -> _Box:
    """The header at `offset`. The box must lie inside `end`; size 0 ("to the end of the file") is not written here."""
    if end - offset < 8:
        raise _Damaged(offset, "the file ends inside a box header")
    size, kind = struct.unpack(">I4s", _read(file, offset, 8))
    header = 8
    if size == 1:
        if end - offset < 16:
            raise _Damaged(offset, "the file ends inside a box header")
        (size,) = struct.unpack(">Q", _read(file, offset + 8, 8))
        header = 16
    if size < header or offset + size > end:
        raise _Damaged(offset, f"a box of {size} bytes does not fit")
    return _Box(kind, offset, header, size)


def _children(data: bytes, start: int, at: int) -> Iterator[tuple[bytes, bytes]]:
    """(kind, payload) of the boxes in `data[start:]`; `at`: its file offset, for the error."""
    while start < len(data):
        if len(data) - start < 8:
            raise _Damaged(at + start, "a torn inner box")
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > len(data):
            raise _Damaged(at + start, "an inner box does not fit")
        yield kind, data[start + 8 : start + size]
        start += size


def _child(data: bytes, kinds: tuple[bytes, ...], at: int) -> bytes:
    for kind in kinds:
        for name, payload in _children(data, 0, at):
            if name == kind:
                data = payload
                break
        else:
            raise _Damaged(at, f"no {kind.decode()} box")
    return data


def _unpack(form: str, data: bytes, offset: int, at: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, offset)
    except struct.error:
        raise _Damaged(at, "a box is too short") from None


def _init(file: BinaryIO, size: int) -> tuple[int, _Track]:
    ftyp = _box(file, 0, size)
    if ftyp.kind != b"ftyp" or ftyp.size > _MAX_HEADER_BOX:
        raise _Damaged(0, "no ftyp box at the start")
    moov = _box(file, ftyp.size, size)
    if moov.kind != b"moov" or moov.size > _MAX_HEADER_BOX:
        raise _Damaged(ftyp.size, "no moov box after ftyp")
    data = _read(file, moov.offset + moov.header, moov.size - moov.header)
    at = moov.offset
    mdhd = _child(data, (b"trak", b"mdia", b"mdhd"), at)
    (timescale,) = _unpack(">I", mdhd, 20 if mdhd[:1] == b"\x01" else 12, at)
    if not timescale:
        raise _Damaged(at, "a timescale of zero")
    stsd = _child(data, (b"trak", b"mdia", b"minf", b"stbl", b"stsd"), at)
    entry_kind, entry = next(_children(stsd, 8, at), (b"", b""))
    width, height = _unpack(">HH", entry, 24, at)
    codec, codec_string = _codec(entry_kind, dict(_children(entry, 78, at)), at)
    _, _, _, duration, _, flags = _unpack(">IIIIII", _child(data, (b"mvex", b"trex"), at), 0, at)
    return moov.offset + moov.size, _Track(timescale, codec, codec_string, width, height, duration, flags)


def _codec(kind: bytes, boxes: dict[bytes, bytes], at: int) -> tuple[str, str]:
    """Codec name and its RFC 6381 string (avc1.PPCCLL; hvc1 after ISO/IEC 14496-15 annex E)."""
    if kind in (b"avc1", b"avc3"):
        _, profile, compatible, level = _unpack(">BBBB", boxes.get(b"avcC", b""), 0, at)
        return "h264", f"{kind.decode()}.{profile:02x}{compatible:02x}{level:02x}"
    if kind in (b"hvc1", b"hev1"):
        hvcc = boxes.get(b"hvcC", b"")
        _, first, compatible = _unpack(">BBI", hvcc, 0, at)
        constraints = hvcc[6:12].rstrip(b"\0")
        (level,) = _unpack(">B", hvcc, 12, at)
        space = ("", "A", "B", "C")[first >> 6]
        reversed_bits = int(f"{compatible:032b}"[::-1], 2)
        parts = [
            kind.decode(),
            f"{space}{first & 31}",
            f"{reversed_bits:x}",
            f"{'H' if first & 32 else 'L'}{level}",
            *(f"{byte:x}" for byte in constraints),
        ]
        return "hevc", ".".join(parts)
    raise _Damaged(at, f"a track of kind {kind!r}")


def _fragments(file: BinaryIO, offset: int, end: int, track: _Track) -> Iterator[Fragment]:
    previous_end = -1
    while offset < end:
        start, wall_ms = offset, None
        box = _box(file, offset, end)
        if box.kind == b"prft":
            wall_ms = _wall_ms(_read(file, offset, box.size) if box.size <= 64 else b"", offset)
            offset += box.size
            box = _box(file, offset, end)
        if box.kind != b"moof" or box.size > _MAX_HEADER_BOX:
            raise _Damaged(offset, "no moof box where a fragment should begin")
        moof = _read(file, offset + box.header, box.size - box.header)
        tfdt, duration, keyframe, data_size = _moof(moof, offset, track)
        mdat = _box(file, offset + box.size, end)
        if mdat.kind != b"mdat" or mdat.size - mdat.header != data_size:
            raise _Damaged(mdat.offset, "the mdat box does not hold what its moof says")
        if tfdt < previous_end:
            raise _Damaged(offset, "media time runs backwards")
        previous_end = tfdt + duration
        offset = mdat.offset + mdat.size
        yield Fragment(
            start, offset - start, tfdt, duration, keyframe, wall_ms, mdat.offset + mdat.header, mdat.size - mdat.header
        )


def _wall_ms(box: bytes, at: int) -> int:
    (ntp,) = _unpack(">Q", box, 16, at)
    seconds = ntp >> 32
    if seconds < 2**31:  # NTP's seconds begin again in 2036 (RFC 4330 §3)
        seconds += 2**32
    return (seconds - NTP_EPOCH_S) * 1000 + round((ntp & 0xFFFFFFFF) * 1000 / 2**32)


def _moof(data: bytes, at: int, track: _Track) -> tuple[int, int, bool, int]:
    """(tfdt, duration, first sample is a key frame, bytes of all samples) of the one `traf` of a fragment."""
    traf = dict(_children(_child(data, (b"traf",), at), 0, at))
    tfdt_box, tfhd, trun = traf.get(b"tfdt", b""), traf.get(b"tfhd", b""), traf.get(b"trun", b"")
    (tfdt,) = _unpack(">Q" if tfdt_box[:1] == b"\x01" else ">I", tfdt_box, 4, at)
    present, _track_id = _unpack(">II", tfhd, 0, at)
    offset, defaults = 8, {0x08: track.default_duration, 0x10: 0, 0x20: track.default_flags}
    for flag, form in ((0x01, ">Q"), (0x02, ">I"), (0x08, ">I"), (0x10, ">I"), (0x20, ">I")):
        if present & flag:
            (value,) = _unpack(form, tfhd, offset, at)
            defaults[flag] = value
            offset += struct.calcsize(form)
    flags, count = _unpack(">II", trun, 0, at)
    offset = 8 + (4 if flags & 0x01 else 0)
    first_flags = defaults[0x20]
    if flags & 0x04:
        (first_flags,) = _unpack(">I", trun, offset, at)
        offset += 4
    row = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    if count == 0 or offset + 4 * len(row) * count > len(trun):
        raise _Damaged(at, "a sample table that does not fit")
    if not row:  # nothing is told sample by sample; `count` may be any number, so it is not looped over
        return tfdt, count * defaults[0x08], not first_flags & _NON_SYNC, count * defaults[0x10]
    duration, size = 0, 0
    for sample in range(count):
        values = dict(zip(row, struct.unpack_from(f">{len(row)}I", trun, offset), strict=True))
        offset += 4 * len(row)
        duration += values.get(0x100, defaults[0x08])
        size += values.get(0x200, defaults[0x10])
        if sample == 0 and not flags & 0x04:
            first_flags = values.get(0x400, first_flags)
    return tfdt, duration, not first_flags & _NON_SYNC, size
