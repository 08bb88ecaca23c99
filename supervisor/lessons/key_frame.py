"""The first picture of a key-frame group as a JPEG.

The bytes came from a box, so nothing in them is trusted: at most `MOST_BYTES` are looked at, at most `_MOST_PACKETS` of
them are decoded, no picture is larger than `_MOST_PIXELS`, and only two are decoded at once: whoever asks waits at most
`_WAIT_S` for a turn.
"""

from __future__ import annotations

import threading
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING

from config.errors import LessonProofError

if TYPE_CHECKING:
    from av import VideoFrame

MOST_BYTES = 16 * 1024 * 1024
WIDEST = 1280
_QUALITY = 80
_MOST_PIXELS = 8192 * 4320
_MOST_PACKETS = 32  # a decoder that reorders gives the first picture some packets late
_WAIT_S = 10
_TURNS = threading.BoundedSemaphore(2)


def jpeg_of(init: bytes, group: bytes) -> bytes:
    """`init`: ftyp and moov; `group`: the fragments from the key frame on, cut off anywhere behind it (ISO/IEC
    14496-12). At most `WIDEST` pixels on the longer side.

    Raises LessonProofError PICTURE_DAMAGED (409), PICTURES_BUSY (503).
    """
    if not _TURNS.acquire(timeout=_WAIT_S):
        raise LessonProofError(
            "PICTURES_BUSY",
            status=503,
            zh="正在取的画面太多,请过几秒再试",
            en="too many pictures are asked for at once: try again in some seconds",
        )
    try:
        return _encoded(_first(init + group[:MOST_BYTES]))
    finally:
        _TURNS.release()


def _first(data: bytes) -> VideoFrame:
    import av  # loads the decoders: only where a picture is wanted
    from av.video.stream import VideoStream

    try:
        with av.open(BytesIO(data), mode="r", format="mp4", options={"enable_drefs": "0"}) as container:
            stream = container.streams.video[0]
            assert isinstance(stream, VideoStream)
            if stream.codec_context is None:  # a codec that nobody knows
                raise _damaged()
            stream.thread_type = "NONE"
            stream.codec_context.options = {"err_detect": "explode", "max_pixels": str(_MOST_PIXELS)}
            for packet in islice(container.demux(stream), _MOST_PACKETS):
                for frame in packet.decode():
                    if frame.is_corrupt:
                        raise _damaged()
                    return frame
    except (av.error.FFmpegError, IndexError, OSError, ValueError):
        raise _damaged() from None
    raise _damaged()


def _encoded(frame: VideoFrame) -> bytes:
    import cv2

    scale = min(1.0, WIDEST / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
    picture = frame.reformat(width=width, height=height, format="bgr24", interpolation="AREA").to_ndarray()
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise _damaged()
    return bytes(jpeg)


def _damaged() -> LessonProofError:
    return LessonProofError(
        "PICTURE_DAMAGED",
        status=409,
        zh="片段在这一处已损坏,取不出画面;片段的其余部分仍可播放核对",
        en="the clip is damaged here and gives no picture; the rest of it may still be played",
    )
