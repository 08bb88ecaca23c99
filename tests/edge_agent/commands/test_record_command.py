"""`edge-agent record`, as a person at a terminal meets it: the real command, against GStreamer's server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.commands.record import camera_id_of, with_password
from storage.evidence.fmp4 import fragments
from tests.support.gst_camera import GstCamera, free_port


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge_agent", "record", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def gst() -> Iterator[GstCamera]:
    with GstCamera() as camera:
        yield camera


@pytest.mark.gstreamer
@pytest.mark.ffmpeg
def test_the_media_time_is_the_time_asked_for_within_one_group(gst: GstCamera, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text(gst.password + "\n")
    url = f"rtsp://{gst.user}@127.0.0.1:{gst.port}/video"
    run = command(url, "--for", "6", "--out", str(tmp_path / "out"), "--password-file", str(password), "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert abs(told["media_ms"] - 6000) <= 1000
    assert (told["codec"], told["width"], told["gaps"]) == ("h264", 640, [])
    assert sum(segment["media_ms"] for segment in told["segments"]) == told["media_ms"]
    for segment in told["segments"]:
        file = tmp_path / "out" / "recordings" / segment["path"]
        assert fragments(file).media_ms == segment["media_ms"]
        counting = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]
        probe = subprocess.run(
            ["ffprobe", "-v", "error", *counting, file],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        assert (int(probe.stdout) * 40, probe.stderr) == (segment["media_ms"], "")


@pytest.mark.gstreamer
def test_a_wrong_password_ends_at_once_with_a_reason_and_without_the_password(gst: GstCamera, tmp_path: Path) -> None:
    run = command(gst.url_of("video", "wrong-4711"), "--for", "30", "--out", str(tmp_path))
    assert run.returncode == 1
    assert "unauthorized" in run.stdout and "401" in run.stdout
    assert "4711" not in run.stdout + run.stderr


def test_an_address_outside_the_site_is_refused(tmp_path: Path) -> None:
    run = command("rtsp://8.8.8.8/x", "--for", "5", "--out", str(tmp_path), "--json")
    assert run.returncode == 1
    assert json.loads(run.stdout)["status"] == "forbidden"


def test_an_unreadable_password_file_is_told(tmp_path: Path) -> None:
    run = command(
        f"rtsp://a@127.0.0.1:{free_port()}/x", "--out", str(tmp_path), "--password-file", str(tmp_path / "no")
    )
    assert run.returncode == 2
    assert "PASSWORD_FILE" in run.stderr


def test_one_camera_has_one_id_whatever_its_password() -> None:
    assert (
        camera_id_of("rtsp://a:b@10.0.0.1/x") == camera_id_of("rtsp://10.0.0.1/x") != camera_id_of("rtsp://10.0.0.1/y")
    )


def test_odd_characters_of_a_password_are_kept(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss/w:rd\n")
    assert with_password("rtsp://a@10.0.0.1/x", tmp_path / "password") == "rtsp://a:p%40ss%2Fw%3Ard@10.0.0.1/x"
