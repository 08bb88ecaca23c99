"""A camera over RTSP, by PyAV: packets as the camera sent them, never decoded, with a time limit on every call.

What FFmpeg does and this module answers for (measured, FFmpeg 8.1):
- `timeout` (µs) and PyAV's own limits are both set; `stimeout` is dead and would be ignored in silence.
- A silent camera first yields the picture FFmpeg's parser still held, one limit late, and fails one limit later: the
  late picture is taken as the sign, so a stall is seen after one limit.
- A camera that vanishes ends the iteration without an exception: ENDED.
- PyAV puts the whole URL, password included, into its exceptions: they are never chained, their text is never used.
- `probesize=32` opens in 0.1 s with the size from the SDP; without a size there, the stream is opened again with
  probing.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import av
import av.error
from av.container import InputContainer
from av.packet import Packet as _AvPacket

from config.clock import Clock
from device_adapters.cameras.address import CameraAddress, Network, checked_address, redact
from device_adapters.cameras.redirect import not_redirected
from device_adapters.interfaces import CameraFault, CameraFaultKind, SenderReport, StreamInfo, VideoPacket

RECORDABLE = ("h264", "hevc")
OPEN_LIMIT_S = 5.0
PROBE_LIMIT_S = 10.0  # waiting for a key frame, when the SDP does not tell the size
COLLECT_S = 0.115
"""Over TCP, pictures are left to collect in the socket and then taken two or three at a time: work on a picture costs
several times less right after the work on the one before it, with the processor's caches warm. What `kill -9` may cost
grows by this much, and so does the error of `arrived_monotonic` (late, never early)."""
REPORT_EVERY_S = 4.0
"""Sender reports are not looked for more often: to ask a packet for its side data costs a twentieth of recording it."""
WAITED_S = 0.002  # a read that took longer waited for the camera: the socket is empty
_SENDER_REPORT = struct.Struct("@I4x8x4xII")  # ssrc, NTP time, RTP time, packets, octets
_PROTOCOLS = "rtsp,rtsps,rtp,srtp,tcp,udp,tls"


class RtspCamera:
    """One camera address. `url` may carry user and password; nothing this class raises or shows does. `collect_s`: as
    COLLECT_S; 0 for who wants each picture at once."""

    def __init__(
        self,
        url: str,
        *,
        networks: Sequence[Network],
        clock: Clock,
        transport: str = "tcp",
        stall_after_s: float = 5.0,
        collect_s: float = COLLECT_S,
    ) -> None:
        if transport not in ("tcp", "udp"):
            raise ValueError("transport is tcp or udp")
        self._url = url
        self._networks = tuple(networks)
        self._clock = clock
        self._transport = transport
        self._stall_after_s = stall_after_s
        self._collect_s = collect_s

    def open(self) -> RtspStream:
        """Connect, log in and start the stream. Raises CameraFault; takes at most OPEN_LIMIT_S, or PROBE_LIMIT_S
        more for a camera that does not tell its picture size."""
        address = checked_address(self._url, self._networks)
        with not_redirected(address, OPEN_LIMIT_S, self._clock):
            container = self._connect(address, OPEN_LIMIT_S, {"probesize": "32"})
            stream = _video(container)
            if stream is not None and not (stream.width and stream.height):
                container.close()
                container = self._connect(address, PROBE_LIMIT_S, {})
                stream = _video(container)
        if stream is None or not (stream.width and stream.height):
            container.close()
            raise CameraFault(CameraFaultKind.NOT_VIDEO, f"{address.shown} sends no H.264 or H.265 picture")
        collect_s = self._collect_s if self._transport == "tcp" else 0.0  # UDP has no room to wait in
        return RtspStream(container, address, self._clock, self._stall_after_s, collect_s, self._secrets())

    def _connect(self, address: CameraAddress, limit_s: float, options: dict[str, str]) -> InputContainer:
        fault: CameraFault | None = None
        asked = self._clock.monotonic()
        try:
            return av.open(
                address.url,
                options={
                    "rtsp_transport": self._transport,
                    "allowed_media_types": "video",
                    "timeout": str(round(limit_s * 1_000_000)),
                    "protocol_whitelist": _PROTOCOLS,
                    **options,
                },
                timeout=(limit_s, self._stall_after_s),
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if self._clock.monotonic() - asked >= 0.95 * limit_s:  # FFmpeg has several names for its own time limit
                fault = CameraFault(CameraFaultKind.UNREACHABLE, f"no answer from {address.shown} within {limit_s:g} s")
            else:
                fault = _fault(error, address, self._secrets())
        raise fault  # outside the except block, so that PyAV's own text is not even its context

    def _secrets(self) -> tuple[str, ...]:
        parts = urlsplit(self._url)
        password = parts.password or ""
        return password, unquote(password)


class RtspStream:
    """An open stream: `info` says what it is, `packets` yields it, `close` lets the camera go."""

    def __init__(
        self,
        container: InputContainer,
        address: CameraAddress,
        clock: Clock,
        stall_after_s: float,
        collect_s: float,
        secrets: tuple[str, ...],
    ) -> None:
        stream = _video(container)
        assert stream is not None and stream.time_base is not None
        self._container = container
        self._stream = stream
        self._address = address
        self._clock = clock
        self._stall_after_s = stall_after_s
        self._collect_s = collect_s
        self._secrets = secrets
        self._first: VideoPacket | None = None
        self.info = StreamInfo(
            codec=stream.codec_context.name,
            width=stream.width,
            height=stream.height,
            extradata=stream.codec_context.extradata or b"",
            time_base=(stream.time_base.numerator, stream.time_base.denominator),
        )

    def packets(self) -> Iterator[VideoPacket]:
        """Access units with stamps, until the stream ends. Raises CameraFault STALLED after `stall_after_s` without a
        picture, ENDED when the camera or the line closes."""
        fault: CameraFault | None = None
        ask_from = 0.0
        monotonic, stalled_s = self._clock.monotonic, 0.95 * self._stall_after_s
        demuxer = self._container.demux(self._stream)
        while fault is None:
            asked = monotonic()
            try:
                packet = next(demuxer)
            except StopIteration:
                fault = CameraFault(CameraFaultKind.ENDED, f"{self._address.shown} closed the stream")
                continue
            except (av.error.FFmpegError, OSError, ValueError) as error:
                fault = _fault(error, self._address, self._secrets, playing=True)
                continue
            arrived = monotonic()
            waited_s = arrived - asked
            if waited_s >= stalled_s:
                arrived = asked
                fault = CameraFault(
                    CameraFaultKind.STALLED, f"no picture from {self._address.shown} for {self._stall_after_s:g} s"
                )
            pts, dts = packet.pts, packet.dts
            if pts is None or dts is None:
                self._first = _unstamped_first(packet, arrived)
                continue
            if self._first is not None:
                if packet.duration:
                    yield replace(self._first, pts=dts - packet.duration, dts=dts - packet.duration)
                self._first = None
            key = packet.is_keyframe
            ntp_us = _camera_ntp_us(packet) if key else None
            report = _sender_report(packet) if arrived >= ask_from else None
            if report is not None:
                ask_from = arrived + REPORT_EVERY_S
            yield VideoPacket(bytes(packet), pts, dts, key, arrived, ntp_us, report)
            if waited_s > WAITED_S and self._collect_s:
                self._clock.sleep(self._collect_s)
        raise fault

    def close(self) -> None:
        self._container.close()


def _video(container: InputContainer) -> av.VideoStream | None:
    for stream in container.streams.video:
        if stream.codec_context is not None and stream.codec_context.name in RECORDABLE:
            return stream
    return None


def _unstamped_first(packet: _AvPacket[Any], arrived: float) -> VideoPacket | None:
    """The first access unit of a connection, to be stamped from the one after it: it is a key frame more often than
    not, and dropping it would cost a whole group of pictures at every reconnect."""
    if packet.pts is not None or not packet.is_keyframe or not packet.size:
        return None
    return VideoPacket(bytes(packet), 0, 0, True, arrived, None)


def _camera_ntp_us(packet: _AvPacket[Any]) -> int | None:
    """FFmpeg's AVProducerReferenceTime, built from the RTCP sender report: its first field is µs since 1970 (RFC
    3550 §6.4.1)."""
    if not packet.has_sidedata("prft"):
        return None
    return int.from_bytes(bytes(packet.get_sidedata("prft"))[:8], "little", signed=True)


def _sender_report(packet: _AvPacket[Any]) -> SenderReport | None:
    """FFmpeg's AVRTCPSenderReport, with the first picture after it."""
    if not packet.has_sidedata("rtcp_sr"):
        return None
    ssrc, packets, octets = _SENDER_REPORT.unpack_from(bytes(packet.get_sidedata("rtcp_sr")))
    return SenderReport(ssrc, packets, octets)


def _fault(error: Exception, address: CameraAddress, secrets: tuple[str, ...], playing: bool = False) -> CameraFault:
    """What PyAV's exception means. Only its errno text is used, never its message."""
    kind = CameraFaultKind.ENDED if playing else CameraFaultKind.UNREACHABLE
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            kind = CameraFaultKind.UNAUTHORIZED
        case av.error.HTTPNotFoundError():
            kind = CameraFaultKind.NOT_FOUND
        case av.error.HTTPClientError():
            kind = CameraFaultKind.NOT_VIDEO
        case av.error.ExitError() | av.error.TimeoutError():
            kind = CameraFaultKind.STALLED if playing else CameraFaultKind.UNREACHABLE
        case av.error.InvalidDataError() if not playing:
            kind = CameraFaultKind.NOT_VIDEO
    text = redact(str(getattr(error, "strerror", "") or type(error).__name__), *secrets)
    return CameraFault(kind, f"{address.shown}: {text}")
