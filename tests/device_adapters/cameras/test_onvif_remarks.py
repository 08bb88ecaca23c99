"""What is wrong with a camera, in words: each fault is found alone, and a good camera is left in peace."""

from __future__ import annotations

from dataclasses import replace

import pytest

from device_adapters.cameras.probe import CameraReport, MeasuredStream, ProbeFault
from device_adapters.cameras.remarks import CURES, RemarkLevel, remarks
from device_adapters.interfaces import CameraFaultKind, CameraTime, Certificate, MediaProfile, OnvifFaultKind

MAIN = MediaProfile("m", "main", "media2", "h264", 1920, 1080, 25.0, 4_000_000, 50, False, False)
SUB = MediaProfile("s", "sub", "media2", "h264", 640, 480, 15.0, 512_000, 30, False, False)
STREAM = MeasuredStream("h264", 1920, 1080, 12.0, 25.0, 4_000_000, (50, 50, 50, 50, 50), 2.0, True)
GOOD = CameraReport("http://10.0.0.5", None, CameraTime(0.4, 0.5, True), (MAIN, SUB), MAIN, SUB, (), b"", STREAM, ())
HEVC = replace(MAIN, codec="hevc")


def codes(report: CameraReport, sample_every_s: float = 5) -> list[str]:
    return [remark.code for remark in remarks(report, sample_every_s)]


def test_a_good_camera_is_left_in_peace() -> None:
    assert codes(GOOD) == []
    assert codes(replace(GOOD, certificate=Certificate("AB:CD", is_known=True))) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"main": HEVC, "live": None, "stream": replace(STREAM, codec="hevc")}, "H265_WITHOUT_H264_SUBSTREAM"),
        ({"live": None}, "NO_SUBSTREAM"),
        ({"live": replace(SUB, width=1280, height=720)}, "SUBSTREAM_LARGE"),
        ({"main": None, "live": None, "stream": None}, "NO_RECORDABLE_STREAM"),
        ({"stream": replace(STREAM, gop_s=4.5, gops=(112, 112))}, "GOP_LONG"),
        ({"stream": replace(STREAM, gop_s=8.0, gops=(200,))}, "KEY_FRAMES_RARER_THAN_SAMPLES"),
        ({"stream": replace(STREAM, gop_s=None, gops=())}, "KEY_FRAMES_RARER_THAN_SAMPLES"),
        ({"stream": replace(STREAM, gops=(25, 50, 100))}, "GOP_VARIES"),
        ({"time": CameraTime(-3600, 0.5, False)}, "CLOCK_OFF"),
        ({"main": replace(MAIN, audio=True)}, "AUDIO_ON"),
        ({"stream": replace(STREAM, width=640, height=480)}, "RESOLUTION_LOW"),
        ({"stream": replace(STREAM, bit_rate=300_000)}, "BIT_RATE_LOW"),
        ({"stream": replace(STREAM, codec="hevc")}, "CODEC_TOLD_WRONG"),
        ({"certificate": Certificate("AB:CD", is_known=False)}, "CERTIFICATE_FIRST_SEEN"),
        ({"faults": (ProbeFault("stream", "stalled", "no picture"),), "stream": None}, "STREAM_STALLED"),
    ],
)
def test_each_fault_is_found_alone_and_told_in_both_languages(changed: dict[str, object], code: str) -> None:
    (remark,) = remarks(replace(GOOD, **changed), 5)  # type: ignore[arg-type]
    assert remark.code == code
    assert any("\u4e00" <= char <= "\u9fff" for char in remark.zh)
    assert remark.en.endswith(".")


def test_a_county_that_counts_more_often_asks_for_more_key_frames() -> None:
    assert codes(GOOD, sample_every_s=1) == ["KEY_FRAMES_RARER_THAN_SAMPLES"]


def test_problems_come_first() -> None:
    found = remarks(replace(GOOD, main=replace(MAIN, audio=True), stream=replace(STREAM, gop_s=9.0)), 5)
    assert [remark.level for remark in found] == [RemarkLevel.PROBLEM, RemarkLevel.NOTE]


@pytest.mark.parametrize(
    ("offset_s", "zh", "en"),
    [(-10 * 365.25 * 86400, "慢 10.0 年", "10.0 years behind"), (7200, "快 2.0 小时", "2.0 hours ahead")],
)
def test_a_wrong_clock_is_told_in_a_unit_a_person_reads(offset_s: float, zh: str, en: str) -> None:
    (remark,) = remarks(replace(GOOD, time=CameraTime(offset_s, 0.5, False)), 5)
    assert zh in remark.zh and en in remark.en


def test_every_kind_of_fault_has_its_cure() -> None:
    assert {kind.value for kind in (*CameraFaultKind, *OnvifFaultKind)} == set(CURES)
