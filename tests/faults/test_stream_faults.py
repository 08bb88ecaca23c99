"""What a stream itself may do: change its size, run its time backwards, lose packets on the way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from supervisor.contract.state import CameraStatus
from tests.faults.account import adds_up
from tests.faults.site import SEEN, SMALL, FaultSite
from tests.support.gst_camera import GstCamera
from tests.support.pictures import encoded
from tests.support.rtp_drop_proxy import RtpDropProxy, RtpPacket
from tests.support.scripted_camera import ScriptedCamera, Sent

pytestmark = [pytest.mark.faults, pytest.mark.ffmpeg]
FPS, TICK = 10, 9000
CHANGE_S = 3


@pytest.fixture
def site(tmp_path: Path) -> Iterator[FaultSite]:
    made = FaultSite(tmp_path / "box")
    yield made
    made.close()


def pictures(*, late_size: tuple[int, int] = (320, 180), jump_s: float = 0) -> Callable[[], Iterator[Sent]]:
    """Ten pictures a second, a key frame every half second; after CHANGE_S another size, and stamps that jump."""
    early = encoded(5, fps=FPS, gop=5)
    late = encoded(5, fps=FPS, gop=5, width=late_size[0], height=late_size[1])

    def units() -> Iterator[Sent]:
        for number in itertools.count():
            at_s = number / FPS
            changed = at_s >= CHANGE_S
            data = (late if changed else early)[number % len(early)].data
            yield Sent(data, at_s, 1_000_000 + number * TICK + (round(jump_s * 90_000) if changed else 0))

    return units


def test_the_picture_size_changes_inside_a_connection(site: FaultSite) -> None:
    with ScriptedCamera(pictures(late_size=(640, 360))) as camera:
        site.wants(camera.url)
        site.records_again(2)
        time.sleep(2)
        site.judge("size changed in mid-stream", ["stream_changed"])
    assert [(run.width, run.height) for run in site.rows("run")] == [(320, 180), (640, 360)]
    assert camera.plays == 1, "no new connection was needed"


class DiesInAPicture:
    """`change` of a ScriptedCamera: once, after CHANGE_S, the connection ends after the first packet of a picture."""

    def __init__(self) -> None:
        self._pictures = self._sent = 0
        self.died = False

    def __call__(self, what: str, data: bytes) -> bytes:
        if what == "unit":
            self._pictures, self._sent = self._pictures + 1, 0
        if what == "frame":
            self._sent += 1
            if self._pictures > CHANGE_S * FPS + 2 and self._sent == 2 and not self.died:
                self.died = True
                raise ConnectionError
        return data


def test_the_camera_dies_in_the_middle_of_a_picture(site: FaultSite) -> None:
    """FFmpeg gives out what came of that picture as if it were all of it; a strict decoder would stop there."""
    dies = DiesInAPicture()
    with ScriptedCamera(pictures(), change=dies) as camera:
        site.wants(camera.url)
        site.records_again(2)
        time.sleep(1.5)
        site.judge("camera dies in mid-picture", ["line_lost"])
    assert dies.died


@pytest.mark.parametrize("jump_s", [-2, -1000, 100])
def test_the_stamps_jump(site: FaultSite, jump_s: float) -> None:
    """No picture is missing: one run ends, the next begins at a key frame, and almost nothing is lost."""
    with ScriptedCamera(pictures(jump_s=jump_s)) as camera:
        site.wants(camera.url)
        site.records_again(2)
        time.sleep(2)
        account = site.judge(f"stamps jump by {jump_s:+g} s", ["frames_lost"])
    assert account.gaps[0][1] <= 1.0


@pytest.mark.gstreamer
def test_another_receiver_makes_the_camera_begin_its_time_again(site: FaultSite, tmp_path: Path) -> None:
    """GStreamer's shared stream does this to all its receivers when one more comes, so do some cameras."""
    other = FaultSite(tmp_path / "other")
    try:
        with GstCamera(*SMALL) as camera:
            site.wants(camera.url)
            site.until(CameraStatus.RECORDING)
            time.sleep(2)
            other.wants(camera.url)
            site.records_again(2)
            time.sleep(2)
            site.judge("time begins again", ["frames_lost"])
    finally:
        other.close()


@pytest.mark.gstreamer
def test_a_second_of_pictures_is_lost_on_the_way(site: FaultSite) -> None:
    def loses(packet: RtpPacket) -> bool:
        first.setdefault("stamp", packet.timestamp)
        return 3.0 <= ((packet.timestamp - first["stamp"]) & 0xFFFFFFFF) / 90_000 < 4.0

    first: dict[str, int] = {}
    with GstCamera(*SMALL) as camera, RtpDropProxy(camera.port, loses) as line:
        site.wants(camera.url.replace(f":{camera.port}/", f":{line.port}/"))
        site.records_again(2)
        time.sleep(1.5)
        account = site.judge(f"1 s of pictures lost ({line.lost_packets} RTP packets)", ["frames_lost"])
    assert line.lost_packets > 0
    assert 0.95 <= account.gaps[0][1] <= 1.6, "the second, and on to the next key frame"


@pytest.mark.gstreamer
def test_single_packets_lost_on_the_way_are_counted_and_end_no_run(site: FaultSite) -> None:
    """Less than half a second of pictures is no gap (docs/faults.md); what the camera says it sent shows the damage,
    never larger than it is. What was recorded is not decoded here."""
    with (
        GstCamera(*SMALL, "--report-s", "1") as camera,
        RtpDropProxy(camera.port, lambda packet: packet.number > 60 and packet.number % 40 == 0) as line,
    ):
        site.wants(camera.url.replace(f":{camera.port}/", f":{line.port}/"))
        site.until(CameraStatus.RECORDING)
        site.wait(lambda: (site.rows("run")[0].octets_lost or 0) >= 1000, 90, "a loss that is told")
        account = site.end()
    (told,) = account.octets_lost
    SEEN.append(account.line(f"{line.lost_packets} single RTP packets lost, {told} of {line.lost} octets told"))
    assert told is not None and 1000 <= told <= line.lost
    adds_up(account, [])


@pytest.mark.gstreamer
def test_on_a_sound_line_nothing_is_said_to_be_lost(site: FaultSite) -> None:
    with GstCamera(*SMALL, "--report-s", "1") as camera:
        site.wants(camera.url)
        site.until(CameraStatus.RECORDING)
        site.wait(lambda: site.rows("run")[0].octets_lost is not None, 40, "a camera that tells enough")
        time.sleep(5)
        account = site.judge("nothing lost", [])
    assert account.octets_lost == (0,)
