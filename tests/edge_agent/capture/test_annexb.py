"""What an access unit shows without decoding it: its parameter sets, and whether its head is there."""

from __future__ import annotations

import itertools

import pytest

from edge_agent.capture.annexb import begins_whole, nal_units, parameter_sets
from tests.support.pictures import encoded

START = b"\x00\x00\x00\x01"


def nals_of(unit: bytes) -> list[bytes]:
    return [unit[begin:end] for begin, end in nal_units(unit)]


def kind(nal: bytes, codec: str) -> int:
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F


@pytest.mark.parametrize(("codec", "encoder", "sets"), [("h264", "libx264", (7, 8)), ("hevc", "libx265", (32, 33, 34))])
def test_parameter_sets_are_the_same_in_whatever_order_and_however_often_they_come(
    codec: str, encoder: str, sets: tuple[int, ...]
) -> None:
    """A camera joined in the middle of a picture shows its PPS first and its SPS after it."""
    key = nals_of(encoded(1, codec=encoder)[0].data)
    head = [nal for nal in key if kind(nal, codec) in sets]
    rest = [nal for nal in key if kind(nal, codec) not in sets]
    assert [kind(nal, codec) for nal in head] == list(sets)
    wanted = b"".join(START + nal for nal in head)
    for order in itertools.permutations(head + head[:1]):
        assert parameter_sets(b"".join(START + nal for nal in (*order, *rest)), codec) == wanted
    assert parameter_sets(encoded(1, codec=encoder)[1].data, codec) == b""


@pytest.mark.parametrize(("codec", "encoder"), [("h264", "libx264"), ("hevc", "libx265")])
def test_a_picture_whose_head_is_there_begins_whole(codec: str, encoder: str) -> None:
    for packet in encoded(1, codec=encoder):
        assert begins_whole(packet.data, codec)


def test_a_picture_without_its_first_slice_or_without_any_does_not() -> None:
    key = nals_of(encoded(1, width=640, height=360)[0].data)
    slices = [nal for nal in key if kind(nal, "h264") == 5]
    assert len(slices) > 1, "the encoder makes several slices a picture"
    sets = [nal for nal in key if kind(nal, "h264") in (7, 8)]
    for torn in ([*sets, *slices[1:]], sets, [slices[0][:1]], []):
        assert not begins_whole(b"".join(START + nal for nal in torn), "h264")
