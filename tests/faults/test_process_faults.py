"""What happens to the box's own processes: killed, stopped, again and again, at moments drawn from a seed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import pytest

from supervisor.contract.state import CameraStatus
from tests.faults.agent_box import AgentBox
from tests.faults.site import SMALL, FaultSite
from tests.support.gst_camera import GstCamera

BOXES, KILLS = 4, 5  # at a time, and of each
STANDBY_S = 8.0  # the next recorder is started at most 5 s after this one works, and then has to load
SEED = 20261123
LIMIT_S = 800
Box = TypeVar("Box", FaultSite, AgentBox)

pytestmark = [pytest.mark.timeout(LIMIT_S + 60), pytest.mark.faults, pytest.mark.gstreamer, pytest.mark.ffmpeg]


@pytest.fixture(scope="module")
def cameras() -> Iterator[list[GstCamera]]:
    """One a box: GStreamer's shared streams begin their time again when one more receiver comes."""
    with ExitStack() as running:
        yield [running.enter_context(GstCamera(*SMALL)) for _ in range(BOXES)]


def test_the_recorder_is_killed_twenty_times(tmp_path: Path, cameras: list[GstCamera]) -> None:
    def one(site: FaultSite, camera: GstCamera, moments: random.Random) -> None:
        site.wants(camera.url)
        site.until(CameraStatus.RECORDING)
        for kill in range(1, KILLS + 1):
            time.sleep(moments.uniform(0.5, 2.5))
            assert site.recorder.pid is not None
            os.kill(site.recorder.pid, signal.SIGKILL)
            site.wait(lambda kills=kill: site.recorder.restarts == kills, 5, "the restart")  # type: ignore[misc]
            site.records_again(kill + 1)
        time.sleep(1)
        site.judge(f"kill -9 of the recorder x{KILLS}", ["box_restart"] * KILLS)

    together([FaultSite(tmp_path / f"box{number}") for number in range(BOXES)], cameras, one)


def test_the_recorder_is_killed_while_another_stands_by(tmp_path: Path, cameras: list[GstCamera]) -> None:
    """One crash after a quiet while, five times: what is printed is what it costs a camera, here and now."""
    site = FaultSite(tmp_path / "box")
    try:
        site.wants(cameras[0].url)
        for kill in range(1, KILLS + 1):
            site.records_again(kill)
            time.sleep(STANDBY_S)
            assert site.recorder.pid is not None
            os.kill(site.recorder.pid, signal.SIGKILL)
        site.records_again(KILLS + 1)
        time.sleep(1)
        site.judge(f"kill -9 of the recorder, one standing by (load {os.getloadavg()[0]:.1f})", ["box_restart"] * KILLS)
    finally:
        site.close()


def test_the_agent_is_killed_twenty_times(tmp_path: Path, cameras: list[GstCamera]) -> None:
    def one(box: AgentBox, _camera: GstCamera, moments: random.Random) -> None:
        box.start()
        box.records(1)
        for kill in range(1, KILLS + 1):
            time.sleep(moments.uniform(0.5, 2.5))
            box.kill()
            box.start()
            box.records(kill + 1)
        time.sleep(1)
        box.judge(f"kill -9 of the agent x{KILLS}", ["box_restart"] * KILLS)

    together([AgentBox(tmp_path / f"box{number}", cameras[number].url) for number in range(BOXES)], cameras, one)


def test_the_recorder_is_stopped(tmp_path: Path, cameras: list[GstCamera]) -> None:
    """SIGSTOP: it neither works nor ends, and only its silence tells."""
    site = FaultSite(tmp_path / "box")
    try:
        site.wants(cameras[0].url)
        site.until(CameraStatus.RECORDING)
        time.sleep(2)
        assert site.recorder.pid is not None
        os.kill(site.recorder.pid, signal.SIGSTOP)
        site.wait(lambda: site.recorder.restarts == 1, 6, "the watchdog")
        site.records_again(2)
        time.sleep(1)
        site.judge("SIGSTOP of the recorder", ["box_restart"])
    finally:
        site.close()


def together(
    boxes: Sequence[Box], cameras: Sequence[GstCamera], one: Callable[[Box, GstCamera, random.Random], None]
) -> None:
    """Each box on its own thread with its own seed; the seed is told when one fails."""

    def seeded(number: int) -> None:
        try:
            one(boxes[number], cameras[number], random.Random(SEED + number))
        except BaseException as error:
            error.add_note(f"box {number}, seed {SEED + number}")
            raise
        finally:
            boxes[number].close()

    with ThreadPoolExecutor(len(boxes)) as threads:
        for result in [threads.submit(seeded, number) for number in range(len(boxes))]:
            result.result(LIMIT_S)
