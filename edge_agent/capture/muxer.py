"""Access units in, fragmented MP4 out: one fragment a picture, nothing re-encoded.

One `FragmentMuxer` lives as long as one run, so that the time in its files (tfdt) is the media time of the run.
FFmpeg's muxer does the work and writes into Python; a picture's fragment comes out when the next picture goes in,
which is when its duration is known.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import av.error

from device_adapters.interfaces import CameraFault, CameraFaultKind, StreamInfo, VideoPacket
from edge_agent.capture.annexb import parameter_sets

TIMESCALE = 90_000
_TICK = Fraction(1, TIMESCALE)
_OPTIONS = {
    "movflags": "frag_every_frame+empty_moov+default_base_moof+skip_trailer",
    "use_editlist": "0",
    "video_track_timescale": str(TIMESCALE),
    "flush_packets": "1",
}


def to_ms(ticks: int) -> int:
    return round(ticks * 1000 / TIMESCALE)


@dataclass(frozen=True, slots=True)
class MuxedPicture:
    """One picture's `moof` + `mdat`. `start` and `end` are decode times in the run, ticks of 1/90000 s."""

    data: bytes
    start: int
    end: int
    keyframe: bool


class _Sink:
    """The file object FFmpeg writes into; it never seeks."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data


class FragmentMuxer:
    """`first`: the key frame that begins the run; its decode time is 0 of the run. `init` is ftyp + moov, made from the
    parameter sets that come with this key frame, or else from those of the SDP; so is the picture size.

    Raises CameraFault NOT_VIDEO when no picture size can be learnt.
    """

    def __init__(self, info: StreamInfo, first: VideoPacket) -> None:
        self.parameters = parameter_sets(first.data, info.codec) or parameter_sets(info.extradata, info.codec)
        self._sink = _Sink()
        self._scale = TIMESCALE * info.time_base[0], info.time_base[1]
        self._zero = first.dts
        self._interval = 0
        self._waiting: tuple[int, bool] | None = None
        sample = self.parameters + first.data
        try:
            with av.open(
                io.BytesIO(sample), format=info.codec, options={"probesize": str(len(sample) + 4096)}
            ) as source:
                picture = source.streams.video[0]
                self.width, self.height = picture.width, picture.height
                if not (self.width and self.height):
                    raise CameraFault(CameraFaultKind.NOT_VIDEO, "a key frame without a picture size")
                self._container = av.open(self._sink, "w", format="mp4", options=_OPTIONS)
                stream = self._container.add_stream_from_template(picture, opaque=True)
                stream.time_base = _TICK
                stream.codec_context.extradata = self.parameters
                if info.codec == "hevc":
                    stream.codec_context.codec_tag = "hvc1"  # what Safari plays; FFmpeg's own choice is hev1
                self._container.start_encoding()
        except av.error.FFmpegError:
            raise CameraFault(CameraFaultKind.NOT_VIDEO, "a key frame that cannot be read") from None
        self.init = self._sink.take()

    def changes(self, packet: VideoPacket, info: StreamInfo) -> bool:
        """True for a key frame whose parameter sets are not those of this run."""
        found = parameter_sets(packet.data, info.codec)
        return bool(found) and found != self.parameters

    def mux(self, packet: VideoPacket) -> MuxedPicture | None:
        """Put one picture in; get the picture before it. Raises CameraFault NOT_VIDEO."""
        start = self._ticks(packet.dts)
        if self._waiting is not None:
            self._interval = start - self._waiting[0]
        unit = av.Packet(packet.data)
        unit.dts, unit.pts, unit.duration = start, self._ticks(packet.pts), self._interval
        unit.is_keyframe = packet.is_keyframe  # the only stream is 0, and its time base is ours
        try:
            self._container.mux_one(unit)
        except av.error.FFmpegError:
            raise CameraFault(CameraFaultKind.NOT_VIDEO, "a picture that cannot be stored") from None
        done = self._taken(start)
        self._waiting = (start, packet.is_keyframe)
        return done

    def close(self) -> MuxedPicture | None:
        """The last picture; it lasts as long as the one before it."""
        self._container.close()
        return self._taken(None)

    def _taken(self, end: int | None) -> MuxedPicture | None:
        data = self._sink.take()
        if self._waiting is None or not data:
            return None
        start, keyframe = self._waiting
        return MuxedPicture(data, start, start + self._interval if end is None else end, keyframe)

    def _ticks(self, stamp: int) -> int:
        up, down = self._scale
        return ((stamp - self._zero) * up + down // 2) // down
