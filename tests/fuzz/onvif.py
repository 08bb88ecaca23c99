"""ONVIF, both ways: the adapter against a camera whose every answer may be damaged, the practice camera's device
against damaged requests, and discovery against datagrams from anybody."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_network
from types import TracebackType
from uuid import UUID

from config.clock import SystemClock
from device_adapters.cameras.discovery import read_answer
from device_adapters.cameras.onvif import connect
from device_adapters.interfaces import OnvifFault
from device_adapters.simulator.onvif.soap import SoapFault, read_envelope
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.practice import PracticeCameras
from device_adapters.simulator.script import CameraSpec
from tests.fuzz.failure import Failure, errors_logged
from tests.fuzz.mutate import mutated, mutated_lines

LIMIT_S = 1.5  # of one call
CASE_LIMIT_S = 30.0  # a case makes up to nine calls, some with a second attempt; each is bounded by itself
NETWORKS = [ip_network("127.0.0.0/8")]
QUESTION = UUID("5d1b3c1e-7f0a-4a51-9d0c-2f6a6d1f0001")
_SPEC = CameraSpec(path="/room-101", people=1, onvif=OnvifSpec(ptz=True))


class DamagingProxy:
    """HTTP, one request a connection; `change` gets each whole answer and gives the octets to send instead."""

    def __init__(self, port: int, change: Callable[[bytes], bytes]) -> None:
        self._target = ("127.0.0.1", port)
        self._change = change
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> DamagingProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target, timeout=5) as camera:
            client.settimeout(5)
            threading.Thread(target=_pump, args=(client, camera), daemon=True).start()
            answer = b""
            while data := camera.recv(65536):
                answer += data
            client.sendall(self._change(answer))


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


class Damage:
    """In the case of this seed: some answers, head or body; the body's new length is told, or is not."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._often = self._random.choice((0.15, 0.5, 1.0))

    def __call__(self, answer: bytes) -> bytes:
        if self._random.random() > self._often:
            return answer
        head, _, body = answer.partition(b"\r\n\r\n")
        if self._random.random() < 0.2:
            return mutated_lines(head, self._random) + b"\r\n\r\n" + body
        body = _strange_text(body, self._random) if self._random.random() < 0.5 else mutated(body, self._random)
        if self._random.random() < 0.9:
            lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
            head = b"\r\n".join([*lines, f"Content-Length: {len(body)}".encode()])
        return head + b"\r\n\r\n" + body


def _strange_text(body: bytes, random_source: random.Random) -> bytes:
    """Well-formed XML whose texts and attributes are not what anybody expects."""
    marks = [at for at in range(len(body)) if body[at : at + 1] in (b">", b'"')]
    if not marks:
        return body
    start = random_source.choice(marks) + 1
    end = body.find(b"<" if body[start - 1 : start] == b">" else b'"', start)
    value = random_source.choice(
        (b"", b"-1", b"1e999", b"NaN", b"99999999999999999999", b"\xe2\x80\xae", b"http://[::1", b"rtsp://8.8.8.8/x",
         b"PT0S", b"-P9999999Y", b"0000-00-00T99:99:99Z", b"9" * 5000, b"file:///etc/passwd", b"&#0;", b"&lt;x&gt;")
    )  # fmt: skip
    return body[:start] + value + body[end:] if end >= 0 else body


def ask_everything(url: str, user: str, password: str, *, events: bool) -> str:
    """All an installer's probe asks; `events` take a second. Raises only what is a bug."""
    try:
        camera = connect(url, networks=NETWORKS, clock=SystemClock(), user=user, password=password, limit_s=LIMIT_S)
    except OnvifFault as fault:
        return fault.kind.value
    faults = 0
    asked: list[Callable[[], object]] = [camera.information, camera.time]
    if events:
        asked.append(lambda: list(camera.events(1)))
    with contextlib.suppress(OnvifFault):
        for profile in camera.profiles()[:2]:
            asked += [
                lambda one=profile: camera.stream_uri(one),  # type: ignore[misc]
                lambda one=profile: camera.snapshot(one),  # type: ignore[misc]
                lambda one=profile: camera.presets(one),  # type: ignore[misc]
            ]
    for ask in asked:
        try:
            ask()
        except OnvifFault:
            faults += 1
    camera.close()
    return f"{len(asked) - faults} of {len(asked)} answered"


