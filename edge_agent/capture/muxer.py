"""Access units in, fragmented MP4 out: one fragment a picture, nothing re-encoded.

One `FragmentMuxer` lives as long as one run, so that the time in its files (tfdt) is the media time of the run. FFmpeg's
muxer does the work and writes into Python; a picture's fragment comes out when the next picture goes in, which is when its
duration is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av

from device_adapters.interfaces import StreamInfo, VideoPacket

TIMESCALE = 90_000
_OPTIONS = {
    "movflags": "frag_every_frame+empty_moov+default_base_moof+skip_trailer",
    "use_editlist": "0",
    "video_track_timescale": str(TIMESCALE),
    "flush_packets": "1",
}


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
        self.chunks: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.chunks.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self.chunks)
        self.chunks.clear()
        return data


class FragmentMuxer:
    """`init` is ftyp + moov. `first` is the run's first packet: time 0 of the run is its decode time."""

    def __init__(self, info: StreamInfo, first: VideoPacket) -> None:
        self._sink = _Sink()
        self._ticks = Fraction(*info.time_base) * TIMESCALE
        self._zero = first.dts
        self._container = av.open(self._sink, "w", format="mp4", options=_OPTIONS)
        stream = self._container.add_mux_stream(
            info.codec, width=info.width, height=info.height, time_base=Fraction(1, TIMESCALE)
        )
        stream.codec_context.extradata = info.extradata
        if info.codec == "hevc":
            stream.codec_context.codec_tag = "hvc1"
        self._stream = stream
        self._container.start_encoding()
        self.init = self._sink.take()
        self._waiting: tuple[int, bool] | None = None
