"""Devices that are dead, silent, endless, lying or not cameras at all: a typed fault, within the limit, every time."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.clock import SystemClock
from device_adapters.cameras.onvif import connect
from device_adapters.interfaces import OnvifFault, OnvifFaultKind
from tests.support.gst_camera import free_port
from tests.support.hostile_http import HostileServer, reply, soap

NETWORKS = (ip_network("127.0.0.0/8"),)
LIMIT_S = 1.0
TIME = (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
    "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute>"
    "<tt:Second>3</tt:Second></tt:Time><tt:Date><tt:Year>2000</tt:Year><tt:Month>1</tt:Month><tt:Day>1</tt:Day>"
    "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
)


def services(address: str) -> str:
    namespace = "http://www.onvif.org/ver10/media/wsdl"
    return (
        f"<tds:GetServicesResponse><tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{address}</tds:XAddr>"
        "<tds:Version><tt:Major>2</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service></tds:GetServicesResponse>"
    )


def fault_of(port: int, networks=NETWORKS, limit_s: float = LIMIT_S) -> tuple[OnvifFaultKind, float]:
    began = time.monotonic()
    with pytest.raises(OnvifFault) as caught:
        connect(
            f"127.0.0.1:{port}", networks=networks, clock=SystemClock(), user="u", password="geheim", limit_s=limit_s
        ).profiles()
    assert "geheim" not in str(caught.value)
    return caught.value.kind, time.monotonic() - began


def test_a_dead_port_is_unreachable() -> None:
    assert fault_of(free_port())[0] is OnvifFaultKind.UNREACHABLE


def test_a_silent_port_costs_one_limit() -> None:
    with HostileServer(lambda connection, _: time.sleep(8)) as server:
        kind, took_s = fault_of(server.port)
    assert kind is OnvifFaultKind.SILENT
    assert took_s < LIMIT_S + 1


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_camera_that_drips_bytes_cannot_hold_its_caller(part: str) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        if part == "body":
            connection.sendall(b"Content-Type: application/soap+xml\r\nContent-Length: 100000\r\n\r\n<")
        while not server.wait(0.1):
            connection.sendall(b"X: y\r\n" if part == "head" else b"a")

    with HostileServer(drip) as server:
        kind, took_s = fault_of(server.port)
    assert kind is OnvifFaultKind.SILENT
    assert took_s < LIMIT_S + 1


def test_an_endless_answer_is_cut_off() -> None:
    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n")
        while not server.wait(0):
            connection.sendall(b"<a>" * 100_000)

    with HostileServer(flood) as server:
        kind, _ = fault_of(server.port, limit_s=5)
    assert kind is OnvifFaultKind.GARBAGE


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply("200 OK", b"<html>router</html>", content_type="text/html"), OnvifFaultKind.NOT_ONVIF),
        (reply("404 Not Found", b""), OnvifFaultKind.NOT_ONVIF),
        (reply("302 Found", b"", "Location: http://127.0.0.1:1/"), OnvifFaultKind.NOT_ONVIF),
        (b"SSH-2.0-OpenSSH_9.2\r\n", OnvifFaultKind.NOT_ONVIF),
        (b"RTSP/1.0 400 Bad Request\r\n\r\n", OnvifFaultKind.NOT_ONVIF),
        (b"\x00\xff" * 50, OnvifFaultKind.NOT_ONVIF),
        (b"", OnvifFaultKind.NOT_ONVIF),
        (reply("401 Unauthorized", b""), OnvifFaultKind.UNAUTHORIZED),
        (reply("401 Unauthorized", b"", 'WWW-Authenticate: Basic realm="x"'), OnvifFaultKind.UNAUTHORIZED),
        (reply("401 Unauthorized", b"", 'WWW-Authenticate: Digest realm="x"'), OnvifFaultKind.GARBAGE),
        (
            reply("401 Unauthorized", b"", 'WWW-Authenticate: Digest realm="x", nonce="n", algorithm=ROT13'),
            OnvifFaultKind.GARBAGE,
        ),
        (reply("200 OK", b"<Envelope", content_type="application/soap+xml"), OnvifFaultKind.GARBAGE),
        (reply("200 OK", soap("<tds:Nonsense/>")), OnvifFaultKind.GARBAGE),
        (
            reply("200 OK", b'<!DOCTYPE a [<!ENTITY b "cccc"><!ENTITY d "&b;&b;">]>' + soap("<a>&d;</a>")),
            OnvifFaultKind.GARBAGE,
        ),
        (
            reply("200 OK", b'<!DOCTYPE a SYSTEM "file:///etc/passwd">' + soap("<a/>")),
            OnvifFaultKind.GARBAGE,
        ),
        (reply("200 OK", soap("<a>" * 5000 + "</a>" * 5000)), OnvifFaultKind.GARBAGE),
    ],
)
def test_what_is_no_camera_is_told_apart(answer: bytes, kind: OnvifFaultKind) -> None:
    with HostileServer(lambda connection, _: connection.sendall(answer)) as server:
        found, took_s = fault_of(server.port)
    assert found is kind
    assert took_s < 4 * LIMIT_S


def test_a_wrong_password_costs_two_attempts_at_most() -> None:
    challenge = 'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth"'
    with HostileServer(lambda connection, _: connection.sendall(reply("401 No", b"", challenge))) as server:
        assert fault_of(server.port)[0] is OnvifFaultKind.UNAUTHORIZED
        attempts = [asked for asked in server.requests if b"authorization:" in asked.lower() or b"Nonce" in asked]
    assert len(attempts) <= 2


def test_an_address_outside_the_site_is_never_tried() -> None:
    with HostileServer(lambda connection, _: None) as server:
        kind, _ = fault_of(server.port, networks=(ip_network("10.0.0.0/8"),))
        assert kind is OnvifFaultKind.FORBIDDEN
        assert server.requests == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://[::1", "http://a b/", "http:///x"]
)
def test_an_address_that_cannot_be_read_is_forbidden(url: str) -> None:
    with pytest.raises(OnvifFault) as caught:
        connect(url, networks=NETWORKS, clock=SystemClock())
    assert caught.value.kind is OnvifFaultKind.FORBIDDEN


@pytest.mark.parametrize("told", ["http://8.8.8.8/media", "http://169.254.169.254/latest", "http://10.9.9.9:81/m?x=1"])
def test_a_camera_cannot_send_us_to_another_machine(told: str) -> None:
    def camera(connection: socket.socket, request: bytes) -> None:
        if b"GetSystemDateAndTime" in request:
            connection.sendall(reply("200 OK", soap(TIME)))
        elif b"GetServices" in request:
            connection.sendall(reply("200 OK", soap(services(told))))
        else:
            connection.sendall(reply("500 Error", soap("<s:Fault/>")))

    with HostileServer(camera) as server:
        device = connect(f"127.0.0.1:{server.port}", networks=NETWORKS, clock=SystemClock())
        with pytest.raises(OnvifFault):
            device.profiles()
        assert len(server.requests) == 3  # the third, too, came to us
        assert b"GetProfiles" in server.requests[-1]


def test_the_proxy_of_the_environment_is_neither_used_nor_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    with HostileServer(lambda connection, _: None) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert fault_of(free_port())[0] is OnvifFaultKind.UNREACHABLE
        assert proxy.requests == []
    assert os.environ["http_proxy"].startswith("http://127.0.0.1")


def test_importing_the_adapter_leaves_logging_and_environment_alone() -> None:
    program = (
        "import logging, os\n"
        "from device_adapters.cameras.onvif.schema import document, onvif_zeep\n"
        "document('events')\n"
        "root = logging.getLogger()\n"
        "assert (root.handlers, root.level) == ([], logging.WARNING), (root.handlers, root.level)\n"
        "assert logging.getLogger('zeep.client').level == logging.NOTSET\n"
        "assert os.environ['https_proxy'] == 'http://p'\n"
    )
    environment = {**os.environ, "https_proxy": "http://p"}
    run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert logging.getLogger("onvif").handlers == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: soap(text)),
    st.lists(st.sampled_from([
        "<tds:GetServicesResponse>", "</tds:GetServicesResponse>", "<tds:Service>", "</tds:Service>", TIME,
        services("http://127.0.0.1/m"), services("x"), "<tds:XAddr>http://[</tds:XAddr>", "<tt:Year>-1</tt:Year>",
        "<trt:GetProfilesResponse><trt:Profiles token='a'/></trt:GetProfilesResponse>", "<s:Fault><s:Code/></s:Fault>",
    ]), max_size=6).map(lambda parts: soap("".join(parts)))))  # fmt: skip
def test_no_answer_brings_anything_but_a_fault_or_a_result(body: bytes) -> None:
    with HostileServer(lambda connection, _: connection.sendall(reply("200 OK", body))) as server:
        try:
            connect(f"127.0.0.1:{server.port}", networks=NETWORKS, clock=SystemClock(), limit_s=3).profiles()
        except OnvifFault as fault:
            assert fault.kind in OnvifFaultKind
