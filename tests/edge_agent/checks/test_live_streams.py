"""What doctor says of each camera's stream for live view."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from config.clock import SystemClock
from config.settings import CameraSettings, EdgeSettings
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from edge_agent.checks.cameras import cameras
from edge_agent.checks.finding import Finding, Level
from tests.support.gst_camera import GstCamera


@pytest.fixture(scope="module")
def practice() -> Iterator[str]:
    """H.264."""
    with PracticeCameras([CameraSpec(path="/room", people=1)]) as running:
        yield running[0].url


def found(url: str, live_url: str | None) -> list[Finding]:
    live = None if live_url is None else SecretStr(live_url)
    settings = EdgeSettings(cameras=[CameraSettings(code="room", url=SecretStr(url), live_url=live)])
    return list(cameras(settings, None, SystemClock()))


def test_a_camera_without_a_sub_stream_is_told_what_that_costs(practice: str) -> None:
    main, live = found(practice, None)
    assert (main.code, live.code, live.level) == ("CAMERA_OK", "NO_LIVE_STREAM", Level.WARNING)
    assert "没有 H.264 子码流" in live.zh and "bandwidth" in live.en and live.todo_zh and live.todo_en


def test_a_live_stream_that_is_there_is_good(practice: str) -> None:
    assert [(one.code, one.level) for one in found(practice, practice)] == [
        ("CAMERA_OK", Level.OK),
        ("LIVE_OK", Level.OK),
    ]


@pytest.mark.parametrize(
    ("live_url", "code"),
    [("rtsp://8.8.8.8/x", "LIVE_FORBIDDEN"), ("rtsp://127.0.0.1:9/x", "LIVE_UNREACHABLE")],
)
def test_a_live_stream_that_cannot_be_had_is_a_warning_because_recording_goes_on(
    practice: str, live_url: str, code: str
) -> None:
    main, live = found(practice, live_url)
    assert (main.level, live.code, live.level) == (Level.OK, code, Level.WARNING)


def test_a_camera_that_cannot_be_reached_is_one_finding() -> None:
    (main,) = found("rtsp://127.0.0.1:9/x", "rtsp://127.0.0.1:9/y")
    assert main.code == "CAMERA_UNREACHABLE"


@pytest.mark.gstreamer
def test_an_h265_stream_is_nothing_most_browsers_can_show() -> None:
    with GstCamera("--codec", "h265") as camera:
        _, live = found(camera.url, None)
        assert live.code == "NO_LIVE_STREAM" and "H.265" in live.zh
        _, live = found(camera.url, camera.url)
        assert (live.code, live.level) == ("LIVE_NOT_H264", Level.WARNING)
