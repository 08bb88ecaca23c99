"""Key frames as small JPEGs, at most one a second."""

from __future__ import annotations

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

WIDEST = 640
QUALITY = 75


class Stills:
    """One stream's decoder. Not for several threads at once."""

    def __init__(self, codec: str, parameters: bytes) -> None:
        """`parameters`: SPS and PPS in Annex B form, for cameras that do not repeat them; may be empty."""
        self._parameters = parameters
        decoder = av.CodecContext.create(codec, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1  # one picture now and then: threads would only wait
        self._decoder = decoder

    def of(self, key: bytes) -> bytes | None:
        """The JPEG of an access unit that is a key frame; None when it does not decode."""
        try:
            frames = [*self._decoder.decode(av.Packet(self._parameters + key)), *self._decoder.decode(None)]
            self._decoder.flush_buffers()
            return jpeg(frames[0].to_ndarray(format="bgr24").astype(np.uint8, copy=False)) if frames else None
        except (av.error.FFmpegError, ValueError):
            return None


def jpeg(image: NDArray[np.uint8]) -> bytes | None:
    """`image`: uint8[H, W, 3] BGR."""
    high, wide = image.shape[:2]
    if wide > WIDEST:
        image = cv2.resize(image, (WIDEST, round(high * WIDEST / wide)), interpolation=cv2.INTER_AREA).astype(np.uint8)
    done, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return coded.tobytes() if done else None
