"""The ONVIF adapter against the strict practice camera: clocks, logins, addresses, streams, events."""

from __future__ import annotations

import io
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_network

import av
import pytest

from config.clock import SystemClock
from device_adapters.cameras.onvif import OnvifCamera, connect, live_profile, main_profile
from device_adapters.cameras.rtsp import RtspCamera
from device_adapters.interfaces import OnvifDevice, OnvifFault, OnvifFaultKind
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import CameraHandle, PracticeCameras
from device_adapters.simulator.script import CameraSpec, ClockOffset

PASSWORD = "geheim/47 11@#"
NETWORKS = (ip_network("127.0.0.0/8"),)
CLOCK = SystemClock()
KINDS = {
    "strict": OnvifSpec(zulu_only=True, ptz=True, clock_skew_s=3),
    "refuses-with-401": OnvifSpec(refusal_status=401),
    "media1-local-time": OnvifSpec(media2=False, tells_utc=False),
    "digest-only": OnvifSpec(authentication="http_digest"),
    "either": OnvifSpec(authentication="either"),
    "h265": OnvifSpec(h265=True),
    "inside": OnvifSpec(inside_address=IPv4Address("192.168.77.1")),
    "few-subscriptions": OnvifSpec(subscriptions_max=1),
    "no-events": OnvifSpec(events=False),
    "garbage": OnvifSpec(fault="garbage"),
}
HOUR, DAY, YEAR = 3600, 86400, 365 * 86400


@pytest.fixture(scope="module")
def cameras() -> Iterator[dict[str, CameraHandle]]:
    specs = [CameraSpec(path=f"/{name}", room=name, onvif=spec) for name, spec in KINDS.items()]
    with PracticeCameras(specs, password=PASSWORD) as running:
        yield dict(zip(KINDS, running, strict=True))


def connected(camera: CameraHandle, password: str = PASSWORD, user: str = "camera") -> OnvifCamera:
    return connect(camera.onvif_url, networks=NETWORKS, clock=CLOCK, user=user, password=password)


GOOD = ["strict", "refuses-with-401", "media1-local-time", "digest-only", "either", "h265", "inside"]


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_of_camera_tells_itself_its_streams_and_a_picture(
    name: str, cameras: dict[str, CameraHandle]
) -> None:
    device: OnvifDevice = connected(cameras[name])
    assert device.information().model == "Practice camera"
    assert abs(device.time().offset_s) <= device.time().uncertainty_s + 0.5
    profiles = device.profiles()
    assert {profile.service for profile in profiles} == {"media1" if name.startswith("media1") else "media2"}
    profile = main_profile(profiles)
    assert profile is not None and profile.fps and profile.bit_rate and profile.gop
    with av.open(io.BytesIO(device.snapshot(profile)), format="image2pipe") as picture:
        assert next(picture.decode(video=0)).width == 1280


@pytest.mark.parametrize("name", ["strict", "media1-local-time", "inside"])
def test_the_stream_address_opens_with_an_odd_password_in_it(name: str, cameras: dict[str, CameraHandle]) -> None:
    device = connected(cameras[name])
    profile = main_profile(device.profiles())
    assert profile is not None
    url = device.stream_uri(profile)
    assert PASSWORD not in repr(url) and "@127.0.0.1:" in url.get_secret_value()
    stream = RtspCamera(url.get_secret_value(), networks=NETWORKS, clock=CLOCK).open()
    try:
        assert (stream.info.codec, stream.info.width) == ("h264", 1280)
        assert next(stream.packets()).data
    finally:
        stream.close()


@pytest.mark.parametrize("offset_s", [HOUR, -HOUR, 120, -DAY, -9 * YEAR, 9 * YEAR])
@pytest.mark.parametrize("name", ["strict", "media1-local-time", "digest-only"])
def test_a_wrong_camera_clock_is_measured_and_does_not_keep_us_out(
    name: str, offset_s: float, cameras: dict[str, CameraHandle]
) -> None:
    camera = cameras[name]
    camera.apply(ClockOffset(offset_s=offset_s))
    try:
        device = connected(camera)
        assert device.information().model == "Practice camera"
        time = device.time()
        assert abs(time.offset_s - offset_s) <= time.uncertainty_s + 0.5
    finally:
        camera.apply(ClockOffset(offset_s=0))


