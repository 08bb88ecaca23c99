"""H.264 and H.265 access units in Annex B form (ITU-T H.264 / H.265 Annex B): where their NAL units lie, and the
parameter sets in them."""

from __future__ import annotations

_START = b"\x00\x00\x01"


def parameter_sets(unit: bytes, codec: str) -> bytes:
    """The VPS, SPS and PPS before the first slice of `unit`, each with a four-byte start code, each text once; empty
    when there are none. `codec`: h264 | hevc."""
    kept: list[bytes] = []
    at = unit.find(_START)
    while at >= 0 and at + 3 < len(unit):
        begin = at + 3
        kind = unit[begin] & 0x1F if codec == "h264" else (unit[begin] >> 1) & 0x3F
        if kind in (1, 2, 3, 4, 5) if codec == "h264" else kind < 32:
            break  # a slice: the sets of this picture come before it
        at = unit.find(_START, begin)
        if kind in ((7, 8) if codec == "h264" else (32, 33, 34)):
            nal = unit[begin : at if at >= 0 else len(unit)].rstrip(b"\x00")
            if nal not in kept:
                kept.append(nal)
    return b"".join(b"\x00" + _START + nal for nal in kept)


def nal_units(unit: bytes) -> list[tuple[int, int]]:
    """[begin, end) of every NAL unit in `unit`, without start codes and the zeros around them."""
    found: list[tuple[int, int]] = []
    at = unit.find(_START)
    while at >= 0:
        begin = at + 3
        at = unit.find(_START, begin)
        end = at if at >= 0 else len(unit)
        if unit[end - 1] == 0:  # the first byte of a long start code, or padding: a NAL unit never ends in zero
            end = begin + len(unit[begin:end].rstrip(b"\x00"))
        if end > begin:
            found.append((begin, end))
    return found
