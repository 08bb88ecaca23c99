"""A client of somebody else's making, onvif-zeep as it is published, understands every answer.

It parses with the ONVIF project's own WSDLs and refuses what does not fit them.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from onvif import ONVIFCamera, ONVIFError

from device_adapters.simulator.onvif.soap import NS
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import CameraHandle, PracticeCameras
from device_adapters.simulator.script import CameraSpec, ClockOffset

SPEC = CameraSpec(path="/room-103", people=2, onvif=OnvifSpec(ptz=True, subscriptions_max=32))


@pytest.fixture(scope="module")
def zeep_cameras() -> Iterator[PracticeCameras]:
    with PracticeCameras([SPEC]) as cameras:
        yield cameras


def connect(cameras: PracticeCameras, *, password: str | None = None, adjust_time: bool = False) -> ONVIFCamera:
    parts = urlsplit(cameras[0].onvif_url)
    secret = cameras.password if password is None else password
    return ONVIFCamera(parts.hostname, parts.port, cameras.user, secret, adjust_time=adjust_time)


@pytest.fixture(scope="module")
def zeep(zeep_cameras: PracticeCameras) -> ONVIFCamera:
    return connect(zeep_cameras)


def test_zeep_reads_who_the_camera_is_and_its_services(zeep: ONVIFCamera) -> None:
    assert zeep.devicemgmt.GetDeviceInformation().Model == "Practice camera"
    assert zeep.devicemgmt.GetSystemDateAndTime().UTCDateTime.Date.Year >= 2026
    assert len(zeep.devicemgmt.GetServices({"IncludeCapability": True})) == 5
    capabilities = zeep.devicemgmt.GetCapabilities({"Category": "All"})
    assert capabilities.Media.StreamingCapabilities.RTP_RTSP_TCP is True
    assert capabilities.Events.WSPullPointSupport is True
    assert zeep.devicemgmt.GetServiceCapabilities().Security.UsernameToken is True
    assert any(scope.ScopeItem.endswith("/Profile/Streaming") for scope in zeep.devicemgmt.GetScopes())


def test_zeep_reads_profiles_and_addresses(zeep: ONVIFCamera, zeep_cameras: PracticeCameras) -> None:
    media = zeep.create_media_service()
    main, sub = media.GetProfiles()
    assert (main.token, sub.token, main.VideoEncoderConfiguration.Encoding) == ("main", "sub", "H264")
    assert main.VideoEncoderConfiguration.H264.GovLength == 20
    assert main.PTZConfiguration.NodeToken == "node"
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = media.GetStreamUri({"StreamSetup": setup, "ProfileToken": "main"}).Uri
    assert uri == f"rtsp://127.0.0.1:{zeep_cameras.port}/room-103"
    assert media.GetSnapshotUri({"ProfileToken": "sub"}).Uri.endswith("/snapshot/sub.jpg")
    assert media.GetVideoSources()[0].Framerate == 10


def test_zeep_moves_the_head(zeep: ONVIFCamera) -> None:
    head = zeep.create_ptz_service()
    assert head.GetNodes()[0].SupportedPTZSpaces.ContinuousPanTiltVelocitySpace[0].XRange.Max == 1
    assert [preset.Name for preset in head.GetPresets({"ProfileToken": "main"})] == ["whole room", "front rows", "door"]
    head.GotoPreset({"ProfileToken": "main", "PresetToken": "3"})
    assert head.GetStatus({"ProfileToken": "main"}).Position.PanTilt.x == pytest.approx(0.8)
    head.ContinuousMove({"ProfileToken": "main", "Velocity": {"PanTilt": {"x": 0.1, "y": 0.0}}})
    head.Stop({"ProfileToken": "main", "PanTilt": True, "Zoom": False})
    assert head.GetStatus({"ProfileToken": "main"}).MoveStatus.PanTilt == "IDLE"


def test_zeep_pulls_events(zeep: ONVIFCamera, zeep_cameras: PracticeCameras) -> None:
    handle: CameraHandle = zeep_cameras[0]
    events = zeep.create_events_service()
    assert events.GetEventProperties().FixedTopicSet is True
    pullpoint = zeep.create_pullpoint_service()
    ask = {"Timeout": "PT5S", "MessageLimit": 10}
    first = [message.Message._value_1 for message in pullpoint.PullMessages(ask).NotificationMessage]
    assert [message.get("PropertyOperation") for message in first] == ["Initialized", "Initialized"]
    handle.raise_event("tamper", is_active=True)
    (message,) = pullpoint.PullMessages(ask).NotificationMessage
    item = message.Message._value_1.find("tt:Data/tt:SimpleItem", NS)
    assert (item.get("Name"), item.get("Value")) == ("IsTamper", "true")


def test_zeep_is_refused_with_a_wrong_password_or_against_a_wrong_clock(zeep_cameras: PracticeCameras) -> None:
    with pytest.raises(ONVIFError, match="not Authorized"):
        connect(zeep_cameras, password="wrong").devicemgmt.GetDeviceInformation()
    zeep_cameras[0].apply(ClockOffset(offset_s=3600))
    try:
        with pytest.raises(ONVIFError, match="not Authorized"):
            connect(zeep_cameras).devicemgmt.GetDeviceInformation()
        adjusted = connect(zeep_cameras, adjust_time=True)
        assert adjusted.devicemgmt.GetDeviceInformation().Manufacturer == "LessonProof"
    finally:
        zeep_cameras[0].apply(ClockOffset(offset_s=0))
