"""What verifying costs: `python -m supervisor.verifier` on a bundle with a ten-minute 1080p clip, against `sha256sum`
of the same clip and one decode pass of it by ffmpeg, in turns, in the same run.

    python tests/bench/verify.py [ROUNDS]

The lesson hour went through the real parts (45 minutes, 10.5 recorded at 4 Mbit/s). Read the ratio: the seconds are
this machine's.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import av
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.clock import ManualClock, SystemClock
from device_adapters.interfaces import StreamInfo, VideoPacket
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.writer import ConnectionWriter
from supervisor.contract.target import TargetCamera
from supervisor.rules.evidence import GapReason
from tests.bench.record import loop_1080p
from tests.support.box import Box
from tests.support.witnessed import witnessed_lesson

ROUNDS = 3
SECONDS = 640
FPS = 25


@dataclass(frozen=True)
class Found:
    """Seconds, the median of the rounds; bytes of the clip."""

    verify: float
    sha256sum: float
    decode: float
    clip_bytes: int

    @property
    def ratio(self) -> float:
        return self.verify / (self.sha256sum + self.decode)


def film_1080p(box: Box, start: datetime, seconds: int, camera: TargetCamera) -> None:
    """The same ten seconds over and over, as a camera would send them."""
    with tempfile.TemporaryDirectory() as folder, av.open(str(loop_1080p(Path(folder)))) as container:
        stream = container.streams.video[0]
        pictures = [(bytes(packet), packet.is_keyframe) for packet in container.demux(stream) if packet.size]
        info = StreamInfo("h264", stream.width, stream.height, stream.codec_context.extradata or b"", (1, 90_000))
    moving, camera_id = ManualClock(start), str(camera.camera_id)
    ledger = Ledger(box.work, box.paths.recordings, "boot-1", SystemClock())
    ledger.start()
    writer = ConnectionWriter(camera_id, info, box.paths.recordings / camera_id, ledger, moving, 60)
    for number in range(seconds * FPS):
        data, key = pictures[number % len(pictures)]
        at = number * 90_000 // FPS
        writer.feed(VideoPacket(data, at, at, key, moving.monotonic(), None))
        moving.sleep(1 / FPS)
    writer.end(GapReason.NOT_RECORDED, wanted=False)
    assert ledger.stop(limit_s=60)


def timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600, cwd=Path(__file__).parents[2])
    return time.perf_counter() - began


def measure(rounds: int = ROUNDS, seconds: int = SECONDS) -> Found:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lesson = witnessed_lesson(
            folder / "lesson", seconds=seconds, filming=film_1080p, profile="140521-2024.1", plan_minutes=95
        )
        policy, clip = folder / "policy.json", folder / "clip.mp4"
        policy.write_text(lesson.policy.model_dump_json())
        with zipfile.ZipFile(lesson.bundle) as archive:
            (inside,) = [name for name in archive.namelist() if name.startswith("clips/")]
            clip.write_bytes(archive.read(inside))
        commands = [
            [sys.executable, "-m", "supervisor.verifier", str(lesson.bundle), "--policy", str(policy)],
            ["sha256sum", str(clip)],
            ["ffmpeg", "-v", "error", "-xerror", "-i", str(clip), "-f", "null", "-"],
        ]
        times = [[timed(command) for command in commands] for _ in range(rounds)]
        verify, sha256sum, decode = (statistics.median(column) for column in zip(*times, strict=True))
        return Found(verify, sha256sum, decode, clip.stat().st_size)


@pytest.mark.bench
@pytest.mark.ffmpeg
@pytest.mark.timeout(1800)
def test_print_what_verifying_costs() -> None:
    found = measure()
    print(f"\n{lines(found)}")
    assert found.verify > 0


def lines(found: Found) -> str:
    return (
        f"clip of {found.clip_bytes / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}\n"
        f"verify {found.verify:.2f} s; sha256sum {found.sha256sum:.2f} s + decode by ffmpeg {found.decode:.2f} s; "
        f"ratio {found.ratio:.2f}"
    )


if __name__ == "__main__":
    print(lines(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))
