"""Players we did not write play the practice camera: ffprobe, ffmpeg, GStreamer and PyAV."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from itertools import islice, pairwise
from urllib.parse import urlsplit

import av
import pytest

from config.clock import SystemClock, from_epoch_ms
from device_adapters.simulator.practice import PracticeCameras

OPTIONS = {"rtsp_transport": "tcp", "probesize": "32"}  # opens at once


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)


def camera_time(packet: av.Packet) -> datetime | None:
    """NTP time of the picture, from the sender reports (FFmpeg's `prft`: µs since 1970, little-endian)."""
    data = packet.get_sidedata("prft")
    return from_epoch_ms(int.from_bytes(bytes(data)[:8], "little", signed=True) // 1000) if data else None


@pytest.mark.ffmpeg
def test_ffprobe_sees_720p_h264_high_without_b_frames(cameras: PracticeCameras) -> None:
    probe = run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_streams", "-of", "json", cameras[0].url)
    assert (probe.returncode, probe.stderr) == (0, "")
    (stream,) = json.loads(probe.stdout)["streams"]
    found = {key: stream[key] for key in ("codec_name", "profile", "width", "height", "has_b_frames", "r_frame_rate")}
    assert found == {
        "codec_name": "h264", "profile": "High", "width": 1280, "height": 720, "has_b_frames": 0,
        "r_frame_rate": "10/1",
    }  # fmt: skip


@pytest.mark.ffmpeg
def test_ffmpeg_decodes_it_without_a_complaint(cameras: PracticeCameras) -> None:
    play = run(
        "ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", "tcp", "-i", cameras[0].url, "-t", "5",
        "-f", "framecrc", "-",
    )  # fmt: skip
    assert (play.returncode, play.stderr) == (0, "")
    assert sum(not line.startswith("#") for line in play.stdout.splitlines()) >= 45


@pytest.mark.ffmpeg
def test_ffmpeg_is_refused_udp_and_goes_over_to_tcp(cameras: PracticeCameras) -> None:
    play = run("ffmpeg", "-nostdin", "-v", "error", "-i", cameras[0].url, "-frames:v", "5", "-f", "null", "-")
    assert play.returncode == 0


@pytest.mark.ffmpeg
def test_ffmpeg_with_a_wrong_password_is_refused(cameras: PracticeCameras) -> None:
    url = cameras[0].url.replace(cameras.password, "guess")
    probe = run("ffprobe", "-v", "error", "-rtsp_transport", "tcp", url)
    assert probe.returncode != 0
    assert "401" in probe.stderr


@pytest.mark.gstreamer
def test_gstreamer_decodes_it(cameras: PracticeCameras) -> None:
    parts = urlsplit(cameras[0].url)
    play = run(
        "gst-launch-1.0", "-q", "rtspsrc", f"location=rtsp://{parts.hostname}:{parts.port}{parts.path}",
        f"user-id={cameras.user}", f"user-pw={cameras.password}", "protocols=tcp",
        "!", "rtph264depay", "!", "h264parse", "!", "openh264dec", "!", "fakesink", "num-buffers=40",
    )  # fmt: skip
    assert (play.returncode, play.stderr) == (0, "")


def test_pyav_gets_every_picture_a_tenth_of_a_second_apart_with_the_cameras_time(cameras: PracticeCameras) -> None:
    clock = SystemClock()
    with av.open(cameras[0].url, options=OPTIONS, timeout=(10, 5)) as container:
        stamps, errors = [], []
        for packet in islice(container.demux(video=0), 45):
            at = camera_time(packet)
            if packet.pts is not None and at is not None:
                stamps.append((packet.pts, at))
                errors.append((clock.now() - at).total_seconds())
    steps = {later - earlier for (earlier, _), (later, _) in pairwise(stamps)}
    assert len(stamps) > 40
    assert steps == {9000}
    assert all(0 <= error < 0.5 for error in errors[25:]), "one picture is held back by FFmpeg's parser"
    spread = [at.timestamp() - pts / 90_000 for pts, at in stamps]
    assert max(spread) - min(spread) < 0.005


def test_pyav_with_a_wrong_password_is_refused(cameras: PracticeCameras) -> None:
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(cameras[0].url.replace(cameras.password, "guess"), options=OPTIONS, timeout=10)


def test_pyav_does_not_find_an_unknown_path(cameras: PracticeCameras) -> None:
    with pytest.raises(av.error.HTTPNotFoundError):
        av.open(cameras[0].url.replace("room-101", "room-999"), options=OPTIONS, timeout=10)


def test_a_camera_without_a_picture_offers_sound_only(cameras: PracticeCameras) -> None:
    with av.open(cameras[1].url, options=OPTIONS, timeout=10) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["pcm_mulaw"]
        assert len(list(islice(container.demux(), 5))) == 5


def test_two_receivers_see_the_same_pictures_at_the_same_camera_time(cameras: PracticeCameras) -> None:
    first = av.open(cameras[0].url, options=OPTIONS, timeout=10)
    second = av.open(cameras[0].url, options=OPTIONS, timeout=10)
    with first, second:
        seen = [
            {bytes(packet): camera_time(packet) for packet in islice(container.demux(video=0), 40)}
            for container in (first, second)
        ]
    shared = seen[0].keys() & seen[1].keys()
    assert len(shared) >= 10
    for data in shared:
        times = (seen[0][data], seen[1][data])
        if times[0] and times[1]:
            assert abs((times[0] - times[1]).total_seconds()) < 0.005
