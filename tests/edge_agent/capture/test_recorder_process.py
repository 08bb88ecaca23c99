"""The real recorder process against GStreamer's server: what can happen to it, and what is on the disk then."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from config.clock import SystemClock
from config.settings import EdgeSettings
from edge_agent.capture import keyframes
from edge_agent.capture.messages import CameraState, CameraWish, RecorderConfig
from edge_agent.capture.process import RecorderProcess
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.fmp4 import fragments
from storage.evidence.tables import GapRow, LogRow, Run, Segment
from supervisor.contract.log import LOG_ENTRY
from supervisor.contract.state import CameraStatus
from tests.support.gst_camera import GstCamera, free_port

pytestmark = pytest.mark.gstreamer

CAMERA = "0d7a2f1e-8f0b-4b43-9a49-3c8b3b0c0001"
OTHER = "0d7a2f1e-8f0b-4b43-9a49-3c8b3b0c0002"


class Site:
    """A box's folder and its recorder process."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.paths = BoxPaths(folder)
        self.work = UnitOfWork(open_engine(self.paths.database_url))
        upgrade(self.work.engine, "box")
        defaults = {"data_dir": folder, "segment_s": 4, "stall_after_s": 2, "min_free_bytes": 1024}
        self.recorder = RecorderProcess(RecorderConfig.of(EdgeSettings(**{**defaults, **settings})), SystemClock())
        self.recorder.start()

    def wants(self, **urls: str) -> None:
        wishes = [CameraWish(camera_id=CAMERA if name == "a" else OTHER, url=SecretStr(urls[name])) for name in urls]
        self.recorder.set_desired(wishes)

    def until(self, status: CameraStatus, camera: str = CAMERA, limit_s: float = 15) -> CameraState:
        return self.wait(lambda: (s := self.recorder.status().get(camera)) and s.status is status and s, limit_s)

    def wait(self, what: Callable[[], object], limit_s: float = 15) -> object:
        end = time.monotonic() + limit_s
        while not (found := what()):
            assert time.monotonic() < end, f"not within {limit_s} s; status {self.recorder.status()}"
            time.sleep(0.05)
        return found

    def all_of(self, table: type, camera: str = CAMERA) -> list:
        with self.work.read() as session:
            query = select(table).where(table.camera_id == camera).order_by(*table.__table__.primary_key)
            return list(session.scalars(query))

    def media(self) -> Path:
        return self.paths.recordings


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "box")
    yield made
    made.recorder.stop()


@pytest.fixture
def gst() -> Iterator[GstCamera]:
    with GstCamera() as camera:
        yield camera


def agrees(site: Site) -> None:
    """Index, disk and log say the same."""
    rows = site.all_of(Segment)
    on_disk = {str(file.relative_to(site.media())) for file in site.media().rglob("*.mp4*")}
    assert {row.path for row in rows} == on_disk
    for row in rows:
        index = fragments(site.media() / row.path)
        assert row.closed and (row.bytes, row.media_ms) == (index.end_offset, index.media_ms)
    for run in site.all_of(Run):
        assert run.media_ms == sum(row.media_ms for row in rows if row.run_id == run.id)
    kinds = [LOG_ENTRY.validate_json(row.body).kind for row in site.all_of(LogRow)]
    assert kinds.count("segment") == len(rows)


