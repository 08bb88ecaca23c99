"""The RTSP camera against GStreamer's server and against sockets that behave badly: each fault has its name."""

from __future__ import annotations

import io
import itertools
import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator

import pytest

from config.clock import SystemClock
from config.settings import EdgeSettings
from device_adapters.cameras.rtsp import RtspCamera
from device_adapters.interfaces import CameraFault, CameraFaultKind, VideoPacket
from tests.support.gst_camera import GstCamera, free_port

STALL_S = 2.0


def camera_at(url: str, **options: object) -> RtspCamera:
    arguments = {"networks": EdgeSettings().camera_networks, "clock": SystemClock(), "stall_after_s": STALL_S}
    return RtspCamera(url, **{**arguments, **options})  # type: ignore[arg-type]


def fault_of(url: str) -> CameraFault:
    with pytest.raises(CameraFault) as caught:
        stream = camera_at(url).open()
        for _ in stream.packets():
            pass
    return caught.value


def taken(url: str, count: int, **options: object) -> list[VideoPacket]:
    stream = camera_at(url, **options).open()
    try:
        return list(itertools.islice(stream.packets(), count))
    finally:
        stream.close()


@pytest.fixture
def gst() -> Iterator[GstCamera]:
    with GstCamera() as camera:
        yield camera


@pytest.mark.gstreamer
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_come_with_stamps_and_the_first_is_a_key_frame(gst: GstCamera, transport: str) -> None:
    packets = taken(gst.url, 30, transport=transport)
    assert packets[0].is_keyframe
    assert [after.dts - before.dts for before, after in itertools.pairwise(packets)] == [3600] * 29


@pytest.mark.gstreamer
def test_the_size_is_known_from_the_sdp_at_once(gst: GstCamera) -> None:
    taken(gst.url, 1)  # warm: the server builds its pipeline for the first client
    began = time.monotonic()
    stream = camera_at(gst.url).open()
    stream.close()
    assert (stream.info.codec, stream.info.width, stream.info.height) == ("h264", 640, 360)
    assert time.monotonic() - began < 1.0


@pytest.mark.gstreamer
def test_the_camera_clock_and_what_it_sent_are_told_once_a_sender_report_came(gst: GstCamera) -> None:
    packets = taken(gst.url, 150)
    told = [one for one in packets if one.camera_ntp_us is not None]
    assert told and all(one.is_keyframe for one in told)
    assert abs(told[-1].camera_ntp_us / 1e6 - SystemClock().now().timestamp()) < 5
    at, report = next((number, one.report) for number, one in enumerate(packets) if one.report is not None)
    received = sum(len(one.data) for one in packets[: at + 1])
    assert 0.9 * received < report.octets < 1.1 * received and report.packets > at


@pytest.mark.gstreamer
def test_h265_is_taken_too() -> None:
    with GstCamera("--codec", "h265", auth=False) as camera:
        stream = camera_at(camera.url).open()
        assert (stream.info.codec, stream.info.width) == ("hevc", 640)
        assert next(stream.packets()).is_keyframe
        stream.close()


@pytest.mark.gstreamer
@pytest.mark.parametrize(
    ("mount", "password", "kind"),
    [
        ("video", "wrong-4711", CameraFaultKind.UNAUTHORIZED),
        ("nothing", None, CameraFaultKind.NOT_FOUND),
        ("audio", None, CameraFaultKind.NOT_VIDEO),
    ],
)
def test_what_the_camera_says_no_to_has_its_name(
    gst: GstCamera, mount: str, password: str | None, kind: CameraFaultKind
) -> None:
    began = time.monotonic()
    assert fault_of(gst.url_of(mount, password)).kind is kind
    assert time.monotonic() - began < 5


@pytest.mark.gstreamer
@pytest.mark.parametrize("how", ["freeze", "drop"])
def test_a_stall_is_seen_after_one_limit(gst: GstCamera, how: str) -> None:
    stream = camera_at(gst.url).open()
    last = time.monotonic()
    with pytest.raises(CameraFault) as caught:
        for number, _ in enumerate(stream.packets()):
            last = time.monotonic() if number <= 20 else last
            if number == 20:
                gst.freeze() if how == "freeze" else gst.drop(10)
    stream.close()
    assert caught.value.kind is CameraFaultKind.STALLED
    assert STALL_S * 0.9 <= time.monotonic() - last <= STALL_S + 1
    gst.thaw()


@pytest.mark.gstreamer
def test_a_camera_that_is_killed_has_ended(gst: GstCamera) -> None:
    stream = camera_at(gst.url).open()
    with pytest.raises(CameraFault) as caught:
        for number, _ in enumerate(stream.packets()):
            if number == 10:
                gst.kill()
    assert caught.value.kind is CameraFaultKind.ENDED


def test_nobody_listening_is_unreachable() -> None:
    assert fault_of(f"rtsp://127.0.0.1:{free_port()}/x").kind is CameraFaultKind.UNREACHABLE


def test_a_port_that_accepts_and_is_silent_is_unreachable_within_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        fault = fault_of(f"rtsp://a:geheim-4711@127.0.0.1:{silent.getsockname()[1]}/x")
    assert fault.kind is CameraFaultKind.UNREACHABLE
    assert 4 <= time.monotonic() - began <= 7


def test_a_web_server_is_not_video() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>hello</html>")

        thread = threading.Thread(target=answer)
        thread.start()
        fault = fault_of(f"rtsp://127.0.0.1:{server.getsockname()[1]}/x")
        thread.join(5)
    assert fault.kind is CameraFaultKind.NOT_VIDEO


@pytest.mark.gstreamer
def test_the_password_is_in_no_exception_traceback_or_log(
    gst: GstCamera, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for url in (
        gst.url_of("video", "wrong-4711"),
        gst.url_of("nothing"),
        gst.url_of("audio"),
        f"rtsp://a:geheim-4711@127.0.0.1:{free_port()}/x",
    ):
        fault = fault_of(url)
        text = io.StringIO()
        traceback.print_exception(fault, file=text)
        assert "4711" not in text.getvalue() + repr(fault) + fault.detail
        assert fault.__cause__ is None and fault.__context__ is None
    captured = capfd.readouterr()
    assert "4711" not in caplog.text + captured.out + captured.err


@pytest.mark.parametrize("to_method", ["OPTIONS", "DESCRIBE"])
def test_a_camera_that_redirects_is_refused_and_the_other_address_is_never_called(to_method: str) -> None:
    called: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, socket.create_server(("127.0.0.1", 0)) as server:
        elsewhere.settimeout(3)
        location = f"rtsp://127.0.0.1:{elsewhere.getsockname()[1]}/video"

        def redirect() -> None:
            connection, _ = server.accept()
            with connection:
                while request := connection.recv(4096):
                    number = request.partition(b"CSeq: ")[2].split(b"\r\n")[0].decode()
                    said = f"302 Found\r\nLocation: {location}" if request.startswith(to_method.encode()) else "200 OK"
                    connection.sendall(f"RTSP/1.0 {said}\r\nCSeq: {number}\r\n\r\n".encode())

        def listen() -> None:
            try:
                called.append(elsewhere.accept()[0].recv(4096))
            except TimeoutError:
                return

        threads = [threading.Thread(target=target, daemon=True) for target in (redirect, listen)]
        for thread in threads:
            thread.start()
        fault = fault_of(f"rtsp://127.0.0.1:{server.getsockname()[1]}/x")
        threads[1].join(5)
    assert (fault.kind, called) == (CameraFaultKind.FORBIDDEN, [])
    assert "another address" in fault.detail
