"""RTP packets can be put together again to exactly what was cut, and RTCP reports say what was sent."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from device_adapters.simulator.encoder import split_nals
from device_adapters.simulator.rtcp import sender_report
from device_adapters.simulator.rtp import RtpSender, h264_payloads

NALS = st.builds(
    lambda reference, kind, body: bytes([reference << 5 | kind]) + body,
    st.integers(0, 3), st.sampled_from([1, 5, 7, 8]), st.binary(min_size=1, max_size=400),
)  # fmt: skip


def put_together(payloads: list[bytes]) -> list[bytes]:
    """RFC 6184 §5.6, §5.8 from the receiver's side."""
    nals: list[bytes] = []
    open_nal: bytes | None = None
    for payload in payloads:
        if payload[0] & 31 != 28:
            assert open_nal is None
            nals.append(payload)
            continue
        start, end = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
        assert start == (open_nal is None) and not (start and end)
        open_nal = (open_nal or bytes([(payload[0] & 0xE0) | (payload[1] & 0x1F)])) + payload[2:]
        if end:
            nals.append(open_nal)
            open_nal = None
    assert open_nal is None
    return nals


@given(st.lists(NALS, min_size=1, max_size=6), st.integers(3, 120))
def test_packets_put_together_are_the_access_unit(nals: list[bytes], max_payload: int) -> None:
    payloads = h264_payloads(nals, max_payload)
    assert put_together(payloads) == nals
    assert all(len(payload) <= max_payload for payload in payloads)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=40), st.integers(0, 0xFFFF))
def test_packets_are_numbered_and_counted(payloads: list[bytes], first: int) -> None:
    sender = RtpSender(96, ssrc=7, sequence=first)
    packets = [sender.pack(payload, 1 << 33 | 5, marker=False) for payload in payloads]
    headers = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert headers == [(0x80, 96, (first + n) & 0xFFFF, 5, 7) for n in range(len(payloads))]
    assert (sender.packets, sender.octets) == (len(payloads), sum(map(len, payloads)))


def test_the_marker_bit_ends_a_picture() -> None:
    assert RtpSender(96).pack(b"x", 0, marker=True)[1] == 0x80 | 96


def test_a_sender_report_is_the_one_of_rfc_3550() -> None:
    sender = RtpSender(96, ssrc=0x01020304, packets=3, octets=4000)
    packet = sender_report(sender, datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC), 90_000)
    version, kind, length, ssrc, seconds, fraction, stamp, packets, octets = struct.unpack("!BBHIIIIII", packet[:28])
    assert (version, kind, length, ssrc) == (0x80, 200, 6, 0x01020304)
    assert seconds - 2_208_988_800 == datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert (fraction, stamp, packets, octets) == (1 << 31, 90_000, 3, 4000)
    assert packet[28:30] == bytes([0x81, 202])
    assert len(packet) == 28 + 4 + 4 * struct.unpack("!H", packet[30:32])[0]


def test_a_byte_stream_is_split_at_both_kinds_of_start_code() -> None:
    assert list(split_nals(b"\0\0\0\1\x67ab\0\0\1\x68c\0\0\0\1\x65d\0\0")) == [b"\x67ab", b"\x68c", b"\x65d"]
    assert list(split_nals(b"noise")) == []
