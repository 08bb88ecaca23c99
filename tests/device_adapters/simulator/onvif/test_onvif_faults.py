"""A camera that misbehaves on demand, and one that is misbehaved to: bounded, a fault for an answer, never down."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from device_adapters.simulator.onvif.soap import MAX_BODY, NS, SoapFault, read_envelope
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import CameraHandle, PracticeCameras
from device_adapters.simulator.script import CameraSpec, Drop, Normal, OnvifFault, Stall
from tests.device_adapters.simulator.onvif.conftest import StartCamera
from tests.device_adapters.simulator.onvif.onvif_client import OnvifClient, envelope, token

DATE = envelope("<tds:GetSystemDateAndTime/>")


def raw(client: OnvifClient, data: bytes, wait_s: float = 5) -> bytes:
    """What comes back to these bytes until the other side closes, or falls silent for `wait_s`."""
    parts = urlsplit(client.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=wait_s) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


@pytest.mark.parametrize("action", [OnvifFault(fault="silent"), Stall()])
def test_a_silent_camera_takes_the_request_and_never_answers(start: StartCamera, action: OnvifFault | Stall) -> None:
    handle, client = start(OnvifSpec())
    handle.apply(action)
    with pytest.raises(httpx.ReadTimeout):
        client.send(DATE, timeout=0.7)
    handle.apply(Normal())
    assert client.send(DATE).status_code == 200


def test_garbage_is_no_xml(start: StartCamera) -> None:
    handle, client = start(OnvifSpec(fault="garbage"))
    answer = client.send(DATE)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(answer.content)
    handle.apply(OnvifFault(fault=None))
    assert etree.fromstring(client.send(DATE).content) is not None


def test_a_slow_camera_answers_late(start: StartCamera) -> None:
    _, client = start(OnvifSpec(fault="slow", slow_s=0.8))
    begun = time.monotonic()
    assert client.send(DATE).status_code == 200
    assert time.monotonic() - begun >= 0.8


def test_a_cut_line_cuts_onvif_too(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    assert client.send(DATE).status_code == 200
    handle.apply(Drop(for_s=1))
    with pytest.raises(httpx.TransportError):
        client.send(DATE)
    time.sleep(1.1)
    assert client.send(DATE).status_code == 200


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("", ["env:Sender", "ter:WellFormed"]),
        ("<not xml", ["env:Sender", "ter:WellFormed"]),
        ("<a/>", ["env:Sender", "ter:WellFormed"]),
        (envelope(""), ["env:Sender", "ter:WellFormed"]),
        (envelope("<tds:GetScopes/><tds:GetScopes/>"), ["env:Sender", "ter:WellFormed"]),
        (DATE.replace(NS["env"], "http://schemas.xmlsoap.org/soap/envelope/"), ["env:VersionMismatch"]),
        (envelope("<tds:GetSystemDateAndTime/>", '<tt:Magic env:mustUnderstand="1"/>'), ["env:MustUnderstand"]),
        (envelope("<tds:GetCapabilities><tds:Now/></tds:GetCapabilities>"), ["env:Sender", "ter:InvalidArgs"]),
        (DATE.encode("utf-16"), ["env:Sender", "ter:WellFormed"]),
    ],
)  # fmt: skip
def test_what_is_no_proper_message_gets_a_fault(client: OnvifClient, body: str | bytes, codes: list[str]) -> None:
    answer = client.send(body)
    values = etree.fromstring(answer.content).iterfind(".//env:Fault//env:Value", NS)
    assert (answer.status_code, [found.text for found in values]) == (400, codes)


def test_no_entity_is_ever_resolved(client: OnvifClient) -> None:
    outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    bomb = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>'
    for doctype in (outside, bomb):
        body = DATE.replace("<env:Envelope", f"{doctype}<env:Envelope").replace("GetSystem", "Get&x;System")
        answer = client.send(body)
        assert answer.status_code == 400
        assert socket.gethostname() not in answer.text


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET /onvif/device_service HTTP/1.1\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\n\r\n", 404),
        ("POST /onvif/device_service HTTP/1.1\r\n\r\n", 411),
        ("POST /onvif/device_service HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        ("POST /onvif/device_service HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /onvif/device_service HTTP/1.1\r\nContent-Length: 5\r\n\r\n", 400),
        (f"POST /onvif/device_service HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n", 413),
        ("POST /onvif/device_service HTTP/1.1\r\nContent-Length: 0\r\nContent-Type: text/xml\r\n\r\n", 415),
        ("GET //[ HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nA: b\r\nA: c\r\n\r\n", 400),
        (f"GET / HTTP/1.1\r\nA: {'b' * 20000}\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
    ],
)
def test_http_is_read_with_bounds(client: OnvifClient, request_text: str, status: int) -> None:
    assert raw(client, request_text.encode()).split(b" ", 2)[1] == str(status).encode()


@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: envelope(text).encode())))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_is_answered_and_the_camera_goes_on(client: OnvifClient, body: bytes) -> None:
    assert client.send(body).status_code in (400, 500)
    assert client.send(DATE).status_code == 200


@given(st.binary(max_size=400))
def test_any_bytes_are_an_envelope_or_a_fault(data: bytes) -> None:
    with pytest.raises(SoapFault):
        read_envelope(data)


@given(st.binary(max_size=200))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_on_the_line_end_in_an_answer_or_a_close(client: OnvifClient, data: bytes) -> None:
    assert raw(client, data)[:8] in (b"", b"HTTP/1.1")
    assert client.send(DATE).status_code == 200


def test_answers_carry_the_addressing_that_was_asked_with(client: OnvifClient) -> None:
    header = token(client.user, client.password)
    header += "<wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:Action>urn:GetScopes</wsa:Action>"
    answer = client.ask("<tds:GetScopes/>", header=header)
    assert (answer.text("wsa:RelatesTo"), answer.text("wsa:Action")) == ("urn:uuid:1", "urn:GetScopesResponse")


def test_a_taken_port_is_said_in_words(running: PracticeCameras) -> None:
    port = urlsplit(running[0].onvif_url).port
    taken = CameraSpec(path="/a", has_video=False, onvif=OnvifSpec(port=port))
    with pytest.raises(Exception, match="cannot listen"), PracticeCameras([taken]):
        pytest.fail("two devices cannot have one port")


def test_a_camera_without_onvif_has_no_address(start: StartCamera) -> None:
    with PracticeCameras([CameraSpec(path="/sound", has_video=False)]) as cameras:
        handle: CameraHandle = cameras[0]
        with pytest.raises(ValueError, match="no ONVIF"):
            _ = handle.onvif_url
