"""Many cameras for a long time: is anything lost, and does the memory stay flat?

    python tests/faults/soak.py --cameras 8 --minutes 30

The cameras are connections to one GStreamer server that loops 1080p25 H.264 at about 4 Mbit/s. At the end it prints,
for every camera: runs, gaps with their reasons, pictures missing inside a run (steps of the decode time of more than
one and a half intervals), and octets lost by the camera's own count. A line a minute tells the recorder's memory, CPU
and the machine's load. Exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
from pydantic import SecretStr
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[2]))

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture.messages import CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.tables import GapRow, Run, Segment
from supervisor.contract.state import CameraStatus
from tests.bench.record import loop_1080p
from tests.faults.account import missing_pictures
from tests.support.gst_camera import GstCamera


def account(paths: BoxPaths, work: UnitOfWork, camera_id: str) -> tuple[str, bool]:
    """A line for a person, and whether nothing was lost."""
    with work.read() as session:
        runs = list(session.scalars(select(Run).where(Run.camera_id == camera_id).order_by(Run.id)))
        gaps = list(session.scalars(select(GapRow).where(GapRow.camera_id == camera_id, GapRow.end_ms.is_not(None))))
        segments = list(session.scalars(select(Segment).where(Segment.camera_id == camera_id).order_by(Segment.id)))
    missing = sum(missing_pictures(paths.recordings, [row for row in segments if row.run_id == run.id]) for run in runs)
    media_s = sum(run.media_ms for run in runs) / 1000
    reasons = ", ".join(f"{gap.reason} {(gap.end_ms or 0) - gap.start_ms} ms" for gap in gaps) or "none"
    lost = sum(run.octets_lost or 0 for run in runs)
    line = (
        f"{camera_id}: {len(runs)} runs, {media_s:.1f} s of media, {missing} pictures missing, "
        f"{lost} octets lost, gaps: {reasons}"
    )
    return line, len(runs) == 1 and not missing and not lost and not gaps


def soak(cameras: int, minutes: float) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = BoxPaths(folder / "box")
        work = UnitOfWork(open_engine(paths.database_url))
        upgrade(work.engine, "box")
        settings = EdgeSettings(data_dir=folder / "box", min_free_bytes=0)
        recorder = RecorderProcess(RecorderConfig.of(settings), SystemClock())
        names = [f"soak-{number}" for number in range(cameras)]
        with GstCamera("--file", str(loop_1080p(folder))) as camera:
            recorder.start()
            recorder.set_desired([CameraWish(camera_id=one, url=SecretStr(camera.url), until_ms=0) for one in names])
            end = time.monotonic() + 60
            while sum(one.status is CameraStatus.RECORDING for one in recorder.status().values()) < cameras:
                if time.monotonic() > end:
                    recorder.stop()
                    sys.exit(f"not recording: {recorder.status()}")
                time.sleep(0.2)
            assert recorder.pid is not None
            process = psutil.Process(recorder.pid)
            began, until = time.monotonic(), time.monotonic() + minutes * 60
            while (left_s := until - time.monotonic()) > 0:
                before = process.cpu_times()
                time.sleep(min(60.0, left_s))
                after = process.cpu_times()
                print(
                    f"{(time.monotonic() - began) / 60:5.1f} min: {process.memory_info().rss / 1e6:.1f} MB, "
                    f"{after.user + after.system - before.user - before.system:.1f} CPU s, "
                    f"load {os.getloadavg()[0]:.1f}, restarts {recorder.restarts}",
                    flush=True,
                )
            recorder.stop()
        told = [account(paths, work, one) for one in names]
        print("\n".join(line for line, _ in told))
        return 0 if all(whole for _, whole in told) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    return soak(options.cameras, options.minutes)


if __name__ == "__main__":
    sys.exit(main())
