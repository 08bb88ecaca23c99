"""H.264 and H.265 access units in Annex B form (ITU-T H.264 / H.265 Annex B): where their NAL units lie, the parameter
sets in them, and whether they begin at the beginning."""

from __future__ import annotations

import re

_START = b"\x00\x00\x01"
_STARTS = re.compile(_START)  # half the time of bytes.find, on pictures of 20 kB


def parameter_sets(unit: bytes, codec: str) -> bytes:
    """The VPS, SPS and PPS before the first slice of `unit`, in this order whatever theirs is, each with a four-byte
    start code, each text once; empty when there are none. `codec`: h264 | hevc."""
    kept: dict[bytes, int] = {}
    at = unit.find(_START)
    while at >= 0 and at + 3 < len(unit):
        begin = at + 3
        kind = _kind(unit, begin, codec)
        if _is_slice(kind, codec):
            break  # the sets of this picture come before it
        at = unit.find(_START, begin)
        if kind in ((7, 8) if codec == "h264" else (32, 33, 34)):
            kept[unit[begin : at if at >= 0 else len(unit)].rstrip(b"\x00")] = kind
    return b"".join(b"\x00" + _START + nal for nal in sorted(kept, key=kept.__getitem__))


def begins_whole(unit: bytes, codec: str) -> bool:
    """Is the first slice of `unit` the first of its picture? Else the picture's head went by before we listened, or was
    lost. The first bit of a slice header tells (first_mb_in_slice, H.264 §7.3.3; H.265 §7.3.6.1)."""
    at = unit.find(_START)
    while at >= 0 and at + 3 < len(unit):
        begin = at + 3
        if _is_slice(_kind(unit, begin, codec), codec):
            first = begin + (1 if codec == "h264" else 2)
            return first < len(unit) and unit[first] >= 0x80
        at = unit.find(_START, begin)
    return False


def nal_units(unit: bytes) -> list[tuple[int, int]]:
    """[begin, end) of every NAL unit in `unit`, without start codes and the zeros around them."""
    starts = [found.start() for found in _STARTS.finditer(unit)]
    units: list[tuple[int, int]] = []
    for at, end in zip(starts, [*starts[1:], len(unit)], strict=False):
        begin = at + 3
        if unit[end - 1] == 0:  # the first byte of a long start code, or padding: a NAL unit never ends in zero
            end = begin + len(unit[begin:end].rstrip(b"\x00"))
        if end > begin:
            units.append((begin, end))
    return units


def _kind(unit: bytes, begin: int, codec: str) -> int:
    return unit[begin] & 0x1F if codec == "h264" else (unit[begin] >> 1) & 0x3F


def _is_slice(kind: int, codec: str) -> bool:
    return 1 <= kind <= 5 if codec == "h264" else kind < 32