@pytest.mark.ffmpeg
def test_media_time_is_recorded_time_and_no_picture_is_damaged(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    began = time.monotonic()
    time.sleep(9)
    site.wants()
    recorded_s = time.monotonic() - began
    site.wait(lambda: site.all_of(Run)[0].end_reason)
    site.recorder.stop()
    (run,) = site.all_of(Run)
    assert abs(run.media_ms / 1000 - recorded_s) <= 1.0 + 1.0, (
        "a group of pictures, and the second between two heartbeats"
    )
    assert (run.end_reason, site.all_of(GapRow)) == ("not_recorded", [])
    agrees(site)
    for file in site.media().rglob("*.mp4"):
        check = subprocess.run(
            ["ffmpeg", "-v", "error", "-i", str(file), "-f", "null", "-"], capture_output=True, timeout=60, check=True
        )
        assert check.stderr == b""


def test_kill_9_of_the_recorder_costs_less_than_a_fifth_of_a_second(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    time.sleep(2.5)
    assert site.recorder.pid is not None
    os.kill(site.recorder.pid, signal.SIGKILL)
    killed_ms = time.time() * 1000
    site.wait(lambda: site.recorder.restarts == 1)
    site.until(CameraStatus.RECORDING)
    site.wait(lambda: len(site.all_of(Run)) == 2)
    first, second = site.all_of(Run)
    assert first.end_reason == "box_restart"
    lost_ms = killed_ms - (first.start_ms + first.media_ms)
    assert lost_ms <= 200, f"{lost_ms:.0f} ms of media lost"
    (gap,) = site.all_of(GapRow)
    assert (gap.start_ms, gap.end_ms, gap.reason) == (first.start_ms + first.media_ms, second.start_ms, "box_restart")
    site.recorder.stop()
    agrees(site)


def test_a_recorder_that_hangs_is_killed_and_started_again(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    assert site.recorder.pid is not None
    os.kill(site.recorder.pid, signal.SIGSTOP)
    site.wait(lambda: site.recorder.restarts == 1, limit_s=6)
    site.until(CameraStatus.RECORDING)


def test_a_camera_that_is_killed_and_comes_back_is_recorded_within_three_seconds(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    time.sleep(1)
    gst.kill()
    site.until(CameraStatus.UNREACHABLE, limit_s=4)
    gap = site.wait(lambda: site.all_of(GapRow) and site.all_of(GapRow)[0])
    assert (gap.end_ms, gap.reason) == (None, "line_lost"), "a live view can say why before it is over"
    time.sleep(3)
    gst.start()
    back = time.time() * 1000
    site.wait(lambda: len(site.all_of(Run)) == 2)
    first, second = site.all_of(Run)
    assert second.start_ms - back <= 3000
    (gap,) = site.all_of(GapRow)
    assert (gap.start_ms, gap.end_ms) == (first.start_ms + first.media_ms, second.start_ms)


def test_a_stalled_camera_is_told_and_recovers(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    time.sleep(1)
    gst.freeze()
    state = site.until(CameraStatus.STALLED, limit_s=4.5)
    assert "no picture" in state.detail
    gst.thaw()
    site.wait(lambda: len(site.all_of(Run)) == 2)
    assert site.all_of(GapRow)[0].reason == "camera_stalled"


def test_pictures_lost_inside_a_connection_are_a_gap(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    time.sleep(1)
    gst.drop(1.0)
    site.wait(lambda: len(site.all_of(Run)) == 2)
    (gap,) = site.all_of(GapRow)
    assert gap.reason == "frames_lost"
    assert 1000 <= gap.end_ms - gap.start_ms <= 2200, "a second, and on to the next key frame"


def test_bad_cameras_are_told_apart_and_never_disturb_a_good_one(site: Site, gst: GstCamera) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bad = {
            CameraStatus.UNAUTHORIZED: gst.url_of("video", "wrong-4711"),
            CameraStatus.NOT_FOUND: gst.url_of("nothing"),
            CameraStatus.NOT_VIDEO: gst.url_of("audio"),
            CameraStatus.FORBIDDEN: "rtsp://admin:geheim-4711@8.8.8.8/video",
            CameraStatus.UNREACHABLE: f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x",
        }
        for status, url in bad.items():
            site.wants(a=gst.url, b=url)
            state = site.until(status, camera=OTHER)
            assert "4711" not in state.detail
    assert site.until(CameraStatus.RECORDING).bytes > 0
    (run,) = site.all_of(Run)
    site.wait(lambda: site.all_of(Run)[0].media_ms > run.media_ms)
    assert site.all_of(GapRow, OTHER)[0].reason == "camera_refused"
    assert site.recorder.restarts == 0


def test_no_password_is_in_arguments_environment_or_what_it_says(
    tmp_path: Path, gst: GstCamera, capfd: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path / "box")
    try:
        site.wants(a=gst.url, b=gst.url_of("video", "wrong-4711"))
        site.until(CameraStatus.RECORDING)
        site.until(CameraStatus.UNAUTHORIZED, camera=OTHER)
        process = psutil.Process(site.recorder.pid)
        assert "4711" not in " ".join(process.cmdline())
        assert not any("4711" in value for value in process.environ().values())
    finally:
        site.recorder.stop()
    captured = capfd.readouterr()
    assert "4711" not in captured.out + captured.err
    for file in site.paths.data_dir.rglob("*"):
        assert not file.is_file() or b"4711" not in file.read_bytes(), file


def test_a_disk_nearly_full_refuses_to_begin_and_says_so(tmp_path: Path, gst: GstCamera) -> None:
    site = Site(tmp_path / "box", min_free_bytes=10**15)
    try:
        site.wants(a=gst.url)
        site.until(CameraStatus.DISK_FULL)
        gap = site.wait(lambda: site.all_of(GapRow) and site.all_of(GapRow)[0])
        assert (gap.reason, gap.end_ms) == ("disk", None)
        assert site.all_of(Run) == [] and not list(site.media().rglob("*.mp4*"))
    finally:
        site.recorder.stop()


def test_vision_sees_key_frames_while_it_records(site: Site, gst: GstCamera) -> None:
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    first = site.wait(lambda: keyframes.newest(site.media(), CAMERA, 0))
    second = site.wait(lambda: keyframes.newest(site.media(), CAMERA, first.at_ms), limit_s=4)
    assert second.image.shape == (360, 640, 3)
    assert second.at_ms - first.at_ms >= 900


def test_the_end_of_its_parent_ends_it_with_its_files_closed(tmp_path: Path, gst: GstCamera) -> None:
    """The box is killed: the recorder's stdin ends, it closes what it has, and the next life finds it in order."""
    site = Site(tmp_path / "box")
    site.wants(a=gst.url)
    site.until(CameraStatus.RECORDING)
    time.sleep(1)
    process = psutil.Process(site.recorder.pid)
    site.recorder.stop()
    assert not process.is_running()
    (run,) = site.all_of(Run)
    assert run.end_reason == "box_restart"
    agrees(site)
    assert [row.end_ms for row in site.all_of(GapRow)] == [None]
    again = Site(tmp_path / "box")
    try:
        again.wants()
        again.wait(lambda: again.all_of(GapRow)[0].end_ms)
    finally:
        again.recorder.stop()


def test_h265_is_recorded_as_hvc1(site: Site) -> None:
    with GstCamera("--codec", "h265", auth=False) as camera:
        site.wants(a=camera.url)
        site.until(CameraStatus.RECORDING)
        time.sleep(2)
        site.recorder.stop()
    indexes = [fragments(file) for file in site.media().rglob("*.mp4")]
    assert indexes and {index.codec_string[:5] for index in indexes} == {"hvc1."}
    assert all(after.tfdt > before.tfdt for index in indexes for before, after in itertools.pairwise(index.fragments))


def test_a_camera_with_b_frames_is_recorded(site: Site) -> None:
    with GstCamera("--bframes", "2", auth=False) as camera:
        site.wants(a=camera.url)
        site.until(CameraStatus.RECORDING)
        time.sleep(3)
        site.recorder.stop()
    (run,) = site.all_of(Run)
    assert run.media_ms >= 2000
    agrees(site)


def test_a_second_recorder_in_the_same_folder_is_refused(site: Site) -> None:
    from config.errors import LessonProofError
    from edge_agent.capture import recorder

    site.wait(lambda: site.recorder.ready)
    clock = SystemClock()
    other = recorder.Recorder(
        RecorderConfig.of(EdgeSettings(data_dir=site.paths.data_dir)), site.work, clock, lock_limit_s=0.3
    )
    with pytest.raises(LessonProofError, match="RECORDER_RUNNING"):
        other.start()


def test_an_unreachable_camera_is_tried_again_and_again(site: Site) -> None:
    site.wants(a=f"rtsp://127.0.0.1:{free_port()}/video")
    site.until(CameraStatus.UNREACHABLE)
    gap = site.wait(lambda: site.all_of(GapRow) and site.all_of(GapRow)[0])
    assert gap.reason == "camera_unreachable"


def test_sigterm_to_the_whole_group_lets_the_recorder_close_its_files(tmp_path: Path, gst: GstCamera) -> None:
    """systemd stops a service so; the box here does not even handle it."""
    site = Site(tmp_path / "box")
    site.recorder.stop()
    box = (
        "import sys, time\n"
        "from pydantic import SecretStr\n"
        "from config.clock import SystemClock\n"
        "from edge_agent.capture.messages import CameraWish, RecorderConfig\n"
        "from edge_agent.capture.process import RecorderProcess\n"
        "config, url = sys.stdin.readline(), sys.stdin.readline().strip()\n"
        "recorder = RecorderProcess(RecorderConfig.model_validate_json(config), SystemClock())\n"
        "recorder.start()\n"
        f"recorder.set_desired([CameraWish(camera_id={CAMERA!r}, url=SecretStr(url))])\n"
        "print(recorder.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    settings = EdgeSettings(data_dir=site.paths.data_dir, segment_s=4, stall_after_s=2, min_free_bytes=1024)
    parent = subprocess.Popen(
        [sys.executable, "-c", box], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(f"{RecorderConfig.of(settings).model_dump_json()}\n{gst.url}\n")
    parent.stdin.flush()
    recorder = psutil.Process(int(parent.stdout.readline()))
    site.wait(lambda: site.all_of(Run) and site.all_of(Run)[0].media_ms > 1000)
    os.killpg(parent.pid, signal.SIGTERM)
    assert parent.wait(5) == -signal.SIGTERM
    recorder.wait(10)
    (run,) = site.all_of(Run)
    assert run.end_reason == "box_restart"
    agrees(site)