def fuzz_adapter(first: int, seconds: float) -> tuple[int, list[Failure]]:
    """Cases from seed `first` on for `seconds`; how many, and what went wrong."""
    failures, seed = [], first
    with PracticeCameras([_SPEC]) as cameras, ThreadPoolExecutor(1) as asker:
        port = int(cameras[0].onvif_url.rsplit(":", 1)[1].partition("/")[0])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with DamagingProxy(port, Damage(seed)) as proxy:
                url = f"http://127.0.0.1:{proxy.port}/onvif/device_service"
                try:
                    question = partial(ask_everything, url, cameras.user, cameras.password, events=seed % 4 == 0)
                    asker.submit(question).result(CASE_LIMIT_S)
                except TimeoutError:
                    failures.append(Failure(seed, f"takes more than {CASE_LIMIT_S:g} s"))
                    break  # the thread that asks is lost
                except Exception as error:
                    failures.append(Failure(seed, repr(error)))
            seed += 1
    return seed - first, failures


def fuzz_device(first: int, seconds: float) -> tuple[int, list[Failure]]:
    """The practice camera's device: damaged requests, then a good one that must be answered."""
    failures, seed = [], first
    with errors_logged() as errors, PracticeCameras([_SPEC]) as cameras:
        port = int(cameras[0].onvif_url.rsplit(":", 1)[1].partition("/")[0])
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            source = random.Random(seed)
            name, body = source.choice(_QUESTIONS)
            head = (
                f"POST /onvif/{name}_service HTTP/1.1\r\nHost: camera\r\nContent-Type: application/soap+xml\r\n"
                f"Content-Length: {{}}\r\nConnection: close\r\n\r\n"
            )
            envelope = _ENVELOPE.format(body=body).encode()
            damage = source.choice((mutated, mutated_lines, _strange_text))
            if source.random() < 0.7:
                envelope = damage(envelope, source)
                request = head.format(len(envelope)).encode() + envelope
            else:
                request = damage(head.format(len(envelope)).encode(), source) + envelope
            _told(port, request)
            good = _ENVELOPE.format(body=_QUESTIONS[0][1]).encode()
            answer = _told(port, head.replace(name, "device", 1).format(len(good)).encode() + good)
            what = "" if answer.startswith(b"HTTP/1.1 200") else f"no good answer to the next one: {answer[:80]!r}"
            what = what or "".join(errors)
            if what:
                failures.append(Failure(seed, what[-1500:]))
                errors.clear()
            seed += 1
    return seed - first, failures


def _told(port: int, request: bytes) -> bytes:
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(2)
        while data := client.recv(65536):
            answer += data
    return answer


def fuzz_discovery(first: int, seconds: float) -> tuple[int, list[Failure]]:
    """Datagrams, read by the adapter (as answers) and by the practice camera (as questions)."""
    failures, seed = [], first
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        source = random.Random(seed)
        data = source.choice((mutated, _strange_text))(_MATCH.encode(), source)
        try:
            for camera in read_answer(data, "127.0.0.1", [QUESTION], NETWORKS):
                assert camera.endpoint and all(url.startswith(("http://127.", "https://127.")) for url in camera.urls)
            with contextlib.suppress(SoapFault):
                read_envelope(data)
        except Exception as error:
            failures.append(Failure(seed, repr(error)))
        seed += 1
    return seed - first, failures


_ENVELOPE = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"
 xmlns:tev="http://www.onvif.org/ver10/events/wsdl"><s:Header/><s:Body>{body}</s:Body></s:Envelope>"""
_QUESTIONS = (
    ("device", "<tds:GetSystemDateAndTime/>"),
    ("device", "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"),
    ("device", "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>"),
    ("media", "<trt:GetProfiles/>"),
    ("media2", "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>"),
    ("event", "<tev:GetServiceCapabilities/>"),
)
_MATCH = f"""<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:1</a:MessageID>
<a:RelatesTo>urn:uuid:{QUESTION}</a:RelatesTo>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches>
<d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:2</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/Cam onvif://www.onvif.org/hardware/X
</d:Scopes><d:XAddrs>http://127.0.0.1:80/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""
