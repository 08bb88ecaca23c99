"""Loss by sender reports: never told where there was none, never too large, and found where reports are exact."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_adapters.interfaces import SenderReport
from device_adapters.simulator.rtp import RtpSender, h264_payloads
from edge_agent.capture.annexb import nal_units
from edge_agent.capture.loss import LossWatch

FPS, GOP = 25, 50
FU_A, START = 28, b"\x00\x00\x00\x01"


def nal(kind: int, size: int) -> bytes:
    return bytes((0x60 | kind,)) + b"\x55" * (size - 1)


@dataclass
class Line:
    """A camera, a line that loses what `loses` says (number of the packet, picture), and FFmpeg's side of it."""

    loses: Callable[[int, int], bool]
    report_at: Callable[[int], float | None]
    """For the how-many-th picture: at which part of its packets (0: before the first) it reports; None: not."""
    max_payload: int = 1400
    seed: int = 0
    late: Callable[[int], int] = lambda _: 0
    """By how many pictures that report comes late."""

    def run(self, pictures: int) -> tuple[list[int | None], int]:
        """(what the watch said after each picture, octets that were really lost)"""
        chance, sender, watch = random.Random(self.seed), RtpSender(96), LossWatch("h264")
        said: list[int | None] = []
        on_the_way: dict[int, SenderReport] = {}
        lost = number = 0
        for picture in range(pictures):
            key = picture % GOP == 0
            size = chance.randrange(20_000, 60_000) if key else chance.randrange(300, 20_000)
            nals = [nal(9, 2), *([nal(7, 30), nal(8, 5)] if key else []), nal(5 if key else 1, size)]
            payloads = h264_payloads(nals, self.max_payload)
            part, unit = self.report_at(picture), b""
            for place, payload in enumerate(payloads):
                if part is not None and place >= part * len(payloads):
                    arrives, part = picture + self.late(picture), None
                    on_the_way[arrives] = SenderReport(1, sender.packets, sender.octets)
                sender.pack(payload, 0, marker=False)
                if self.loses(number, picture):
                    lost += len(payload)
                elif payload[0] & 31 != FU_A:
                    unit += START + payload
                elif payload[1] & 0x80:
                    unit += START + bytes((payload[0] & 0xE0 | payload[1] & 31,)) + payload[2:]
                else:
                    unit += payload[2:]
                number += 1
            watch.picture(len(unit), nal_units(unit), key, on_the_way.get(picture))
            said.append(watch.lost)
        return said, lost


def every(seconds: float, part: float = 0.0) -> Callable[[int], float | None]:
    return lambda picture: part if picture % round(seconds * FPS) == 7 else None


def test_nothing_is_known_without_reports_and_nothing_is_lost_on_a_sound_line() -> None:
    assert Line(lambda *_: False, lambda _: None).run(500) == ([None] * 500, 0)
    said, _ = Line(lambda *_: False, every(2)).run(1500)
    assert said[0] is None and said[-1] == 0


def test_one_lost_packet_is_seen_when_the_reports_are_exact() -> None:
    said, lost = Line(lambda number, _: number == 6000, every(2)).run(1500)
    assert lost >= 1000, "a fragment of full size"
    assert lost - 200 <= (said[-1] or 0) <= lost


def test_steady_loss_is_seen_but_for_the_last_reports_and_one_picture() -> None:
    said, lost = Line(lambda number, _: number % 40 == 0, every(2)).run(3000)
    assert 0.85 * lost < (said[-1] or 0) <= lost


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.sampled_from([0.0, 0.0005, 0.02]),
    max_payload=st.sampled_from([1100, 1400, 1460, 8000]),
)
def test_never_more_is_told_than_was_lost_wherever_in_a_picture_the_reports_come(
    seed: int, loss: float, max_payload: int
) -> None:
    chance = random.Random(seed)
    parts = {picture: chance.random() for picture in range(1500) if chance.random() < 1 / 50}
    line = Line(lambda *_: chance.random() < loss, parts.get, max_payload, seed)
    said, lost = line.run(1500)
    assert all((one or 0) <= lost for one in said)


def test_a_report_that_comes_late_now_and_then_makes_no_loss() -> None:
    line = Line(lambda *_: False, every(2), late=lambda picture: 3 if picture // 50 % 4 == 3 else 0)
    said, _ = line.run(3000)
    assert said[-1] == 0


@pytest.mark.parametrize("what", ["another source", "counters that began again"])
def test_another_count_is_not_a_loss(what: str) -> None:
    watch = LossWatch("h264")
    unit = START + nal(1, 900)
    for number in range(1, 9):
        packets = number if number < 5 else number - 4
        report = SenderReport(1 if number < 5 or what != "another source" else 2, packets, packets * 900)
        watch.picture(len(unit), nal_units(unit), False, report)
    assert watch.lost == 0


def test_counts_that_pass_their_32_bits_go_on() -> None:
    watch = LossWatch("h264")
    unit = START + nal(1, 900)
    for number in range(12):
        report = SenderReport(1, number, (2**32 - 4000 + number * 900) % 2**32)
        watch.picture(len(unit), nal_units(unit), False, report)
    assert watch.lost == 0
