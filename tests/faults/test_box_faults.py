"""What the box's own surroundings do: its clock is set, its disk fills, its index is thrown away."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from config.clock import SystemClock
from supervisor.contract.state import CameraStatus
from tests.faults.account import playable
from tests.faults.site import SEEN, SMALL, FaultSite
from tests.support.gst_camera import GstCamera

pytestmark = [pytest.mark.faults, pytest.mark.gstreamer, pytest.mark.ffmpeg]
HOUR_S = 3600.0


@pytest.fixture
def camera() -> Iterator[GstCamera]:
    with GstCamera(*SMALL) as running:
        yield running


class SteppingClock(SystemClock):
    """The system's clock, whose wall time somebody sets."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


def clock_was_stepped(site: FaultSite, fault: str, step_s: float) -> None:
    """Monotonic time is complete. On the wall, a step forward leaves a hole of its own length, told as such; a step
    back makes hours that are there twice, and no hole."""
    account = site.end()
    SEEN.append(account.line(fault))
    playable(site.work, site.paths.recordings, site.camera)
    assert account.unclosed == 0
    assert {reason for reason, _ in account.gaps} <= {"clock_step"}, account.gaps
    assert "clock_step" in account.end_reasons
    assert abs(account.media_s - account.elapsed_s) <= 1.0, "nothing was lost"
    holes = sum(length for _, length in account.gaps)
    assert abs(holes - max(0.0, step_s)) <= 1.0 or holes <= 1.0, account.gaps
    first, second = site.rows("run")[:2]
    moved_s = (second.start_ms - first.start_ms - first.media_ms) / 1000
    assert abs(moved_s - step_s) <= 1.0, "the second run is dated by the clock as it is now"


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_the_clock_is_stepped(tmp_path: Path, camera: GstCamera, step_s: float) -> None:
    clock = SteppingClock()
    site = FaultSite(tmp_path / "box", clock=clock)
    try:
        site.wants(camera.url)
        site.until(CameraStatus.RECORDING)
        time.sleep(3)
        before = [(run.start_ms, run.media_ms) for run in site.rows("run")]
        clock.ahead = timedelta(seconds=step_s)
        site.records_again(2)
        time.sleep(3)
        clock_was_stepped(site, f"clock stepped {step_s:+.0f} s", step_s)
        assert site.rows("run")[0].start_ms == before[0][0], "recorded media never moves"
    finally:
        site.close()


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_the_clock_of_the_recorder_process_is_stepped(
    tmp_path: Path, camera: GstCamera, step_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real process under libfaketime: what the operating system tells it is what changes."""
    libfaketime = pytest.importorskip("libfaketime", reason="needs libfaketime (PyPI)")
    library = next(Path(libfaketime.__file__).parent.rglob("libfaketime.so.1"), None)
    assert library is not None
    setting = tmp_path / "faketime"
    setting.write_text("+0s", encoding="ascii")
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", str(library))
        environment.setenv("FAKETIME_TIMESTAMP_FILE", str(setting))
        environment.setenv("FAKETIME_NO_CACHE", "1")
        environment.setenv("DONT_FAKE_MONOTONIC", "1")
        site = FaultSite(tmp_path / "box")
        try:
            site.wants(camera.url)
            site.until(CameraStatus.RECORDING)
            time.sleep(3)
            setting.write_text(f"{step_s:+.0f}s", encoding="ascii")
            site.records_again(2)
            time.sleep(3)
            clock_was_stepped(site, f"clock of the process stepped {step_s:+.0f} s", step_s)
        finally:
            site.close()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True, timeout=10)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a tmpfs")
def test_the_disk_is_full(tmp_path: Path, camera: GstCamera) -> None:
    """Full to the last byte, index included; then somebody makes room."""
    with small_disk(tmp_path / "disk", 32) as disk:
        site = FaultSite(disk / "box")
        try:
            site.wants(camera.url)
            site.until(CameraStatus.RECORDING)
            time.sleep(3)
            filler = disk / "filler"
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    pass
            site.until(CameraStatus.DISK_FULL)
            time.sleep(2)
            filler.unlink()
            site.records_again(2)
            time.sleep(1.5)
            site.judge("disk full", ["disk"])
        finally:
            site.close()


def test_the_index_is_deleted_while_the_box_is_off(tmp_path: Path, camera: GstCamera) -> None:
    """It learns again from the files what it had, and the two lives together make up the time."""
    folder = tmp_path / "box"
    first = FaultSite(folder)
    try:
        first.wants(camera.url)
        first.until(CameraStatus.RECORDING)
        time.sleep(4)
    finally:
        first.close()
    recorded = {digest(file) for file in first.paths.recordings.rglob("*.mp4")}
    assert len(recorded) >= 2
    for file in folder.glob("box.db*"):
        file.unlink()
    second = FaultSite(folder)
    try:
        second.began = first.began
        second.wants(camera.url)
        second.until(CameraStatus.RECORDING)
        time.sleep(3)
        second.judge("index deleted", ["box_restart"])
    finally:
        second.close()
    kept = {digest(file) for file in folder.rglob("*.mp4*")}
    assert recorded <= kept, "every file of the first life is still there, byte for byte"


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
