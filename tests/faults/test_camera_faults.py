"""What cameras and lines do: a real RTSP server, a switch in front of it that fails on command, the real recorder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from supervisor.contract.state import CameraStatus
from tests.faults.site import SMALL, FaultSite
from tests.support.gst_camera import GstCamera
from tests.support.rtp_drop_proxy import RtpDropProxy

pytestmark = [pytest.mark.faults, pytest.mark.gstreamer, pytest.mark.ffmpeg]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FaultSite]:
    made = FaultSite(tmp_path / "box")
    yield made
    made.close()


@pytest.fixture
def camera() -> Iterator[GstCamera]:
    with GstCamera(*SMALL) as running:
        yield running


@pytest.fixture
def switch(camera: GstCamera) -> Iterator[RtpDropProxy]:
    with RtpDropProxy(camera.port) as running:
        yield running


def through(switch: RtpDropProxy, camera: GstCamera) -> str:
    return camera.url.replace(f":{camera.port}/", f":{switch.port}/")


def recording(site: FaultSite, url: str, for_s: float = 3) -> None:
    site.wants(url)
    site.until(CameraStatus.RECORDING)
    time.sleep(for_s)


def test_the_line_is_cut(site: FaultSite, camera: GstCamera, switch: RtpDropProxy) -> None:
    recording(site, through(switch, camera))
    switch.cut()
    time.sleep(2.5)
    switch.mend()
    site.records_again(2)
    time.sleep(1.5)
    site.judge("line cut", ["line_lost"])


def test_the_cable_is_pulled(site: FaultSite, camera: GstCamera, switch: RtpDropProxy) -> None:
    """No end of the connection is told: only silence says it."""
    recording(site, through(switch, camera))
    switch.hold()
    asked = time.monotonic()
    site.until(CameraStatus.STALLED, 5)
    assert time.monotonic() - asked <= 5
    time.sleep(2)
    switch.mend()
    site.records_again(2)
    time.sleep(1.5)
    site.judge("cable pulled", ["camera_stalled"])


def test_the_camera_stalls(site: FaultSite, camera: GstCamera) -> None:
    recording(site, camera.url)
    camera.freeze()
    site.until(CameraStatus.STALLED, 5)
    time.sleep(2)
    camera.thaw()
    site.records_again(2)
    time.sleep(1.5)
    site.judge("camera stall", ["camera_stalled"])


def test_the_camera_reboots(site: FaultSite, camera: GstCamera) -> None:
    recording(site, camera.url)
    camera.kill()
    time.sleep(3)
    camera.start()
    back = time.time() * 1000
    site.records_again(2)
    assert site.rows("run")[1].start_ms - back <= 3000
    time.sleep(1.5)
    site.judge("camera reboot", ["line_lost"])


def test_the_encoder_hangs_for_a_moment(site: FaultSite, camera: GstCamera) -> None:
    recording(site, camera.url)
    camera.drop(1.2)
    site.records_again(2)
    time.sleep(1.5)
    site.judge("encoder hangs 1.2 s", ["frames_lost"])


class WithNewPassword(GstCamera):
    password = "neu-0815"


def back_as(new: GstCamera, old: GstCamera) -> GstCamera:
    """The same camera to the box: another one in its place."""
    new.port = old.port
    return new


def test_the_password_is_changed(site: FaultSite, camera: GstCamera) -> None:
    """The line was lost, but it is the password that somebody must put right; then it records again at once."""
    recording(site, camera.url)
    camera.kill()
    site.until(CameraStatus.UNREACHABLE)
    with back_as(WithNewPassword(*SMALL), camera) as changed:
        site.until(CameraStatus.UNAUTHORIZED)
        time.sleep(2)
        site.wants(changed.url)
        site.records_again(2)
        time.sleep(1.5)
        site.judge("password changed", ["line_lost", "camera_refused"])


def test_the_camera_comes_back_with_another_picture_size(site: FaultSite, camera: GstCamera) -> None:
    recording(site, camera.url)
    camera.kill()
    with back_as(GstCamera(*SMALL, "--size", "640x360"), camera):
        site.records_again(2)
        time.sleep(1.5)
        site.judge("reboot with another size", ["line_lost"])
    assert [(run.width, run.height) for run in site.rows("run")] == [(320, 180), (640, 360)]
