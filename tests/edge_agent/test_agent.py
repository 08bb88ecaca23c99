"""The box as a process: it says clearly why it cannot start, keeps to itself, and ends when told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from config.clock import SystemClock
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from edge_agent.remembered import Fact, forget, remember
from storage.evidence.keyfile import load_or_create
from storage.evidence.tables import GapRow, LogRow, Run, Segment
from tests.support.box import Box, camera_of, lesson_of, new_box, target_of

ROOT = Path(__file__).parents[2]


def settings_file(folder: Path, *cameras: tuple[str, str], **more: object) -> Path:
    given = {
        "data_dir": str(folder / "box"),
        "segment_s": 4,
        "lead_s": 2,
        "poll_s": 1,
        "min_free_bytes": 1,
        "clock_trust": "operator",
    } | more
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items()]
    for code, url in cameras:
        lines += ["[[cameras]]", f"code = {json.dumps(code)}", f"url = {json.dumps(url)}"]
    path = folder / "edge.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def ready_box(folder: Path, *, starts_in_s: float = 1, seconds: float = 60, centre: str = "http://127.0.0.1:9") -> Box:
    """Enrolled, with a lesson of rooms A and X that is about to start."""
    box = new_box(folder / "box", at=SystemClock().now())
    load_or_create(box.paths.key)
    with box.work.write() as session:
        remember(session, Fact.CENTRE_URL, centre)
    lesson = lesson_of(start=box.clock.now() + timedelta(seconds=starts_in_s), minutes=seconds / 60)
    box.told(target_of([lesson], (camera_of(), camera_of("room-x", "X"))))
    return box


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "edge_agent", *words]


@contextmanager
def running(config: Path, log: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as errors:
        process = subprocess.Popen(command("run", "--config", str(config), *more), cwd=ROOT, stderr=errors)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(condition, limit_s: float, what: str) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {limit_s} s"
        time.sleep(0.2)


def kinds(box: Box) -> list[str]:
    """Of the log's entries, in order."""
    with box.work.read() as session:
        return list(session.scalars(select(LogRow.kind).order_by(LogRow.idx)))


def count(box: Box, table: type) -> int:
    with box.work.read() as session:
        return len(session.scalars(select(table)).all())


def refused(config: Path) -> str:
    run = subprocess.run(
        command("run", "--config", str(config)), cwd=ROOT, capture_output=True, timeout=60, text=True, check=False
    )
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    return run.stderr.strip().splitlines()[-1]


def test_a_box_that_is_not_enrolled_says_what_to_do_in_one_line(tmp_path: Path) -> None:
    box = ready_box(tmp_path)
    with box.work.write() as session:
        forget(session, Fact.BOX_ID)
    line = refused(settings_file(tmp_path))
    assert line.startswith("NOT_ENROLLED")
    assert "请先运行 edge-agent enrol" in line and "run edge-agent enrol" in line


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    assert refused(settings_file(tmp_path, segment_s=-1)).startswith("SETTINGS_INVALID")
    assert refused(tmp_path / "none.toml").startswith("SETTINGS_NOT_FOUND")


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "box").write_text("a file", encoding="utf-8")
    assert refused(settings_file(tmp_path)).startswith("DATA_FOLDER")


def test_a_second_agent_on_the_same_folder_is_refused_and_the_first_works_on(tmp_path: Path) -> None:
    box = ready_box(tmp_path, starts_in_s=3600)
    config = settings_file(tmp_path)
    with running(config, tmp_path / "log") as process:
        wait_until(lambda: "boot" in kinds(box), 30, "the boot entry")
        assert refused(config).startswith("ALREADY_RUNNING")
        assert process.poll() is None
    assert process.returncode == 0


