"""RTP packets (RFC 3550 §5) and how H.264 is cut into them (RFC 6184: single NAL unit packets and FU-A)."""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_PAYLOAD = 1400  # octets
_FU_A = 28


@dataclass(slots=True)
class RtpSender:
    """One stream to one receiver: numbers its packets and counts what it sent (as a sender report must)."""

    payload_type: int
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    sequence: int = field(default_factory=lambda: secrets.randbits(16))  # of the next packet
    packets: int = 0
    octets: int = 0  # payload only, RFC 3550 §6.4.1

    def pack(self, payload: bytes, timestamp: int, *, marker: bool) -> bytes:
        header = struct.pack(
            "!BBHII", 0x80, self.payload_type | (marker << 7), self.sequence, timestamp & 0xFFFFFFFF, self.ssrc
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return header + payload


def h264_payloads(nals: Sequence[bytes], max_payload: int = MAX_PAYLOAD) -> list[bytes]:
    """RTP payloads of one access unit, in order; the last one carries the marker bit."""
    payloads: list[bytes] = []
    for nal in nals:
        if len(nal) <= max_payload:
            payloads.append(nal)
            continue
        indicator, kind = (nal[0] & 0xE0) | _FU_A, nal[0] & 0x1F
        step = max_payload - 2
        for offset in range(1, len(nal), step):
            start, end = offset == 1, offset + step >= len(nal)
            payloads.append(bytes((indicator, start << 7 | end << 6 | kind)) + nal[offset : offset + step])
    return payloads