@pytest.mark.parametrize("name", ["strict", "refuses-with-401", "digest-only", "either"])
@pytest.mark.parametrize(("user", "password"), [("camera", "wrong-4711"), ("nobody", PASSWORD)])
def test_a_wrong_login_is_unauthorized_and_shows_no_password(
    name: str, user: str, password: str, cameras: dict[str, CameraHandle]
) -> None:
    with pytest.raises(OnvifFault) as caught:
        connected(cameras[name], password, user)
    error: BaseException | None = caught.value
    assert caught.value.kind is OnvifFaultKind.UNAUTHORIZED
    while error is not None:
        assert password not in f"{error!r} {error}"
        error = error.__cause__ or error.__context__


def test_h265_is_told_right_and_the_small_h264_stream_is_found(cameras: dict[str, CameraHandle]) -> None:
    profiles = connected(cameras["h265"]).profiles()
    main = main_profile(profiles)
    assert main is not None and main.codec == "hevc"
    assert "h264" in {profile.codec for profile in profiles}
    live = live_profile(profiles)
    assert live is None or live.codec == "h264"


def test_an_inside_address_is_replaced_by_the_known_one(cameras: dict[str, CameraHandle]) -> None:
    device = connected(cameras["inside"])
    profile = main_profile(device.profiles())
    assert profile is not None
    assert "192.168.77.1" not in device.stream_uri(profile).get_secret_value()
    assert list(device.events(0.5))


def test_presets_are_told_and_gone_to_where_the_camera_moves(cameras: dict[str, CameraHandle]) -> None:
    device = connected(cameras["strict"])
    profile = main_profile(device.profiles())
    assert profile is not None
    presets = device.presets(profile)
    assert [preset.name for preset in presets]
    device.go_to(profile, presets[0])
    still = connected(cameras["either"])
    assert all(still.presets(profile) == () for profile in still.profiles())


def test_events_carry_their_topic_and_come_while_they_happen(cameras: dict[str, CameraHandle]) -> None:
    camera = cameras["strict"]
    events = connected(camera).events(10)
    next(events)  # how things stand: so it listens
    camera.raise_event("tamper", is_active=True)
    changed = next(event for event in events if event.operation == "Changed")
    events.close()
    camera.raise_event("tamper", is_active=False)
    assert (changed.topic, dict(changed.data)) == ("tns1:RuleEngine/TamperDetector/Tamper", {"IsTamper": "true"})
    assert changed.at is not None and abs((changed.at - CLOCK.now()).total_seconds()) < 10


def test_a_subscription_is_given_back_however_the_iteration_ends(cameras: dict[str, CameraHandle]) -> None:
    device = connected(cameras["few-subscriptions"])
    for _ in range(3):
        events = device.events(30)
        assert next(events).topic
        events.close()
    first = device.events(30)
    next(first)
    with pytest.raises(OnvifFault) as caught:
        next(device.events(1))
    first.close()
    assert caught.value.kind is OnvifFaultKind.REFUSED


def test_connecting_makes_no_subscription(cameras: dict[str, CameraHandle]) -> None:
    for _ in range(3):
        connected(cameras["few-subscriptions"])
    assert list(connected(cameras["few-subscriptions"]).events(0.5))


def test_what_a_camera_does_not_offer_is_refused(cameras: dict[str, CameraHandle]) -> None:
    with pytest.raises(OnvifFault) as caught:
        next(connected(cameras["no-events"]).events(1))
    assert caught.value.kind is OnvifFaultKind.REFUSED


def test_garbage_is_called_garbage(cameras: dict[str, CameraHandle]) -> None:
    with pytest.raises(OnvifFault) as caught:
        connected(cameras["garbage"])
    assert caught.value.kind is OnvifFaultKind.GARBAGE
