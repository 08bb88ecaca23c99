"""Pictures out of a file on the local disk: one of a photograph, every key frame of a video.

A damaged photograph is refused, where many decoders fill the missing half with grey and let it be counted as empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av
import numpy as np

from config.errors import LessonProofError
from edge_agent.vision.counter import Image

# Containers and photographs only: FFmpeg would also draw a text file as a picture, or follow a playlist elsewhere.
_FORMATS = "image2,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,gif,mov,matroska,avi,mpegts,mpeg,h264,hevc,flv,asf"
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}


@dataclass(frozen=True, slots=True)
class Still:
    at_s: float | None  # media time in the video; None: a photograph
    image: Image


def read(path: Path) -> Iterator[Still]:
    """Upright pictures in order, up to the first damage. Raises LessonProofError FILE_NOT_FOUND, FILE_NOT_PICTURE."""
    if not path.is_file():
        raise LessonProofError(
            "FILE_NOT_FOUND", zh=f"找不到文件 {path}", en=f"no file {path}", status=404, where=str(path)
        )
    nothing = True
    try:
        with av.open(str(path), options=_OPTIONS) as container:
            photograph = container.format.name == "image2" or container.format.name.endswith("_pipe")
            stream = container.streams.video[0]
            stream.codec_context.skip_frame = "NONKEY"
            if photograph:
                stream.codec_context.options = {"err_detect": "explode"}
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise _not_picture(path, f"damaged at {frame.time} s")
                nothing = False
                upright = np.rot90(frame.to_ndarray(format="bgr24"), frame.rotation // 90)
                yield Still(None if photograph else frame.time, cast(Image, upright))
    except (av.error.FFmpegError, IndexError) as error:
        raise _not_picture(path, getattr(error, "strerror", None) or "no video in it") from None
    if nothing:
        raise _not_picture(path, "no whole picture in it")


def _not_picture(path: Path, detail: str) -> LessonProofError:
    return LessonProofError(
        "FILE_NOT_PICTURE",
        zh=f"文件 {path} 不是可读的图片或视频:{detail}",
        en=f"{path} is not a readable picture or video: {detail}",
        status=422,
        where=str(path),
    )
