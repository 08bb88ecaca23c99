"""The present picture of a practice camera as JPEG."""

from __future__ import annotations

import asyncio

import cv2
import numpy as np

from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.source import ClassroomSource

_QUALITY = 85


async def snapshot(camera: PracticeCamera) -> bytes | None:
    """None: a device without a picture. A frozen camera shows its frozen picture, a covered one black."""
    source = camera.source
    if not isinstance(source, ClassroomSource):
        return None
    at, _ = camera.moment()

    def draw() -> bytes:
        picture = cv2.cvtColor(source.look(at), cv2.COLOR_YUV2BGR_I420)
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        assert done
        return np.asarray(data, np.uint8).tobytes()

    return await asyncio.to_thread(draw)
