"""The practice camera whose picture says when it was taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import av
import numpy as np

from device_adapters.simulator.stamp import BAR_HEIGHT, BITS, RATE, WIDTH, StampSource

START = datetime(2026, 11, 23, 1, 0, 0, 123_000, tzinfo=UTC)


def read(picture: np.ndarray) -> int:
    """The bars, as a page reads them."""
    row = picture[BAR_HEIGHT // 2, WIDTH // BITS // 2 :: WIDTH // BITS]
    octets = np.packbits(row > 128).tolist()
    assert octets[0] ^ octets[1] ^ octets[2] ^ 0xFF == octets[3]
    return int.from_bytes(bytes(octets[:3]), "big")


def test_each_picture_can_be_dated_from_its_bars() -> None:
    source, decoder = StampSource("101"), av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    found, size = [], 0
    for number in range(60):
        unit = source.take(START + timedelta(seconds=number / RATE))
        size += sum(len(payload) for payload in unit.payloads)
        nals, joined = [], b""
        for payload in unit.payloads:
            if payload[0] & 31 != 28:
                nals.append(payload)
                continue
            joined += bytes((payload[0] & 0xE0 | payload[1] & 31,)) + payload[2:] if payload[1] & 128 else payload[2:]
            if payload[1] & 64:
                nals.append(joined)
                joined = b""
        for frame in decoder.decode(av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in nals))):
            found.append(read(frame.to_ndarray(format="gray")))
    found += [read(frame.to_ndarray(format="gray")) for frame in decoder.decode(None)]
    start = round(START.timestamp() * 1000) % 2**24
    assert found == [start + 40 * number for number in range(60)]
    assert 100_000 < size * 8 * RATE / 60 < 1_500_000, "about what a sub-stream weighs"
