"""Recording, CPU seconds per camera-minute: the recorder against `ffmpeg -c copy`, at the same time, on the same
camera.

    python tests/bench/bench_record.py [SECONDS]

The camera is GStreamer's server looping 1080p25 H.264 at about 4 Mbit/s (made here by ffmpeg, two-second groups).
Both are measured from their own process times after a warm-up, so that loading Python and FFmpeg is not counted.
Read the ratio: the seconds are this machine's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture.messages import CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.paths import BoxPaths
from storage.database.engine import open_engine
from storage.database.migrate import upgrade
from supervisor.contract.state import CameraStatus
from tests.support.gst_camera import GstCamera

SECONDS = 60.0
WARM_UP_S = 5.0


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


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def measure(seconds: float = SECONDS) -> dict[str, float]:
    """CPU seconds per camera-minute: `recorder`, `ffmpeg`; `mbit_s`: what the recorder wrote."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = BoxPaths(folder / "box")
        upgrade(open_engine(paths.database_url), "box")
        settings = EdgeSettings(data_dir=folder / "box", min_free_bytes=0)
        with GstCamera("--file", str(loop_1080p(folder))) as camera:
            recorder = RecorderProcess(RecorderConfig.of(settings), SystemClock())
            recorder.start()
            recorder.set_desired([CameraWish(camera_id="bench", url=SecretStr(camera.url), until_ms=0)])
            command = [
                "ffmpeg",
                "-v",
                "error",
                "-rtsp_transport",
                "tcp",
                "-i",
                camera.url,
                "-c",
                "copy",
                "-f",
                "segment",
            ]
            options = [
                "-segment_time",
                "60",
                "-segment_format",
                "mp4",
                "-segment_format_options",
                "movflags=frag_keyframe",
            ]
            ffmpeg = subprocess.Popen([*command, *options, str(folder / "ffmpeg-%03d.mp4")], stdin=subprocess.DEVNULL)
            try:
                end = time.monotonic() + 30
                while not any(one.status is CameraStatus.RECORDING for one in recorder.status().values()):
                    assert time.monotonic() < end, "the recorder does not record"
                    time.sleep(0.1)
                time.sleep(WARM_UP_S)
                both = {"recorder": psutil.Process(recorder.pid), "ffmpeg": psutil.Process(ffmpeg.pid)}
                before = {who: cpu_s(process) for who, process in both.items()}
                written, began = recorder.status()["bench"].bytes, time.monotonic()
                time.sleep(seconds)
                took = time.monotonic() - began
                found = {who: (cpu_s(process) - before[who]) * 60 / took for who, process in both.items()}
                return found | {"mbit_s": (recorder.status()["bench"].bytes - written) * 8 / took / 1e6}
            finally:
                ffmpeg.kill()
                ffmpeg.wait()
                recorder.stop()


@pytest.mark.bench
@pytest.mark.gstreamer
@pytest.mark.ffmpeg
def test_recording_against_ffmpeg_copy() -> None:
    report()


def report(seconds: float = SECONDS) -> None:
    found = measure(seconds)
    print(
        f"\nrecorder {found['recorder']:.2f}, ffmpeg -c copy {found['ffmpeg']:.2f} CPU s per camera-minute "
        f"at {found['mbit_s']:.1f} Mbit/s; ratio {found['recorder'] / found['ffmpeg']:.2f}"
    )


if __name__ == "__main__":
    report(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)
