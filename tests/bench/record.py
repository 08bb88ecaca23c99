"""What recording costs, in CPU seconds per camera-minute: the recorder against `ffmpeg -c copy`, at the same time, on
the same camera; then the same with every key frame decoded for vision; then the memory of further cameras; then more
and more cameras, until a picture is missing.

    python tests/bench/record.py [SECONDS] [ROUNDS]

The camera is GStreamer's server looping 1080p25 H.264 at about 4 Mbit/s (made here by ffmpeg, two-second groups). CPU
is the kernel's own count in nanoseconds (`/proc/PID/task/*/schedstat`), after a warm-up, so that loading Python and
FFmpeg is not counted. Read the ratios: the seconds are this machine's. The cameras of the last part run on the same
cores as the recorder (one server to 16 connections) and take their share of them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture import keyframes
from edge_agent.capture.messages import CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.tables import Run, Segment
from supervisor.contract.state import CameraStatus
from tests.faults.account import missing_pictures
from tests.support.gst_camera import GstCamera

SECONDS, ROUNDS = 60.0, 3  # a whole minute, so that each round closes one file
FURTHER = 4
WARM_UP_S = 8.0
STEPS = (8, 16, 24, 32, 48, 64, 96)  # cameras at a time
STEP_S = 15.0
TO_A_SERVER = 16
SEGMENT = ["-c", "copy", "-f", "segment", "-segment_time", "60", "-segment_format", "mp4"]


@dataclass(frozen=True)
class Found:
    """CPU s per camera-minute; MB."""

    recorder: float
    ffmpeg: float
    vision: float
    resident: float
    further: float


def loop_1080p(folder: Path) -> Path:
    """Ten seconds of 1080p25 H.264, one slice a picture, no B-frames."""
    path = folder / "loop.h264"
    command = [
        "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25:duration=10",
        "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "50",
        "-bf", "0", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "4M", "-x264-params", "scenecut=0:sliced-threads=0",
        "-f", "h264", str(path),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300)
    return path


def cpu_s(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def looking(recordings: Path, over: threading.Event, spent: list[float]) -> None:
    """Decode every key frame, as vision does; `spent` is this thread's CPU time."""
    at_ms = 0
    while not over.wait(0.25):
        picture = keyframes.newest(recordings, "bench-0", at_ms)
        at_ms = picture.at_ms if picture is not None else at_ms
        spent[0] = time.thread_time()


def until_recording(recorder: RecorderProcess, count: int) -> None:
    end = time.monotonic() + 60
    while sum(one.status is CameraStatus.RECORDING for one in recorder.status().values()) < count:
        assert time.monotonic() < end, f"not recording: {recorder.status()}"
        time.sleep(0.1)


def measure(seconds: float, rounds: int, say: Callable[[str], None]) -> Found:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = BoxPaths(folder / "box")
        upgrade(open_engine(paths.database_url), "box")
        recorder = RecorderProcess(
            RecorderConfig.of(EdgeSettings(data_dir=folder / "box", min_free_bytes=0)), SystemClock()
        )
        over, spent = threading.Event(), [0.0]
        with GstCamera("--file", str(loop_1080p(folder))) as camera:
            copy = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", camera.url, *SEGMENT]
            ffmpeg = subprocess.Popen(
                [*copy, "-segment_format_options", "movflags=frag_keyframe", str(folder / "ffmpeg-%03d.mp4")],
                stdin=subprocess.DEVNULL,
            )
            recorder.start()
            try:
                wishes = [
                    CameraWish(camera_id=f"bench-{number}", url=SecretStr(camera.url), until_ms=0)
                    for number in range(1 + FURTHER)
                ]
                recorder.set_desired(wishes[:1])
                until_recording(recorder, 1)
                assert recorder.pid is not None
                threading.Thread(target=looking, args=(paths.recordings, over, spent), daemon=True).start()
                time.sleep(WARM_UP_S)
                found: list[tuple[float, float, float]] = []
                for number in range(rounds):
                    before, began = (cpu_s(recorder.pid), cpu_s(ffmpeg.pid), spent[0]), time.monotonic()
                    time.sleep(seconds)
                    after, took = (cpu_s(recorder.pid), cpu_s(ffmpeg.pid), spent[0]), time.monotonic() - began
                    a, b, c = ((late - early) * 60 / took for early, late in zip(before, after, strict=True))
                    found.append((a, b, c))
                    say(
                        f"round {number + 1}: recorder {a:.3f}, ffmpeg {b:.3f}, vision {c:.3f}; ratio {a / b:.2f}, "
                        f"with key frames {(a + c) / b:.2f} (load {os.getloadavg()[0]:.1f})"
                    )
                process = psutil.Process(recorder.pid)
                one = process.memory_info().rss
                recorder.set_desired(wishes)
                until_recording(recorder, 1 + FURTHER)
                time.sleep(WARM_UP_S)
                more = (process.memory_info().rss - one) / FURTHER
                a, b, c = (statistics.median(values) for values in zip(*found, strict=True))
                return Found(a, b, c, one / 1e6, more / 1e6)
            finally:
                over.set()
                ffmpeg.kill()
                ffmpeg.wait()
                recorder.stop()


