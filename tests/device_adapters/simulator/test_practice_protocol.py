"""The bare RTSP conversation: right answers to right and wrong requests, and a server that survives garbage."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from itertools import islice
from urllib.parse import urlsplit

import pytest

from device_adapters.simulator.practice import PracticeCameras
from tests.device_adapters.simulator.rtsp_client import RtspClient


def test_options_names_the_methods_without_a_password(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        answer = client.ask("OPTIONS")
        assert answer.status == 200
        assert set(answer.header("public").split(", ")) >= {"DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER"}


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_password_opens_the_description(cameras: PracticeCameras, algorithm: str) -> None:
    with RtspClient(cameras[0].url, algorithm=algorithm) as client:
        answer = client.log_in()
        assert answer.status == 200
        assert answer.header("content-type") == "application/sdp"
        assert b"sprop-parameter-sets=" in answer.body


def test_a_wrong_password_is_refused_and_the_line_closed_after_five(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url, password="guess") as client:
        assert client.log_in().status == 401
        assert [client.ask("DESCRIBE").status for _ in range(4)] == [401] * 4
        with pytest.raises((EOFError, ConnectionError)):
            client.ask("DESCRIBE")


def test_without_the_password_nobody_learns_which_paths_exist(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        assert client.ask("DESCRIBE", client.url + "-not-there").status == 401
        client.log_in()
        assert client.ask("DESCRIBE", client.url + "-not-there").status == 404


def test_udp_is_refused_with_461(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        client.log_in()
        track = f"{client.url}/trackID=0"
        assert client.ask("SETUP", track, Transport="RTP/AVP;unicast;client_port=5000-5001").status == 461
        both = "RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=4-5"
        answer = client.ask("SETUP", track, Transport=both)
        assert answer.status == 200
        assert "interleaved=4-5" in answer.header("transport")
        assert "timeout=60" in answer.header("session")


def test_methods_out_of_order_unknown_or_of_another_session_are_refused(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        client.log_in()
        assert client.ask("PLAY").status == 455
        assert client.ask("TEARDOWN").status == 454
        assert client.ask("RECORD").status == 405
        assert client.ask("DANCE").status == 501
        assert client.ask("DESCRIBE", Require="time-travel").status == 551
        client.play()
        client.session = "another"
        assert client.ask("GET_PARAMETER").status == 454


def test_a_session_is_kept_alive_and_ends_when_asked(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        assert client.play().header("rtp-info").startswith("url=rtsp://")
        assert client.ask("GET_PARAMETER").status == 200
        assert client.ask("TEARDOWN").status == 200
        assert client.stream.read() == b""


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n", 400),  # a TLS client
        (b"OPTIONS * RTSP/1.0\r\n\r\n", 400),  # no CSeq
        (b"OPTIONS * RTSP/1.0\r\nCSeq: one\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nno colon here\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS " + b"x" * 100_000, 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n" + b"A: b\r\n" * 20_000, 400),
        (b"\x00" * 20_000, 400),
        (b"\xff\xfe\n", 400),
    ],
)
def test_a_malformed_request_is_answered_and_the_server_lives(
    cameras: PracticeCameras, garbage: bytes, status: int
) -> None:
    parts = urlsplit(cameras[0].url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        with suppress(ConnectionError):  # it may close before it has read all of it
            line.sendall(garbage)
        answer = b""
        with suppress(ConnectionError):
            while more := line.recv(4096):
                answer += more
        assert answer.startswith(b"RTSP/1.0 %d " % status) or len(garbage) > 8192
    with RtspClient(cameras[0].url) as client:
        assert client.ask("OPTIONS").status == 200


@pytest.mark.parametrize("uri", ["rtsp://[", "*", "rtsp://x:y:z/%00", "/../../etc/passwd"])
def test_a_strange_address_is_not_found(cameras: PracticeCameras, uri: str) -> None:
    with RtspClient(cameras[0].url) as client:
        client.log_in()
        assert client.ask("DESCRIBE", uri).status in {401, 404}
        assert client.ask("OPTIONS").status == 200


def test_sender_reports_count_exactly_what_was_sent(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        client.play()
        packets = octets = reports = 0
        for number, (channel, packet) in enumerate(client.packets()):
            if channel == 0:
                packets, octets = packets + 1, octets + len(packet) - 12
                continue
            assert reports or number == 0, "the first report comes before the first picture"
            assert struct.unpack("!II", packet[20:28]) == (packets, octets)
            reports += 1
            if reports == 3:
                return
        pytest.fail("the server closed")


def test_a_key_frame_is_one_slice_with_its_parameter_sets_before_it(cameras: PracticeCameras) -> None:
    with RtspClient(cameras[0].url) as client:
        client.play()
        kinds: dict[int, list[int]] = {}
        for channel, packet in islice(client.packets(), 330):
            if channel:
                continue
            stamp, kind = struct.unpack("!I", packet[4:8])[0], packet[12] & 31
            if kind != 28:
                kinds.setdefault(stamp, []).append(kind)
            elif packet[13] & 0x80:
                kinds.setdefault(stamp, []).append(packet[13] & 31)
        units = list(kinds.values())
        assert units[0] == [7, 8, 5]
        assert [units.index(unit, n) for n, unit in enumerate(units) if 5 in unit][:2] == [0, 20]
        assert all(unit in ([7, 8, 5], [1]) for unit in units[:-1])
