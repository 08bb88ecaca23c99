"""Access units in, fragmented MP4 out: one fragment a picture, nothing re-encoded.

One `FragmentMuxer` lives as long as one run, so that the time in its files (tfdt) is the media time of the run.
FFmpeg makes the init segment, once; the fragments (ISO/IEC 14496-12 §8.8) are a fixed head of 112 bytes and the
camera's bytes, which is less work than a call of FFmpeg's muxer for every picture. A picture's fragment comes out
when the next picture goes in, which is when its duration is known.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error

from device_adapters.interfaces import CameraFault, CameraFaultKind, StreamInfo, VideoPacket
from edge_agent.capture.annexb import parameter_sets

TIMESCALE = 90_000
TRACK_ID = 1
FIRST_TICKS = TIMESCALE // 25  # of a live run's first picture, before a step is known
_TICK = Fraction(1, TIMESCALE)
_OPTIONS = {
    "movflags": "frag_every_frame+empty_moov+default_base_moof+skip_trailer",
    "use_editlist": "0",
    "video_track_timescale": str(TIMESCALE),
}
_HEAD = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIIIIIi I4s")
_MOOF_BYTES = 104
_TRAF_BYTES = 80
_BASE_IS_MOOF = 0x020000  # tfhd: offsets count from this moof
_TRUN = 0x01000F01  # version 1 (signed composition offsets); data offset, then duration, size, flags and offset of each
_SYNC, _NOT_SYNC = 0x02000000, 0x01010000  # sample_depends_on, sample_is_non_sync_sample


def to_ms(ticks: int) -> int:
    return round(ticks * 1000 / TIMESCALE)


@dataclass(slots=True)
class MuxedPicture:
    """One picture's `moof` + `mdat`, in `pieces` that follow each other on disk; the media bytes among them are views
    of the camera's own. `start` and `end` are decode times in the run, ticks of 1/90000 s."""

    pieces: tuple[bytes | memoryview, ...]
    size: int
    start: int
    end: int
    keyframe: bool


class FragmentMuxer:
    """`first`: the key frame that begins the run; its decode time is 0 of the run. `init` is ftyp + moov, made from the
    parameter sets that come with this key frame, or else from those of the SDP; so is the picture size.

    Raises CameraFault NOT_VIDEO when no picture size can be learnt.
    """

    def __init__(self, info: StreamInfo, first: VideoPacket) -> None:
        self.parameters = parameter_sets(first.data, info.codec) or parameter_sets(info.extradata, info.codec)
        self._scale = TIMESCALE * info.time_base[0], info.time_base[1]
        self._zero = first.dts
        self._number = 0
        self._interval = self._newest = 0
        self._waiting: tuple[VideoPacket, list[tuple[int, int]]] | None = None
        try:
            self.width, self.height, self.init = _init_segment(info.codec, self.parameters, first.data)
        except av.error.FFmpegError:
            raise CameraFault(CameraFaultKind.NOT_VIDEO, "a key frame that cannot be read") from None

    def changes(self, packet: VideoPacket, info: StreamInfo) -> bool:
        """True for a key frame whose parameter sets are not those of this run."""
        found = parameter_sets(packet.data, info.codec)
        return bool(found) and found != self.parameters

    def mux(self, packet: VideoPacket, units: list[tuple[int, int]]) -> MuxedPicture | None:
        """Put one picture in, with the places of its NAL units; get the picture before it. Raises CameraFault
        NOT_VIDEO."""
        before, self._waiting = self._waiting, (packet, units)
        if before is None:
            return None
        start = self._ticks(before[0].dts)
        self._interval = self._ticks(packet.dts) - start
        return self._fragment(*before, start)

    def at_once(self, packet: VideoPacket, units: list[tuple[int, int]]) -> MuxedPicture:
        """Put one picture in and get it, without the next to tell how long it lasts: as long as the step before it did.
        For live pictures; a muxer does either this or `mux`. Raises CameraFault NOT_VIDEO."""
        start = self._ticks(packet.dts)
        self._interval = min(max(1, start - self._newest), TIMESCALE) if self._number else FIRST_TICKS
        self._newest = start
        return self._fragment(packet, units, start)

    def close(self) -> MuxedPicture | None:
        """The last picture; it lasts as long as the one before it."""
        last, self._waiting = self._waiting, None
        return None if last is None else self._fragment(*last, self._ticks(last[0].dts))

    def _fragment(self, packet: VideoPacket, units: list[tuple[int, int]], start: int) -> MuxedPicture:
        view, size = memoryview(packet.data), 0
        media: list[bytes | memoryview] = []
        for begin, end in units:
            media += (end - begin).to_bytes(4, "big"), view[begin:end]
            size += 4 + end - begin
        self._number += 1
        try:
            head = _HEAD.pack(
                _MOOF_BYTES, b"moof", 16, b"mfhd", 0, self._number & 0xFFFFFFFF, _TRAF_BYTES, b"traf",
                16, b"tfhd", _BASE_IS_MOOF, TRACK_ID, 20, b"tfdt", 0x01000000, start,
                36, b"trun", _TRUN, 1, _MOOF_BYTES + 8, self._interval, size,
                _SYNC if packet.is_keyframe else _NOT_SYNC, self._ticks(packet.pts) - start, size + 8, b"mdat",
            )  # fmt: skip
        except struct.error:
            raise CameraFault(CameraFaultKind.NOT_VIDEO, "a picture whose times cannot be stored") from None
        return MuxedPicture((head, *media), len(head) + size, start, start + self._interval, packet.is_keyframe)

    def _ticks(self, stamp: int) -> int:
        up, down = self._scale
        return ((stamp - self._zero) * up + down // 2) // down


def _init_segment(codec: str, parameters: bytes, key: bytes) -> tuple[int, int, bytes]:
    """(width, height, ftyp + moov) by FFmpeg, which reads the picture size out of the parameter sets."""
    sample, sink = parameters + key, io.BytesIO()
    with av.open(io.BytesIO(sample), format=codec, options={"probesize": str(len(sample) + 4096)}) as source:
        picture = source.streams.video[0]
        if not (picture.width and picture.height):
            raise CameraFault(CameraFaultKind.NOT_VIDEO, "a key frame without a picture size")
        with av.open(sink, "w", format="mp4", options=_OPTIONS) as container:
            stream = container.add_stream_from_template(picture, opaque=True)
            stream.time_base = _TICK
            stream.codec_context.extradata = parameters
            if codec == "hevc":
                stream.codec_context.codec_tag = "hvc1"  # what Safari plays; FFmpeg's own choice is hev1
            container.start_encoding()
            container_init = sink.getvalue()
        return picture.width, picture.height, container_init