def held(say: Callable[[str], None]) -> int:
    """The most cameras of STEPS recorded at once for STEP_S without one picture missing."""
    most = 0
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        paths = BoxPaths(folder / "box")
        work = UnitOfWork(open_engine(paths.database_url))
        upgrade(work.engine, "box")
        recorder = RecorderProcess(
            RecorderConfig.of(EdgeSettings(data_dir=folder / "box", min_free_bytes=0)), SystemClock()
        )
        loop, wishes = loop_1080p(folder), list[CameraWish]()
        recorder.start()
        try:
            for count in STEPS:
                while len(wishes) < count:
                    if len(wishes) % TO_A_SERVER == 0:
                        camera = servers.enter_context(GstCamera("--file", str(loop)))
                    url = SecretStr(camera.url)
                    wishes.append(CameraWish(camera_id=f"bench-{len(wishes)}", url=url, until_ms=0))
                recorder.set_desired(wishes)
                until_recording(recorder, count)
                time.sleep(STEP_S)
                lost = lost_pictures(paths, work)
                say(f"{count} cameras: {lost} pictures missing (load {os.getloadavg()[0]:.1f})")
                if lost or recorder.restarts:
                    break
                most = count
        finally:
            recorder.stop()
    return most


def lost_pictures(paths: BoxPaths, work: UnitOfWork) -> int:
    """Inside runs and, one for each, between them."""
    with work.read() as session:
        runs = list(session.scalars(select(Run)))
        segments = list(session.scalars(select(Segment).order_by(Segment.id)))
    lost = len(runs) - len({run.camera_id for run in runs})
    return lost + sum(
        missing_pictures(paths.recordings, [one for one in segments if one.run_id == run.id]) for run in runs
    )


def report(seconds: float = SECONDS, rounds: int = ROUNDS) -> Found:
    found = measure(seconds, rounds, print)
    most = held(print)
    print(
        f"median of {rounds}: recorder {found.recorder:.3f}, ffmpeg -c copy {found.ffmpeg:.3f} CPU s a camera-minute: "
        f"{found.recorder / found.ffmpeg:.2f} times; with every key frame decoded "
        f"{(found.recorder + found.vision) / found.ffmpeg:.2f} times\n"
        f"resident: {found.resident:.0f} MB with one camera, {found.further:.1f} MB for each further one\n"
        f"two cores at 70 %: {84 / found.recorder:.0f} cameras recording, {84 / (found.recorder + found.vision):.0f} "
        "with key frames decoded: arithmetic, not a run of that many\n"
        f"{most} cameras at once without a picture missing, camera servers on the same cores"
    )
    return found


@pytest.mark.bench
@pytest.mark.gstreamer
@pytest.mark.ffmpeg
def test_recording_against_ffmpeg_copy() -> None:
    found = report()
    assert found.recorder > 0 and found.ffmpeg > 0


if __name__ == "__main__":
    numbers = [float(word) for word in sys.argv[1:]]
    report(numbers[0] if numbers else SECONDS, int(numbers[1]) if len(numbers) > 1 else ROUNDS)
