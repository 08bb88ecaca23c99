"""ONVIF over TLS: the first certificate is shown and kept, another one gets not a byte."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path

import pytest

from config.clock import SystemClock
from device_adapters.cameras.onvif import OnvifCamera, connect, main_profile
from device_adapters.cameras.onvif.addresses import entrance
from device_adapters.interfaces import Certificate, OnvifFault, OnvifFaultKind
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from tests.support.certificates import self_signed
from tests.support.hostile_http import HostileServer

PASSWORD = "geheim"
NETWORKS = (ip_network("127.0.0.0/8"),)
OTHER = ":".join(["AB"] * 32)


def running(folder: Path, name: str, port: int = 0, **spec: object) -> tuple[PracticeCameras, str]:
    """A camera that speaks TLS, and the fingerprint of its certificate."""
    shown = self_signed(folder / f"{name}.pem")
    onvif = OnvifSpec(certificate=folder / f"{name}.pem", port=port, **spec)  # type: ignore[arg-type]
    return PracticeCameras([CameraSpec(path=f"/{name}", room=name, onvif=onvif)], password=PASSWORD), shown


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Its address and fingerprint."""
    cameras, shown = running(tmp_path_factory.mktemp("tls"), "room", ptz=True)
    with cameras:
        yield cameras[0].onvif_url, shown


def connected(url: str, certificate: str | None = None) -> OnvifCamera:
    return connect(
        url, networks=NETWORKS, clock=SystemClock(), user="camera", password=PASSWORD, certificate=certificate
    )


def fault_of(url: str, certificate: str | None = None) -> OnvifFault:
    with pytest.raises(OnvifFault) as caught:
        connected(url, certificate)
    return caught.value


def test_at_first_use_the_certificate_is_told_and_everything_goes_over_tls(camera: tuple[str, str]) -> None:
    url, shown = camera
    assert url.startswith("https://127.0.0.1:")
    device = connected(url)
    assert device.certificate == Certificate(shown, is_known=False)
    profile = main_profile(device.profiles())
    assert profile is not None
    assert device.snapshot(profile).startswith(b"\xff\xd8")
    assert device.stream_uri(profile).get_secret_value().startswith("rtsp://camera:")
    assert device.presets(profile)
    assert list(device.events(0.5))


@pytest.mark.parametrize("written", [str.upper, str.lower])
def test_the_certificate_that_is_known_is_accepted_however_it_is_written(
    camera: tuple[str, str], written: type
) -> None:
    url, shown = camera
    assert connected(url, written(shown)).certificate == Certificate(shown, is_known=True)


def test_another_certificate_is_refused_and_named(camera: tuple[str, str]) -> None:
    url, shown = camera
    fault = fault_of(url, OTHER)
    assert fault.kind is OnvifFaultKind.CERTIFICATE
    assert shown in fault.detail and OTHER in fault.detail


def test_a_certificate_that_changes_is_refused_also_within_one_connection(tmp_path: Path) -> None:
    before, first = running(tmp_path, "before")
    with before:
        url = before[0].onvif_url
        device = connected(url)
    after, second = running(tmp_path, "after", port=int(url.rpartition(":")[2].partition("/")[0]))
    with after:
        with pytest.raises(OnvifFault) as caught:
            device.information()
        assert caught.value.kind is OnvifFaultKind.CERTIFICATE
        assert fault_of(url, first).kind is OnvifFaultKind.CERTIFICATE
        assert connected(url, second).information().model == "Practice camera"


def test_a_stranger_is_not_sent_a_byte(tmp_path: Path) -> None:
    self_signed(tmp_path / "stranger.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "stranger.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def heard() -> bytes:
            with context.wrap_socket(listener.accept()[0], server_side=True) as stranger:
                stranger.settimeout(20)
                with suppress(ConnectionError):
                    return stranger.recv(65536)
            return b""

        hearing = pool.submit(heard)
        assert fault_of(f"https://127.0.0.1:{listener.getsockname()[1]}", OTHER).kind is OnvifFaultKind.CERTIFICATE
        assert hearing.result(20) == b""


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"", None])
def test_a_camera_without_tls_is_told_so(answer: bytes | None) -> None:
    """It answers in plain HTTP, hangs up, or waits for the end of what it takes for a request."""

    def answers(connection: socket.socket, _: bytes) -> None:
        if answer is None:
            server.wait(20)
        connection.sendall(answer or b"")

    with HostileServer(answers) as server, pytest.raises(OnvifFault, match="no TLS at this address"):
        connect(f"https://127.0.0.1:{server.port}", networks=NETWORKS, clock=SystemClock(), limit_s=1)


def test_a_tls_camera_is_not_taken_for_one_without(camera: tuple[str, str]) -> None:
    assert fault_of(camera[0].replace("https://", "http://")).kind in (OnvifFaultKind.NOT_ONVIF, OnvifFaultKind.SILENT)


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("http://10.0.0.5/onvif/media", "https://10.0.0.5:8443/onvif/media"),
        ("http://10.0.0.5:8080/onvif/media", "https://10.0.0.5:8443/onvif/media"),
        ("http://192.168.1.9/onvif/media", "https://10.0.0.5:8443/onvif/media"),
        ("https://10.0.0.5:9443/onvif/media", "https://10.0.0.5:9443/onvif/media"),
    ],
)
def test_a_camera_reached_over_tls_is_never_spoken_to_without(told: str, url: str) -> None:
    assert entrance("https://10.0.0.5:8443", (ip_network("10.0.0.0/8"),)).service(told) == url
