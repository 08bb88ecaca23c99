"""WS-Discovery over real multicast on the loopback interface: found by who looks for it, and only then."""

from __future__ import annotations

import socket
import struct
import time
import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from lxml import etree

from device_adapters.simulator.onvif.device_service import endpoint
from device_adapters.simulator.onvif.discovery import GROUP, PORT
from device_adapters.simulator.onvif.soap import NS
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec, Drop
from tests.device_adapters.simulator.onvif.onvif_client import envelope

LOOPBACK = socket.inet_aton("127.0.0.1")
HERE = CameraSpec(path="/discovered", has_video=False, onvif=OnvifSpec())
ALSO = CameraSpec(path="/discovered-too", has_video=False, onvif=OnvifSpec())
OTHER = CameraSpec(path="/no-onvif", has_video=False)


@pytest.fixture(scope="module")
def found_cameras() -> Iterator[PracticeCameras]:
    with PracticeCameras([HERE, ALSO, OTHER], discovery=True) as cameras:
        yield cameras


def message(name: str, body: str) -> tuple[bytes, str]:
    """The datagram and its MessageID."""
    number = uuid.uuid4().urn
    header = (
        f"<wsa4:MessageID>{number}</wsa4:MessageID><wsa4:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa4:To>"
        f"<wsa4:Action>{NS['d']}/{name}</wsa4:Action>"
    )
    return envelope(body, header).encode(), number


def names(cameras: PracticeCameras) -> list[str]:
    return [endpoint(camera, "127.0.0.1", cameras.port) for camera in (HERE, ALSO)]


def answers(cameras: PracticeCameras, datagram: bytes, number: str, wait_s: float = 1.0) -> list[etree._Element]:
    """What comes back to one datagram from these cameras, whoever else may be about."""
    found = []
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as door:
        door.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, LOOPBACK)
        door.sendto(datagram, (GROUP, PORT))
        end = time.monotonic() + wait_s
        while (left := end - time.monotonic()) > 0:
            door.settimeout(left)
            try:
                answer = etree.fromstring(door.recv(65536))
            except TimeoutError:
                break
            is_ours = answer.findtext(".//wsa4:EndpointReference/wsa4:Address", "", NS) in names(cameras)
            if is_ours and answer.findtext(".//wsa4:RelatesTo", "", NS) == number:
                found.append(answer)
    return found


def probe(cameras: PracticeCameras, inside: str = "") -> list[etree._Element]:
    return answers(cameras, *message("Probe", f"<d:Probe>{inside}</d:Probe>"))


def test_each_camera_with_onvif_answers_a_probe_with_its_own_address(found_cameras: PracticeCameras) -> None:
    matches = probe(found_cameras, "<d:Types>dn:NetworkVideoTransmitter</d:Types>")
    addresses = {found.findtext(".//d:XAddrs", "", NS) for found in matches}
    assert addresses == {found_cameras[0].onvif_url, found_cameras[1].onvif_url}
    types = matches[0].find(".//d:Types", NS)
    assert types.text == "dn:NetworkVideoTransmitter tds:Device"
    assert (types.nsmap["dn"], types.nsmap["tds"]) == (NS["dn"], NS["tds"])
    assert "onvif://www.onvif.org/Profile/Streaming" in matches[0].findtext(".//d:Scopes", "", NS).split()


@pytest.mark.parametrize(
    ("inside", "count"),
    [
        ("", 2),
        ("<d:Types>tds:Device</d:Types>", 2),
        ("<d:Types>dn:NetworkVideoTransmitter dn:Toaster</d:Types>", 0),
        ("<d:Types>trt:NetworkVideoTransmitter</d:Types>", 0),
        ("<d:Types>unknown:NetworkVideoTransmitter</d:Types>", 0),
        ("<d:Scopes>onvif://www.onvif.org/Profile onvif://www.onvif.org/type</d:Scopes>", 2),
        ("<d:Scopes>onvif://www.onvif.org/Pro</d:Scopes>", 0),
        (f'<d:Scopes MatchBy="{NS["d"]}/strcmp0">onvif://www.onvif.org/location/practice/discovered</d:Scopes>', 1),
        (f'<d:Scopes MatchBy="{NS["d"]}/uuid">onvif://www.onvif.org/Profile/Streaming</d:Scopes>', 0),
    ],
)
def test_only_what_fits_types_and_scopes_answers(found_cameras: PracticeCameras, inside: str, count: int) -> None:
    assert len(probe(found_cameras, inside)) == count


def test_a_resolve_finds_the_one_camera_that_is_meant(found_cameras: PracticeCameras) -> None:
    who = f"<wsa4:EndpointReference><wsa4:Address>{names(found_cameras)[1]}</wsa4:Address></wsa4:EndpointReference>"
    (match,) = answers(found_cameras, *message("Resolve", f"<d:Resolve>{who}</d:Resolve>"))
    assert match.find(".//d:ResolveMatch", NS) is not None
    assert match.findtext(".//d:XAddrs", "", NS) == found_cameras[1].onvif_url


@pytest.mark.parametrize("rubbish", [b"", b"\xff" * 2000, b"<a/>", b"<!DOCTYPE a []><a/>", b"<d:Probe/>"])
def test_rubbish_is_not_answered_and_does_no_harm(found_cameras: PracticeCameras, rubbish: bytes) -> None:
    assert answers(found_cameras, rubbish, "", 0.3) == []
    assert len(probe(found_cameras)) == 2


def test_a_camera_whose_line_is_cut_is_not_found(found_cameras: PracticeCameras) -> None:
    found_cameras[1].apply(Drop(for_s=1.5))
    assert [found.findtext(".//d:XAddrs", "", NS) for found in probe(found_cameras)] == [found_cameras[0].onvif_url]
    time.sleep(1)
    assert len(probe(found_cameras)) == 2


def test_a_camera_says_hello_and_bye() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((GROUP, PORT))
        door.setsockopt(
            socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("4s4s", socket.inet_aton(GROUP), LOOPBACK)
        )
        door.settimeout(5)
        visitor = CameraSpec(path="/visitor", has_video=False, onvif=OnvifSpec())
        with PracticeCameras([visitor], discovery=True) as cameras:
            address, name = cameras[0].onvif_url, endpoint(visitor, "127.0.0.1", cameras.port)
        seen: list[tuple[str, str]] = []
        while len(seen) < 2:
            heard = etree.fromstring(door.recv(65536))
            if heard.findtext(".//wsa4:Address", "", NS) == name:
                seen.append(
                    (etree.QName(heard.find("env:Body", NS)[0]).localname, heard.findtext(".//d:XAddrs", "", NS))
                )
        assert seen == [("Hello", address), ("Bye", "")]


def test_discovery_needs_an_interface_and_a_camera_to_find() -> None:
    with pytest.raises(ValueError, match="camera with onvif"):
        PracticeCameras([OTHER], discovery=True)
