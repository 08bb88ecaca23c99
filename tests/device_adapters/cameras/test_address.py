"""Which camera addresses are tried at all, and what of them may be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import EdgeSettings
from device_adapters.cameras.address import checked_address, redact
from device_adapters.interfaces import CameraFault, CameraFaultKind

NETWORKS = tuple(EdgeSettings().camera_networks)


@pytest.mark.parametrize(
    ("url", "numeric"),
    [
        ("rtsp://127.0.0.1/a", "rtsp://127.0.0.1:554/a"),
        ("rtsp://u:p%40@192.168.1.20:8554/s?ch=1", "rtsp://u:p%40@192.168.1.20:8554/s?ch=1"),
        ("rtsps://10.1.2.3", "rtsps://10.1.2.3:322/"),
        ("rtsp://[fd00::1]:554/x", "rtsp://[fd00::1]:554/x"),
        ("rtsp://[::ffff:192.168.1.5]/x", "rtsp://192.168.1.5:554/x"),
    ],
)
def test_an_address_of_the_site_is_opened_by_number(url: str, numeric: str) -> None:
    assert checked_address(url, NETWORKS).url == numeric


def test_a_name_is_resolved_once_and_opened_where_it_was_checked() -> None:
    address = checked_address("rtsp://u:secret@localhost/x", NETWORKS)
    assert address.url in ("rtsp://u:secret@127.0.0.1:554/x", "rtsp://u:secret@[::1]:554/x")
    assert address.shown == "rtsp://localhost:554/x"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://8.8.8.8/x", "rtsp://[::ffff:8.8.8.8]/x", "rtsp://169.254.169.254/latest", "rtsp://[2001:db8::1]/x",
        "http://127.0.0.1/x", "file:///etc/passwd", "concat:/etc/passwd", "127.0.0.1/x", "rtsp:///x", "rtsp://",
        "rtsp://127.0.0.1/a b", "rtsp://127.0.0.1/a\r\nX: y", "rtsp://127.0.0.1\\@8.8.8.8/", "rtsp://127.0.0.1:99999/x",
        "rtsp://127.0.0.1|rtsp://8.8.8.8/", "rtsp://[fe80::1%eth0]/x", "rtsp://摄像机/x",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(CameraFault) as caught:
        checked_address(url, NETWORKS)
    assert caught.value.kind is CameraFaultKind.FORBIDDEN


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    with pytest.raises(CameraFault) as caught:
        checked_address("rtsp://no-such-camera.invalid/x", NETWORKS)
    assert caught.value.kind is CameraFaultKind.UNREACHABLE


@given(st.text(max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        checked_address("rtsp://127.0.0.1/" + text, NETWORKS)
    except CameraFault as fault:
        assert fault.kind is CameraFaultKind.FORBIDDEN


@pytest.mark.parametrize(
    "text",
    [
        "cannot open rtsp://admin:hunter22@10.0.0.1/x: refused",
        "rtsp://10.0.0.1/x?user=admin&password=hunter22&channel=1",
        "rtsp://10.0.0.1/x?pwd=hunter22",
        "login hunter22 failed",
    ],
)
def test_a_password_is_never_shown(text: str) -> None:
    assert "hunter22" not in redact(text, "hunter22")
    assert "hunter22" not in redact(text) or "://" not in text


def test_the_repr_of_an_address_has_no_password() -> None:
    assert "secret" not in repr(checked_address("rtsp://u:secret@127.0.0.1/x", NETWORKS))
