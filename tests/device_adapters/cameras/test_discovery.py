"""WS-Discovery: the practice camera is found over multicast and by host; strangers' datagrams are not believed."""

from __future__ import annotations

import re
import socket
import threading
import time
from ipaddress import ip_network
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import SystemClock
from device_adapters.cameras.discovery import discover, read_answer
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec

LOOPBACK = (ip_network("127.0.0.0/8"),)
ASKED = uuid4()


def answer(
    xaddrs: str = "http://127.0.0.1/onvif/device_service", related: str = f"urn:uuid:{ASKED}", prolog=""
) -> bytes:
    return f"""{prolog}<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
     xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">
     <e:Header><a:RelatesTo>{related}</a:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch>
     <a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>
     <d:Scopes>onvif://www.onvif.org/name/Room%20101 onvif://www.onvif.org/hardware/X%1b1</d:Scopes>
     <d:XAddrs>{xaddrs}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>""".encode()


def read(content: bytes, networks=LOOPBACK):
    return list(read_answer(content, "127.0.0.1", [ASKED], networks))


@pytest.mark.parametrize("way", [{"interface": "127.0.0.1"}, {"interface": "lo"}])
def test_each_camera_is_found_once_within_the_limit(way: dict[str, str]) -> None:
    rooms = [CameraSpec(path=f"/{room}", room=room, onvif=OnvifSpec()) for room in ("101", "102")]
    with PracticeCameras(rooms, discovery=True) as cameras:
        began = time.monotonic()
        found = discover(networks=LOOPBACK, clock=SystemClock(), limit_s=1.0, **way)  # type: ignore[arg-type]
        assert time.monotonic() - began < 2.0
        assert {url for camera in found for url in camera.urls} >= {camera.onvif_url for camera in cameras}
        assert len({camera.endpoint for camera in found}) == len(found)


def test_one_host_is_asked_where_multicast_does_not_reach_and_noise_is_survived() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind(("127.0.0.1", 0))
        device.settimeout(5)

        def reply() -> None:
            for _ in range(2):
                question, asker = device.recvfrom(65536)
                message_id = re.search(rb"urn:uuid:([0-9a-f-]{36})", question)
                assert message_id is not None
                device.sendto(b"<noise", asker)
                device.sendto(answer(related=message_id[0].decode()), asker)

        device_thread = threading.Thread(target=reply)
        device_thread.start()
        port = device.getsockname()[1]
        found = discover(networks=LOOPBACK, clock=SystemClock(), limit_s=0.5, host="127.0.0.1", port=port)
        device_thread.join()
    assert [(camera.endpoint, camera.sender) for camera in found] == [("urn:uuid:1", "127.0.0.1")]


def test_a_camera_outside_the_sites_networks_is_not_shown() -> None:
    assert read(answer("http://8.8.8.8/x")) == []
    assert read(answer("http://camera.example/x")) == []  # a name would be looked up for a stranger
    assert read(answer("http://8.8.8.8/x http://127.0.0.1/y"))[0].urls == ("http://127.0.0.1/y",)


def test_a_name_cannot_move_the_cursor() -> None:
    (camera,) = read(answer())
    assert (camera.name, camera.hardware) == ("Room 101", "X 1")


@pytest.mark.parametrize(
    "content",
    [
        answer(related=f"urn:uuid:{uuid4()}"),
        answer(related=""),
        answer(xaddrs=""),
        answer(xaddrs="file:///etc/passwd"),
        answer(prolog='<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        b"",
        b"<a/>",
        b"\x00" * 100,
    ],
)
def test_what_is_no_clean_answer_to_our_question_is_dropped(content: bytes) -> None:
    assert read(content) == []


@given(st.binary(max_size=300))
def test_no_datagram_is_an_error(content: bytes) -> None:
    assert read(content) == []


def test_an_interface_that_does_not_exist_is_told() -> None:
    with pytest.raises(OSError, match="no interface"):
        discover(networks=LOOPBACK, clock=SystemClock(), limit_s=0.2, interface="nope0")
