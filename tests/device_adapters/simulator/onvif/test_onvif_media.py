"""What the camera says about its streams is true, in both media services; the exceptions are the ones asked for."""

from __future__ import annotations

from ipaddress import IPv4Address
from urllib.parse import urlsplit

import av
import cv2
import httpx
import numpy as np
import pytest

from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import Black, CameraSpec
from tests.device_adapters.simulator.onvif.conftest import StartCamera
from tests.device_adapters.simulator.onvif.onvif_client import NS, OnvifClient

ALL_PROFILES = "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>"


def stream_setup(profile: str, stream: str = "RTP-Unicast", protocol: str = "RTSP") -> str:
    return (
        f"<trt:GetStreamUri><trt:StreamSetup><tt:Stream>{stream}</tt:Stream><tt:Transport><tt:Protocol>{protocol}"
        f"</tt:Protocol></tt:Transport></trt:StreamSetup><trt:ProfileToken>{profile}</trt:ProfileToken></trt:GetStreamUri>"
    )


def stream_uri2(client: OnvifClient, profile: str) -> str:
    answer = client.ask(
        f"<tr2:GetStreamUri><tr2:Protocol>RtspUnicast</tr2:Protocol><tr2:ProfileToken>{profile}</tr2:ProfileToken>"
        "</tr2:GetStreamUri>",
        "media2_service",
    )
    return answer.text("tr2:Uri") or ""


def snapshot_uri(client: OnvifClient, profile: str = "main") -> str:
    body = f"<tr2:GetSnapshotUri><tr2:ProfileToken>{profile}</tr2:ProfileToken></tr2:GetSnapshotUri>"
    return client.ask(body, "media2_service").text("tr2:Uri") or ""


def picture(client: OnvifClient) -> np.ndarray:
    answer = client.http.get(snapshot_uri(client), auth=httpx.DigestAuth(client.user, client.password))
    assert answer.headers["content-type"] == "image/jpeg"
    return cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)


def test_the_services_are_listed_with_addresses_that_answer(client: OnvifClient) -> None:
    body = "<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>"
    answer = client.ask(body, header="")
    listed = dict(zip(answer.texts("tds:Namespace"), answer.texts("tds:XAddr"), strict=True))
    assert set(listed) == {NS[prefix] for prefix in ("tds", "trt", "tr2", "tptz", "tev")}
    for prefix in ("tds", "trt", "tr2", "tptz", "tev"):
        told = client.ask(f"<{prefix}:GetServiceCapabilities/>", listed[NS[prefix]], header="")
        assert told.status == 200
        assert told.find(f"{prefix}:Capabilities") is not None


def test_the_old_way_of_asking_knows_nothing_of_media2(client: OnvifClient) -> None:
    whole = client.ask("<tds:GetCapabilities/>", header="")
    assert all(whole.text(f"tt:{name}/tt:XAddr") for name in ("Device", "Events", "Media", "PTZ"))
    assert b"media2" not in b"".join(part.encode() for part in whole.texts("tt:XAddr"))
    part = client.ask("<tds:GetCapabilities><tds:Category>Media</tds:Category></tds:GetCapabilities>", header="")
    assert len(part.texts("tt:XAddr")) == 1


def test_media2_knows_h265_and_media1_calls_it_h264(client: OnvifClient) -> None:
    second = client.ask(ALL_PROFILES, "media2_service")
    assert second.texts("tt:Encoding") == ["H265", "H264"]
    assert second.texts("tt:Resolution/tt:Width") == ["1920", "1280"]
    first = client.ask("<trt:GetProfiles/>", "media_service")
    assert first.texts("tt:Encoding") == ["H264", "H264"]
    assert [found.get("token") for found in first.root.iterfind(".//trt:Profiles", NS)] == ["main", "sub"]


def test_media2_tells_configurations_only_of_the_types_asked_for(client: OnvifClient) -> None:
    bare = client.ask("<tr2:GetProfiles/>", "media2_service")
    assert bare.texts("tr2:Name") == ["mainStream", "subStream"]
    assert bare.texts("tr2:Configurations") == []
    one = client.ask(
        "<tr2:GetProfiles><tr2:Token>sub</tr2:Token><tr2:Type>VideoEncoder</tr2:Type></tr2:GetProfiles>",
        "media2_service",
    )
    assert [child.tag.rpartition("}")[2] for child in one.find("tr2:Configurations")] == ["VideoEncoder"]
    assert one.find("tr2:VideoEncoder").get("GovLength") == "20"


