"""One camera while somebody at the centre looks at it: its sub-stream, passed on picture by picture.

A thread of its own with a session of its own: the recorder's is not touched. Nothing is encoded anew but the still
pictures. What was sent since the newest key frame is kept, so that who begins to look need not wait for the next.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from config.clock import Clock, epoch_ms
from device_adapters.interfaces import Camera, CameraFault, CameraFaultKind, PacketStream, StreamInfo, VideoPacket
from edge_agent.capture.annexb import begins_whole, nal_units, parameter_sets
from edge_agent.capture.backoff import Backoff
from edge_agent.capture.keyframes import newest
from edge_agent.capture.muxer import FragmentMuxer
from edge_agent.capture.timekeeping import wall_offset_s
from edge_agent.live.outgoing import Outgoing
from edge_agent.live.still import Stills, jpeg
from supervisor.contract.live import CameraSays, FrameKind, LiveReason, LiveState, Wanted, frame

_LOG = logging.getLogger(__name__)
STILL_S = 1.0
SLOW_S = 10.0  # after fragments had to be dropped, only still pictures for so long
GROUP_FRAMES, GROUP_BYTES = 600, 6 * 1024 * 1024
STALE_MS = 10_000


@dataclass(slots=True)
class _Run:
    """Of one connection: from the key frame that began its muxer on."""

    info: StreamInfo
    stills: Stills
    offset_s: float
    muxer: FragmentMuxer | None = None
    newest_dts: int = 0


class LiveCamera:
    """`recordings`: where the recorder writes; its newest key frame is shown until the camera has answered."""

    def __init__(
        self,
        wanted: Wanted,
        camera: Camera,
        outgoing: Outgoing,
        clock: Clock,
        recordings: Path,
        allowed: Callable[[], bool],
    ) -> None:
        self.camera_id: UUID = wanted.camera_id
        self.channel = wanted.channel
        self._wanted = wanted
        self._camera = camera
        self._outgoing = outgoing
        self._clock = clock
        self._recordings = recordings
        self._allowed = allowed
        self._stopping = threading.Event()
        self._group: list[bytes] = []
        self._group_bytes = 0
        self._sending = False  # the centre has an init segment and all since
        self._slow_until = float("-inf")
        self._still_from = float("-inf")
        self._said: tuple[LiveState, str | None, LiveReason | None] | None = None
        self._thread = threading.Thread(target=self._run, name=f"live {self.camera_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wish(self, wanted: Wanted) -> None:
        """Another thread may call it: the next picture finds it."""
        if wanted.pictures and not self._wanted.pictures:
            self._still_from = float("-inf")
        self._wanted = wanted

    def stop(self) -> None:
        self._stopping.set()

    def join(self, limit_s: float) -> bool:
        self._thread.join(limit_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        backoff = Backoff()
        self._say(LiveState.ASKING)
        self._recorded()
        while not self._stopping.is_set():
            wait_s = STILL_S
            try:
                if self._allowed():
                    self._connection(backoff)
                else:
                    self._say(LiveState.DOWN, reason=LiveReason.NO_LESSON)
            except CameraFault as fault:
                wait_s = backoff.wait_s(fault.kind, self._clock.monotonic())
                self._say(LiveState.DOWN, reason=LiveReason(fault.kind.value))
            except Exception as error:  # noqa: BLE001 - a picture that surprises ends this camera's connection, nothing else
                _LOG.error("live camera %s: %s", self.camera_id, type(error).__name__)  # never its text: the address
                wait_s = backoff.wait_s(CameraFaultKind.NOT_VIDEO, self._clock.monotonic())
                self._say(LiveState.DOWN, reason=LiveReason.NOT_VIDEO)
            self._stopping.wait(wait_s)

    def _recorded(self) -> None:
        """A still picture at once, from the recording that is under way."""
        now_ms = epoch_ms(self._clock.now())
        found = newest(self._recordings, str(self.camera_id), now_ms - STALE_MS)
        coded = None if found is None else jpeg(found.image)
        if found is not None and coded is not None:
            self._outgoing.picture(self.channel, frame(self.channel, FrameKind.PICTURE, found.at_ms, coded))

    def _connection(self, backoff: Backoff) -> None:
        stream: PacketStream = self._camera.open()
        try:
            sets = parameter_sets(stream.info.extradata, stream.info.codec)
            run = _Run(stream.info, Stills(stream.info.codec, sets), wall_offset_s(self._clock))
            self._begin_group()
            for packet in stream.packets():
                if self._stopping.is_set():
                    return
                self._packet(run, packet)
                if packet.is_keyframe:
                    backoff.succeeded()
                    if not self._allowed():
                        return
        finally:
            stream.close()

    def _packet(self, run: _Run, packet: VideoPacket) -> None:
        at_ms = round((run.offset_s + packet.arrived_monotonic) * 1000)
        if packet.is_keyframe and not begins_whole(packet.data, run.info.codec):
            return
        if run.info.codec == "h264":
            self._fragment(run, packet, at_ms)
        elif packet.is_keyframe:
            self._say(LiveState.PICTURE, reason=LiveReason.CODEC)
        wants_still = self._wanted.pictures or run.info.codec != "h264" or self._clock.monotonic() < self._slow_until
        if packet.is_keyframe and wants_still and self._clock.monotonic() >= self._still_from:
            coded = run.stills.of(packet.data)
            if coded is not None:
                self._still_from = self._clock.monotonic() + 0.9 * STILL_S
                self._outgoing.picture(self.channel, frame(self.channel, FrameKind.PICTURE, at_ms, coded))

    def _fragment(self, run: _Run, packet: VideoPacket, at_ms: int) -> None:
        muxer = run.muxer
        if packet.is_keyframe and (muxer is None or muxer.changes(packet, run.info)):
            muxer = run.muxer = FragmentMuxer(run.info, packet)
            self._begin_group()
        elif muxer is None or packet.dts <= run.newest_dts:
            return
        run.newest_dts = packet.dts
        piece = muxer.at_once(packet, nal_units(packet.data))
        kind = FrameKind.KEY if packet.is_keyframe else FrameKind.FRAGMENT
        one = frame(self.channel, kind, at_ms, b"".join(piece.pieces))
        if kind is FrameKind.KEY:
            self._group, self._group_bytes = [frame(self.channel, FrameKind.INIT, at_ms, muxer.init)], 0
        if self._group:
            self._group.append(one)
            self._group_bytes += len(one)
            if len(self._group) > GROUP_FRAMES or self._group_bytes > GROUP_BYTES:
                self._begin_group()
        self._pass_on(muxer, kind, one)

    def _pass_on(self, muxer: FragmentMuxer, kind: FrameKind, one: bytes) -> None:
        now = self._clock.monotonic()
        if now < self._slow_until:
            return
        self._say(LiveState.VIDEO, codec=codec_name(muxer.parameters))
        if not self._wanted.fragments:
            self._sending = False
            return
        if self._sending:
            frames = [one]
        elif self._group:
            frames, self._sending = list(self._group), True
        else:
            return
        if not self._outgoing.fragments(self.channel, *frames):
            self._slow_until, self._sending = now + SLOW_S, False
            self._still_from = float("-inf")
            self._say(LiveState.PICTURE, reason=LiveReason.SLOW_UPLINK)

    def _begin_group(self) -> None:
        self._group, self._group_bytes = [], 0
        self._sending = False

    def _say(self, state: LiveState, *, codec: str | None = None, reason: LiveReason | None = None) -> None:
        if self._said == (state, codec, reason):
            return
        self._said = (state, codec, reason)
        if state is not LiveState.VIDEO:
            self._sending = False
        said = CameraSays(camera_id=self.camera_id, channel=self.channel, state=state, codec=codec, reason=reason)
        self._outgoing.say(self.channel, said.model_dump_json())


def codec_name(parameters: bytes) -> str:
    """RFC 6381: profile, constraints and level, the three octets after the head of the sequence parameter set."""
    for begin, end in nal_units(parameters):
        if parameters[begin] & 0x1F == 7 and end - begin >= 4:
            return f"avc1.{parameters[begin + 1 : begin + 4].hex()}"
    raise CameraFault(CameraFaultKind.NOT_VIDEO, "no sequence parameter set")
