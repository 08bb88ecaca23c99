"""Addresses, times and stream choice of the ONVIF adapter, without a device."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_network
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from device_adapters.cameras.onvif.addresses import entrance
from device_adapters.cameras.onvif.camera_time import camera_time
from device_adapters.cameras.onvif.plain import number, plain, whole
from device_adapters.cameras.onvif.profiles import live_profile, main_profile, media2_profiles
from device_adapters.cameras.onvif.schema import _PackagedFiles, document
from device_adapters.interfaces import MediaProfile, OnvifFault, OnvifFaultKind

NETWORKS = (ip_network("10.0.0.0/8"), ip_network("127.0.0.0/8"), ip_network("::1/128"))
ASKED = datetime(2026, 11, 23, 4, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("10.0.0.5", "http://10.0.0.5:80/onvif/device_service"),
        ("10.0.0.5:8080", "http://10.0.0.5:8080/onvif/device_service"),
        ("http://10.0.0.5/", "http://10.0.0.5:80/onvif/device_service"),
        ("https://10.0.0.5/own/path", "https://10.0.0.5:443/own/path"),
        ("http://admin:geheim@10.0.0.5", "http://10.0.0.5:80/onvif/device_service"),
        ("::1", "http://[::1]:80/onvif/device_service"),
    ],
)
def test_what_a_person_writes_becomes_the_device_service(written: str, url: str) -> None:
    assert entrance(written, NETWORKS).url == url


@pytest.mark.parametrize(
    ("told", "used"),
    [
        ("http://192.168.1.64/onvif/media", "http://10.0.0.5:8080/onvif/media"),
        ("http://10.0.0.5:5000/onvif/events?id=1", "http://10.0.0.5:5000/onvif/events?id=1"),
        ("http://user:x@8.8.8.8:1/a", "http://10.0.0.5:8080/a"),
    ],
)
def test_a_service_is_always_on_the_known_host(told: str, used: str) -> None:
    assert entrance("10.0.0.5:8080", NETWORKS).service(told) == used


@pytest.mark.parametrize(
    "told", ["", None, "file:///etc/passwd", "http://", "http://[", "http://a:0/", "http://a/\n", "x"]
)
def test_an_address_that_is_none_is_garbage_or_forbidden(told: str | None) -> None:
    with pytest.raises(OnvifFault) as caught:
        assert entrance("10.0.0.5", NETWORKS).service(told).endswith("/")
        raise OnvifFault(OnvifFaultKind.GARBAGE)
    assert caught.value.kind in (OnvifFaultKind.GARBAGE, OnvifFaultKind.FORBIDDEN)


@given(user=st.text(min_size=1, max_size=20), password=st.text(max_size=20))
def test_any_login_survives_being_put_into_the_stream_address(user: str, password: str) -> None:
    try:
        user.encode(), password.encode()
    except UnicodeEncodeError:
        return
    parts = urlsplit(entrance("10.0.0.5", NETWORKS).stream("rtsp://192.168.0.9:8554/a?b=c", user, password))
    assert (unquote(parts.username or ""), unquote(parts.password or "")) == (user, password)
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("10.0.0.5", 8554, "/a", "b=c")


def moment(*, year: int = 2026, month: int = 11, hour: int = 4) -> SimpleNamespace:
    return SimpleNamespace(
        Date=SimpleNamespace(Year=year, Month=month, Day=23), Time=SimpleNamespace(Hour=hour, Minute=0, Second=10)
    )


def test_the_offset_is_against_the_middle_of_the_answer_and_of_the_second() -> None:
    time = camera_time(SimpleNamespace(UTCDateTime=moment(), DateTimeType="NTP"), ASKED, rtt_s=1.0)
    assert (time.offset_s, time.uncertainty_s, time.by_ntp) == (10.0, 1.0, True)


@pytest.mark.parametrize(("zone", "hour"), [("CST-8", 12), ("<+0530>-5:30", 9), ("UTC0", 4), ("EST5EDT", 23), ("", 12)])
def test_a_camera_without_utc_is_read_by_its_zone_and_else_by_chinas(zone: str, hour: int) -> None:
    told = SimpleNamespace(UTCDateTime=None, LocalDateTime=moment(hour=hour), TimeZone=SimpleNamespace(TZ=zone))
    offset_s = camera_time(told, ASKED, rtt_s=0).offset_s
    expected = {"<+0530>-5:30": -1800 + 10.5, "EST5EDT": 86400 + 10.5}.get(zone, 10.5)
    assert offset_s == pytest.approx(expected)


@pytest.mark.parametrize(
    "told", [None, SimpleNamespace(UTCDateTime=moment(month=13)), SimpleNamespace(UTCDateTime="x")]
)
def test_a_time_that_is_none_is_garbage(told: object) -> None:
    with pytest.raises(OnvifFault) as caught:
        camera_time(told, ASKED, 0)
    assert caught.value.kind is OnvifFaultKind.GARBAGE


def test_the_descriptions_are_parsed_once_for_all_cameras_and_fetch_nothing() -> None:
    assert document("media") is document("media")
    assert document("events") is document("pullpoint")
    with pytest.raises(ValueError, match="does not come with"):
        _PackagedFiles().load("/etc/passwd")  # type: ignore[no-untyped-call]


def profile(codec: str, width: int, height: int, **more: object) -> MediaProfile:
    told = {"token": f"{codec}{width}", "name": "", "service": "media2", "fps": 25.0, "bit_rate": None, "gop": None}
    return MediaProfile(codec=codec, width=width, height=height, audio=False, ptz=False, **{**told, **more})  # type: ignore[arg-type]


def test_the_largest_is_recorded_and_the_largest_small_h264_is_shown() -> None:
    large, hevc = profile("h264", 1920, 1080), profile("hevc", 2560, 1440)
    small, tiny, small_hevc = profile("h264", 640, 480), profile("h264", 352, 288), profile("hevc", 640, 480)
    offered = [tiny, small_hevc, large, profile("jpeg", 4000, 3000), hevc, small]
    assert main_profile(offered) is hevc
    assert live_profile(offered) is small
    assert live_profile([large, small_hevc]) is None
    assert live_profile([hevc, large]) is large
    assert live_profile([large, profile("h264", 1280, 720)]) == profile("h264", 1280, 720)
    assert main_profile([profile("jpeg", 640, 480)]) is None


def test_media2_tells_h265_its_numbers_and_its_audio() -> None:
    body = etree.fromstring(
        """<b xmlns:t="x" xmlns:tt="y"><t:Profiles token="p"><t:Name>main\x7f</t:Name><t:Configurations>
        <t:VideoEncoder token="v" GovLength="50"><tt:Encoding>H265</tt:Encoding><tt:Resolution><tt:Width>2560</tt:Width>
        <tt:Height>1440</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>12.5</tt:FrameRateLimit>
        <tt:BitrateLimit>2048</tt:BitrateLimit></tt:RateControl></t:VideoEncoder><t:AudioEncoder/></t:Configurations>
        </t:Profiles><t:Profiles/><t:Profiles token="empty"/></b>"""
    )
    full, empty = media2_profiles(body)
    assert full == MediaProfile("p", "main", "media2", "hevc", 2560, 1440, 12.5, 2_048_000, 50, True, False)
    assert (empty.codec, empty.width, empty.fps) == ("", 0, None)


@given(st.text())
def test_text_of_a_device_is_one_short_printable_line(told: str) -> None:
    shown = plain(told)
    assert len(shown) <= 200 and (shown == "" or shown.isprintable())


def test_numbers_of_a_device_are_finite_and_positive() -> None:
    assert (number("2.5"), number("nan"), number("inf"), number("x"), number(None)) == (2.5, None, None, None, None)
    assert (whole("50"), whole(0), whole(-3), whole("1e99")) == (50, None, None, None)