def test_the_stream_behind_the_sub_profile_is_what_is_described(client: OnvifClient) -> None:
    uri = stream_uri2(client, "sub")
    assert client.ask(stream_setup("sub"), "media_service").text("tt:Uri") == uri
    parts = urlsplit(uri)
    assert parts.username is None
    login = f"rtsp://{client.user}:{client.password}@{parts.netloc}{parts.path}"
    with av.open(login, options={"rtsp_transport": "tcp"}, timeout=15) as stream:
        video = stream.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 1280, 720)


def test_the_h265_stream_is_described_and_not_there(client: OnvifClient) -> None:
    parts = urlsplit(stream_uri2(client, "main"))
    with pytest.raises(av.error.HTTPNotFoundError):
        av.open(f"rtsp://{client.user}:{client.password}@{parts.netloc}{parts.path}", options={"rtsp_transport": "tcp"})


@pytest.mark.parametrize(
    ("body", "service", "code"),
    [
        (stream_setup("other"), "media_service", "ter:NoProfile"),
        (stream_setup("main", stream="RTP-Multicast"), "media_service", "ter:InvalidStreamSetup"),
        (stream_setup("main", protocol="PIGEON"), "media_service", "ter:InvalidStreamSetup"),
        ("<trt:GetStreamUri><trt:ProfileToken>main</trt:ProfileToken></trt:GetStreamUri>", "media_service",
         "ter:InvalidArgs"),
        ("<tr2:GetProfiles><tr2:Type>All</tr2:Type><tr2:Token>main</tr2:Token></tr2:GetProfiles>", "media2_service",
         "ter:InvalidArgs"),
        ("<tr2:GetProfiles><trt:Type>All</trt:Type></tr2:GetProfiles>", "media2_service", "ter:InvalidArgs"),
        ("<tr2:DeleteProfile/>", "media2_service", "ter:ActionNotSupported"),
        ("<tr2:GetProfiles/>", "media_service", "ter:ActionNotSupported"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_code(client: OnvifClient, body: str, service: str, code: str) -> None:
    answer = client.ask(body, service)
    assert answer.status in (400, 500)
    assert answer.fault[-1] == code


def test_a_snapshot_is_the_present_picture_for_who_has_the_password(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    assert client.http.get(snapshot_uri(client)).status_code == 401
    bright = picture(client)
    assert bright.shape == (720, 1280, 3)
    handle.apply(Black())
    dark = picture(client)
    assert dark.mean() < 40 < bright.mean()


def test_an_older_camera_has_no_media2_and_may_tell_local_time_alone(start: StartCamera) -> None:
    _, client = start(OnvifSpec(media2=False, events=False, tells_utc=False))
    body = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
    assert client.ask(body).texts("tds:Namespace") == [NS["tds"], NS["trt"]]
    assert client.send(ALL_PROFILES, "media2_service").status_code == 404
    date = client.ask("<tds:GetSystemDateAndTime/>", header="")
    assert (date.texts("tt:UTCDateTime"), len(date.texts("tt:LocalDateTime"))) == ([], 1)


def test_behind_nat_every_address_is_an_inside_one(start: StartCamera) -> None:
    handle, client = start(OnvifSpec(inside_address=IPv4Address("192.168.1.64")))
    body = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
    told = client.ask(body).texts("tds:XAddr")
    told += [stream_uri2(client, "main"), snapshot_uri(client)]
    created = client.ask("<tev:CreatePullPointSubscription/>", "event_service")
    told.append(created.text("wsa:Address") or "")
    assert {urlsplit(address).hostname for address in told} == {"192.168.1.64"}
    assert urlsplit(handle.onvif_url).hostname == "127.0.0.1"


def test_a_device_with_sound_only_has_a_profile_without_video() -> None:
    with PracticeCameras([CameraSpec(path="/sound", has_video=False, onvif=OnvifSpec())]) as cameras:
        client = OnvifClient(cameras[0].onvif_url, cameras.user, cameras.password)
        answer = client.ask(ALL_PROFILES, "media2_service")
        assert (answer.texts("tr2:Name"), answer.texts("tt:Encoding")) == (["mainStream"], [])
        body = "<tr2:GetSnapshotUri><tr2:ProfileToken>main</tr2:ProfileToken></tr2:GetSnapshotUri>"
        assert client.ask(body, "media2_service").fault[-1] == "ter:IncompleteConfiguration"
        address = cameras[0].onvif_url.replace("/onvif/device_service", "/snapshot/main.jpg")
        digest = httpx.DigestAuth(client.user, client.password)
        assert client.http.get(address, auth=digest).status_code == 404