def test_it_ends_within_five_seconds_whatever_camera_and_centre_do(tmp_path: Path) -> None:
    """Both accept the connection and then say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as camera, socket.create_server(("127.0.0.1", 0)) as centre:
        box = ready_box(tmp_path, centre=f"http://127.0.0.1:{centre.getsockname()[1]}")
        config = settings_file(tmp_path, ("room-a", f"rtsp://127.0.0.1:{camera.getsockname()[1]}/a"))
        with running(config, tmp_path / "log") as process:
            wait_until(lambda: "boot" in kinds(box), 30, "the boot entry")
            time.sleep(4)
            asked = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - asked < 5


def test_it_records_its_lesson_without_centre_models_or_the_other_camera_and_shows_no_password(tmp_path: Path) -> None:
    with PracticeCameras([CameraSpec(path="/room-a", people=3)]) as cameras:
        box = ready_box(tmp_path)
        config = settings_file(tmp_path, ("room-a", cameras[0].url), models_dir=str(tmp_path / "no-models"))
        with running(config, tmp_path / "log", "--json-log") as process:
            wait_until(lambda: count(box, Segment) >= 2, 40, "two segments")
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        with running(config, tmp_path / "log", "--json-log"):
            wait_until(lambda: count(box, Run) == 2, 40, "recording after the restart")
        password = cameras[0].url.split("@")[0].rsplit(":", 1)[1]
    with box.work.read() as session:
        gaps = session.scalars(select(GapRow).where(GapRow.end_ms.is_not(None))).all()
        kinds = [row.kind for row in session.scalars(select(LogRow).order_by(LogRow.idx))]
    assert "box_restart" in {gap.reason for gap in gaps}
    assert kinds.count("boot") == 2
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert "MODEL_MISSING" in log
    assert "CENTRE_UNREACHABLE" in log
    assert password not in log
    agents = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"at", "level", "logger", "message"} <= agents[0].keys()


def doctor(config: Path) -> tuple[int, dict[str, dict[str, str]]]:
    run = subprocess.run(
        command("doctor", "--config", str(config), "--json"), cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    report = json.loads(run.stdout)
    assert report["ok"] == (run.returncode == 0)
    return run.returncode, {finding["code"]: finding for finding in report["findings"]}


def test_doctor_tells_what_is_wrong_with_each_camera_and_what_to_do(tmp_path: Path) -> None:
    ready_box(tmp_path)
    with (
        PracticeCameras([CameraSpec(path="/room-a", people=3)]) as cameras,
        socket.create_server(("127.0.0.1", 0)) as mute,
    ):
        good = cameras[0].url
        secret = good.split("@")[0].rsplit(":", 1)[1]
        config = settings_file(
            tmp_path,
            ("room-a", good),
            ("wrong-password", good.replace(secret, "not-it")),
            ("wrong-path", good.replace("/room-a", "/room-z")),
            ("off", "rtsp://127.0.0.1:9/a"),
            ("mute", f"rtsp://127.0.0.1:{mute.getsockname()[1]}/a"),
            ("elsewhere", "rtsp://203.0.113.7/a"),
        )
        code, found = doctor(config)
    assert code == 1
    assert "h264 1280x720" in found["CAMERA_OK"]["en"] and "GOP" in found["CAMERA_OK"]["en"]
    for kind, camera in {
        "CAMERA_UNAUTHORIZED": "wrong-password",
        "CAMERA_NOT_FOUND": "wrong-path",
        "CAMERA_FORBIDDEN": "elsewhere",
    }.items():
        assert camera in found[kind]["en"]
        assert found[kind]["todo_zh"] and found[kind]["todo_en"]
    assert "CAMERA_UNREACHABLE" in found
    assert "room-x" in found["NOT_CONFIGURED"]["en"]
    assert found["CENTRE_UNREACHABLE"]["todo_en"]
    assert found["DISK_OK"] and found["BACKLOG_OK"] and found["CLOCK_OK"]
    assert secret not in json.dumps(found)


def test_doctor_works_before_enrolment_and_while_the_box_runs(tmp_path: Path) -> None:
    box = ready_box(tmp_path, starts_in_s=3600)
    config = settings_file(tmp_path, models_dir=str(tmp_path / "none"), min_free_bytes=1 << 60)
    with running(config, tmp_path / "log"):
        wait_until(lambda: "boot" in kinds(box), 30, "the boot entry")
        _, found = doctor(config)
    assert {"NO_CAMERA", "MODEL_MISSING", "DISK_FULL"} <= found.keys()
    with box.work.write() as session:
        forget(session, Fact.BOX_ID)
    assert "NOT_ENROLLED" in doctor(config)[1]


def test_the_clock_is_logged_and_the_ballast_made_as_soon_as_the_box_is_at_work(tmp_path: Path) -> None:
    box = ready_box(tmp_path, starts_in_s=3600)
    with running(settings_file(tmp_path, models_dir=str(tmp_path / "none")), tmp_path / "log"):
        wait_until(box.paths.ballast.exists, 30, "the ballast")
        wait_until(lambda: "clock" in kinds(box), 30, "the clock in the log")
    logged = kinds(box)
    assert logged.index("boot") < logged.index("clock")
