"""RTCP sender reports (RFC 3550 §6.4.1): the camera's wall time of each picture, and what was sent."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from device_adapters.simulator.rtp import RtpSender

REPORT_EVERY_S = 2.0
_NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_CNAME = b"practice-camera"


def sender_report(sender: RtpSender, at: datetime, rtp_timestamp: int) -> bytes:
    """A compound packet: the report, and the SDES item CNAME that RFC 3550 §6.1 asks for.

    `at` is the camera's wall time of the instant that `rtp_timestamp` names.
    """
    since = at - _NTP_EPOCH
    seconds = since.days * 86400 + since.seconds
    fraction = (since.microseconds << 32) // 1_000_000
    counts = (rtp_timestamp & 0xFFFFFFFF, sender.packets & 0xFFFFFFFF, sender.octets & 0xFFFFFFFF)
    report = struct.pack("!BBHIIIIII", 0x80, 200, 6, sender.ssrc, seconds & 0xFFFFFFFF, fraction, *counts)
    item = struct.pack("!IBB", sender.ssrc, 1, len(_CNAME)) + _CNAME
    item += bytes(4 - len(item) % 4)  # at least one zero ends the list
    return report + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item
