"""`edge-agent camera`, as an installer meets it: the real commands, against the practice camera."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from config.errors import LessonProofError
from config.settings import EdgeSettings
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec, ClockOffset
from edge_agent.commands.camera import camera
from edge_agent.half_blocks import half_blocks
from tests.support.certificates import self_signed

PASSWORD = "geheim/4711@"
OTHER = ":".join(["AB"] * 32)


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    run = subprocess.run(
        [sys.executable, "-m", "edge_agent", "camera", *(str(argument) for argument in arguments)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert "4711" not in run.stdout + run.stderr
    return run


def refusal(*arguments: object) -> str:
    """The code of the one-line error the command ends with, in this process."""
    result = CliRunner().invoke(camera, [str(argument) for argument in arguments])
    assert isinstance(result.exception, LessonProofError), (result.exception, result.output)
    return result.exception.code


@pytest.fixture(scope="module")
def cameras() -> Iterator[PracticeCameras]:
    rooms = [
        CameraSpec(path="/101", room="101", onvif=OnvifSpec(ptz=True)),
        CameraSpec(path="/102", room="102", onvif=OnvifSpec(h265=True)),
    ]
    with PracticeCameras(rooms, password=PASSWORD, discovery=True) as running:
        yield running


@pytest.fixture
def login(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return "--user", "camera", "--password-file", tmp_path / "password"


def test_discover_finds_the_cameras_and_says_so_by_its_status(cameras: PracticeCameras) -> None:
    run = command("discover", "--interface", "127.0.0.1", "--for", 1, "--json")
    assert run.returncode == 0, run.stderr
    urls = {url for camera in json.loads(run.stdout)["cameras"] for url in camera["urls"]}
    assert urls >= {camera.onvif_url for camera in cameras}
    nothing = command("discover", "--host", "127.0.0.1", "--port", 9, "--for", 0.3)
    assert nothing.returncode == 1 and "没有摄像头应答" in nothing.stdout


def test_probe_measures_the_stream_saves_the_picture_and_tells_what_is_wrong(
    cameras: PracticeCameras, login: tuple[object, ...], tmp_path: Path
) -> None:
    cameras[0].apply(ClockOffset(offset_s=-86400))
    try:
        picture = tmp_path / "snapshot.jpg"
        run = command("probe", cameras[0].onvif_url, *login, "--for", 5, "--snapshot", picture, "--json")
    finally:
        cameras[0].apply(ClockOffset(offset_s=0))
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert (told["stream"]["codec"], told["stream"]["gops"][0], told["stream"]["gop_s"]) == ("h264", 20, 2.0)
    assert told["stream"]["fps"] == pytest.approx(10, rel=0.05)
    assert told["time"]["offset_s"] == pytest.approx(-86400, abs=2)
    assert "CLOCK_OFF" in {remark["code"] for remark in told["remarks"]}
    assert cv2.imread(str(picture)).shape == (720, 1280, 3)
    assert told["snapshot"]["bytes"] == picture.stat().st_size


def test_probe_ends_with_status_1_when_the_camera_cannot_be_recorded(
    cameras: PracticeCameras, login: tuple[object, ...]
) -> None:
    run = command("probe", cameras[1].onvif_url, *login, "--for", 2)
    assert run.returncode == 1
    assert "hevc 1920x1080" in run.stdout and "问题 problem: 视频流:not_found" in run.stdout


def test_probe_of_an_rtsp_address_looks_at_the_stream_alone(
    cameras: PracticeCameras, login: tuple[object, ...]
) -> None:
    bare = cameras[0].url.partition("@")[2]
    run = command("probe", f"rtsp://{bare}", *login, "--for", 3)
    assert run.returncode == 0, run.stderr
    assert "h264 1280x720" in run.stdout and f"rtsp://{bare}" in run.stdout


@pytest.mark.parametrize(
    ("target", "code"),
    [("8.8.8.8", "CAMERA_FORBIDDEN"), ("127.0.0.1:9", "CAMERA_UNREACHABLE"), ("http://[", "CAMERA_FORBIDDEN")],
)
def test_probe_says_in_one_line_why_it_cannot(target: str, code: str) -> None:
    assert refusal("probe", target) == code


def test_add_asks_the_camera_for_its_main_stream_and_leaves_the_file_as_it_was(
    cameras: PracticeCameras, login: tuple[object, ...], tmp_path: Path
) -> None:
    before = (
        "# 本盒子  my box\nlead_s   = 30 # half a minute\n\n[[cameras]] # by hand\ncode='a'\nurl='rtsp://10.0.0.9/x'"
    )
    config = tmp_path / "edge.toml"
    config.write_text(before)
    config.chmod(0o644)
    run = command("add", "room-101", cameras[0].onvif_url, *login, "--config", config)
    assert run.returncode == 0, run.stderr
    assert config.read_text().startswith(before)
    assert config.stat().st_mode & 0o777 == 0o600
    settings = EdgeSettings.load(config)
    assert [camera.code for camera in settings.cameras] == ["a", "room-101"]
    assert settings.cameras[1].url.get_secret_value() == cameras[0].url
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_add_writes_the_h264_sub_stream_for_live_view_beside_an_h265_main_stream(
    cameras: PracticeCameras, login: tuple[object, ...], tmp_path: Path
) -> None:
    config = tmp_path / "edge.toml"
    run = command("add", "room-102", cameras[1].onvif_url, *login, "--config", config)
    assert run.returncode == 0, run.stderr
    (added,) = EdgeSettings.load(config).cameras
    assert added.urls() == [f"{cameras[1].url}/h265", cameras[1].url]
    assert f"实时 live: rtsp://127.0.0.1:{cameras.port}/102\n" in run.stdout


def test_add_says_that_there_is_no_sub_stream_and_takes_one_by_hand(
    cameras: PracticeCameras, login: tuple[object, ...], tmp_path: Path
) -> None:
    config = tmp_path / "edge.toml"
    run = command("add", "a", cameras[0].onvif_url, *login, "--config", config)
    assert "没有用于实时巡查的 H.264 子码流" in run.stdout
    run = command(
        "add", "b", "rtsp://10.0.0.1/main", "--live-url", "rtsp://me@10.0.0.1/sub", *login, "--config", config
    )
    assert run.returncode == 0, run.stderr
    first, second = EdgeSettings.load(config).cameras
    assert first.live_url is None
    assert [url.rpartition("@")[2] for url in second.urls()] == ["10.0.0.1/main", "10.0.0.1/sub"]
    assert [url.partition(":geheim%2F4711%40@")[0] for url in second.urls()] == ["rtsp://camera", "rtsp://me"]


def test_a_camera_added_over_tls_is_known_by_its_certificate_from_then_on(
    login: tuple[object, ...], tmp_path: Path
) -> None:
    config, pem = tmp_path / "edge.toml", tmp_path / "camera.pem"
    shown = self_signed(pem)
    spec = CameraSpec(path="/103", room="103", onvif=OnvifSpec(certificate=pem))
    with PracticeCameras([spec], password=PASSWORD, discovery=True) as running:
        url = running[0].onvif_url
        found = command("discover", "--interface", "127.0.0.1", "--for", 1)
        assert url in found.stdout
        first = command("probe", url, *login, "--for", 2, "--config", config_without_cameras(tmp_path))
        assert f"SHA-256 {shown}" in first.stdout and "首次见到" in first.stdout
        assert refusal("add", "room", url, *login, "--config", config, "--certificate", OTHER) == "CAMERA_CERTIFICATE"
        assert not config.exists()
        added = command("add", "room", url, *login, "--config", config)
        assert f"SHA-256 {shown}" in added.stdout
        (camera,) = EdgeSettings.load(config).cameras
        assert (camera.onvif_url, camera.onvif_certificate) == (url, shown)
        again = command("probe", url, *login, "--for", 2, "--config", config)
        assert "与配置一致" in again.stdout and "首次见到" not in again.stdout
        config.write_text(config.read_text().replace(shown, OTHER))
        refused = command("probe", url, *login, "--for", 2, "--config", config)
        assert refused.returncode == 2
        assert shown in refused.stderr and OTHER in refused.stderr and "onvif_certificate" in refused.stderr
        assert refusal("add", "again", url, *login, "--config", config) == "CAMERA_CERTIFICATE"


def config_without_cameras(folder: Path) -> Path:
    config = folder / "none.toml"
    config.write_text("")
    return config


@pytest.mark.parametrize("written", ["AB:CD", "x", ":".join(["GG"] * 32)])
def test_a_certificate_that_is_no_fingerprint_is_refused(written: str) -> None:
    result = CliRunner().invoke(camera, ["probe", "https://10.0.0.1", "--certificate", written])
    assert result.exit_code == 2 and "AB:CD" in result.output


@pytest.mark.parametrize(
    ("code", "url", "error"),
    [
        ("a", "rtsp://10.0.0.10/y", "CAMERA_EXISTS"),
        ("b", "rtsp://u:p@10.0.0.9:554/x", "CAMERA_EXISTS"),
        ("b", "rtsp://8.8.8.8/x", "CAMERA_FORBIDDEN"),
        ("b", "rtsp://10.0.0.1/x\ny", "CAMERA_FORBIDDEN"),
        ('b"\nx', "rtsp://10.0.0.1/x", "CAMERA_CODE"),
    ],
)
def test_add_refuses_what_is_double_or_forbidden_and_writes_nothing(
    code: str, url: str, error: str, tmp_path: Path
) -> None:
    config = tmp_path / "edge.toml"
    config.write_text('[[cameras]]\ncode = "a"\nurl = "rtsp://10.0.0.9/x"\n')
    before = config.read_bytes()
    assert refusal("add", code, url, "--config", config) == error
    assert config.read_bytes() == before


@pytest.mark.parametrize("live_url", ["rtsp://8.8.8.8/y", "rtsp://[", "http://10.0.0.1/y"])
def test_add_refuses_a_live_stream_as_it_would_a_main_one(live_url: str, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    words = ("add", "a", "rtsp://10.0.0.1/x", "--live-url", live_url, "--config", config)
    assert refusal(*words) == "CAMERA_FORBIDDEN"
    assert not config.exists()


def test_add_makes_a_new_file_for_its_owner_alone(tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    run = command("add", "b", "rtsp://u@10.0.0.1/x?a=b", "--config", config, "--transport", "udp")
    assert run.returncode == 0, run.stderr
    assert config.stat().st_mode & 0o777 == 0o600
    (camera,) = EdgeSettings.load(config).cameras
    assert (camera.code, camera.transport) == ("b", "udp")


@pytest.mark.parametrize(
    "text", ["cameras = []\n", 'cameras = [{code="a", url="rtsp://10.0.0.9/x"}]\n', "= nonsense", "x = 1"]
)
def test_add_leaves_a_file_it_cannot_add_to(text: str, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(text)
    assert refusal("add", "b", "rtsp://10.0.0.1/x", "--config", config) in ("CAMERAS_INLINE", "SETTINGS_INVALID")
    assert config.read_text() == text


def test_a_picture_keeps_its_shape_in_the_terminal() -> None:
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[:, 640:] = 255
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    console = Console(width=80, force_terminal=True, color_system="truecolor")
    drawn = half_blocks(jpeg, 80, 40)
    assert drawn is not None
    with console.capture() as capture:
        console.print(drawn)
    lines = capture.get().splitlines()
    assert len(lines) == 22 and all(line.count("▀") == 80 for line in lines)
    assert half_blocks(jpeg, 80, 10) is not None
    assert half_blocks(b"\xff\xd8\xff nothing", 80, 40) is None
