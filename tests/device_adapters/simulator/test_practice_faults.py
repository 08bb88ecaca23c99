"""Each fault a practice camera can be told to have is seen by a real receiver, and ends when it should."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from config.clock import SystemClock
from device_adapters.simulator.practice import CameraHandle, PracticeCameras
from device_adapters.simulator.room import HEIGHT, WIDTH
from device_adapters.simulator.script import (
    Black,
    CameraSpec,
    ClockOffset,
    Drop,
    DropEvery,
    Freeze,
    Normal,
    People,
    Stall,
    Step,
)
from tests.device_adapters.simulator.test_practice_players import camera_time
from tests.support.fixtures_models import yunet_path

OPTIONS = {"rtsp_transport": "tcp", "probesize": "32"}  # opens at once


@pytest.fixture
def camera() -> Iterator[CameraHandle]:
    with PracticeCameras([CameraSpec(path="/room", people=6)]) as cameras:
        yield cameras[0]


def pictures(container: av.container.InputContainer, for_s: float = 20) -> Iterator[NDArray[np.uint8]]:
    """Decoded pictures, grey, for at most so long."""
    end = time.monotonic() + for_s
    for frame in container.decode(video=0):
        if time.monotonic() > end:
            return
        yield frame.to_ndarray(format="gray")


def test_people_leave_and_the_detector_sees_it(camera: CameraHandle) -> None:
    detector = cv2.FaceDetectorYN.create(str(yunet_path()), "", (WIDTH, HEIGHT), 0.6, 0.3, 5000)
    counts: list[int] = []
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        for frame in container.decode(video=0):
            faces = detector.detect(frame.to_ndarray(format="bgr24"))[1]
            counts.append(0 if faces is None else len(faces))
            if len(counts) == 2:
                camera.apply(People(count=2))
            if len(counts) == 4:
                break
    assert counts[:2] == [6, 6]
    assert counts[-1] == 2


def test_a_frozen_picture_does_not_change_until_it_is_normal(camera: CameraHandle) -> None:
    def clock_changes(stream: Iterator[NDArray[np.uint8]]) -> bool:
        """Whether the burnt-in clock is another one 1.5 s later; pictures under way at first are left out."""
        clocks = [picture[20:48, 24:340].astype(int) for _, picture in zip(range(20), stream, strict=False)]
        return bool(np.abs(clocks[-1] - clocks[4]).max() > 100)

    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        stream = pictures(container)
        assert clock_changes(stream)
        camera.apply(Freeze())
        assert not clock_changes(stream)
        camera.apply(Normal())
        assert clock_changes(stream)


def test_a_covered_lens_is_black_until_it_is_normal(camera: CameraHandle) -> None:
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        stream = pictures(container)
        assert next(stream).mean() > 60
        camera.apply(Black())
        assert any(picture.mean() < 30 for _, picture in zip(range(20), stream, strict=False))
        camera.apply(Normal())
        assert any(picture.mean() > 60 for _, picture in zip(range(20), stream, strict=False))


def test_a_cut_line_ends_the_stream_and_refuses_new_ones_for_a_while(camera: CameraHandle) -> None:
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        stream = container.demux(video=0)
        next(stream)
        camera.apply(Drop(for_s=2))
        cut = time.monotonic()
        try:
            for _ in stream:
                assert time.monotonic() - cut < 2
        except av.FFmpegError:
            pass
    with pytest.raises(av.FFmpegError):
        av.open(camera.url, options=OPTIONS, timeout=10)
    time.sleep(max(0, cut + 2.1 - time.monotonic()))
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        assert next(container.demux(video=0)).size


def test_a_line_cut_again_and_again_comes_back_each_time(camera: CameraHandle) -> None:
    camera.apply(DropEvery(period_s=1.5, down_s=0.4))
    ends = 0
    deadline = time.monotonic() + 20
    while ends < 2 and time.monotonic() < deadline:
        try:
            with av.open(camera.url, options={**OPTIONS, "probesize": "32"}, timeout=10) as container:
                for _ in container.demux(video=0):
                    assert time.monotonic() < deadline
            ends += 1
        except av.FFmpegError:
            time.sleep(0.1)
    assert ends == 2
    camera.apply(Normal())
    time.sleep(0.5)
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        started = time.monotonic()
        assert any(time.monotonic() - started > 2.5 for _ in container.demux(video=0))


def test_a_hanging_camera_sends_nothing_and_answers_nobody(camera: CameraHandle) -> None:
    with av.open(camera.url, options=OPTIONS, timeout=(5, 1)) as container:
        stream = container.demux(video=0)
        next(stream)
        camera.apply(Stall())
        stalled = time.monotonic()
        with pytest.raises(av.FFmpegError):
            for _ in stream:
                pass
        assert 0.9 < time.monotonic() - stalled < 4
    with pytest.raises(av.FFmpegError):
        av.open(camera.url, options=OPTIONS, timeout=1)
    camera.apply(Normal())
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        assert next(container.demux(video=0)).size


def test_receivers_that_give_up_on_a_hanging_camera_leave_nothing_behind(camera: CameraHandle) -> None:
    camera.apply(Stall())
    for _ in range(3):
        with pytest.raises(av.FFmpegError):
            av.open(camera.url, options=OPTIONS, timeout=0.5)
    deadline = time.monotonic() + 10
    while camera.camera.connections and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not camera.camera.connections


def test_a_short_hang_is_a_step_in_the_media_time(camera: CameraHandle) -> None:
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        stamps: list[int] = []
        for packet in container.demux(video=0):
            if packet.pts is not None:
                stamps.append(packet.pts)
            if len(stamps) == 10:
                camera.apply(Stall())
                time.sleep(1.5)
                camera.apply(Normal())
            if len(stamps) == 20:
                break
    steps = [later - earlier for earlier, later in itertools.pairwise(stamps)]
    assert 1.3 < max(steps) / 90_000 < 1.8
    assert all(step in (9000, 18_000) for step in sorted(steps)[:-1])  # a busy machine leaves a picture out


def test_a_wrong_camera_clock_shows_in_the_sender_reports(camera: CameraHandle) -> None:
    camera.apply(ClockOffset(offset_s=-120))
    with av.open(camera.url, options=OPTIONS, timeout=10) as container:
        for packet in container.demux(video=0):
            if at := camera_time(packet):
                assert abs((SystemClock().now() - at).total_seconds() - 120) < 1
                return
    pytest.fail("no sender report came")


def test_a_script_runs_by_itself_from_the_time_it_names() -> None:
    started = SystemClock().now()
    script = (Step(at_s=0.5, action=Black()),)
    late = CameraSpec(path="/late", script=script, script_starts=started.replace(year=started.year + 1))
    with PracticeCameras([CameraSpec(path="/now", script=script), late]) as cameras:
        time.sleep(0.8)
        for camera, dark in zip(cameras, (True, False), strict=True):
            with av.open(camera.url, options=OPTIONS, timeout=10) as container:
                assert (next(pictures(container)).mean() < 30) == dark
