"""Key frames of one camera as they come: from the recorder's files while the box records, else from the camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import av.error

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from device_adapters.cameras.remarks import CURES
from device_adapters.cameras.rtsp import RtspCamera
from device_adapters.interfaces import Camera, CameraFault, StreamInfo
from edge_agent.capture import keyframes
from edge_agent.capture.keyframes import Picture
from edge_agent.vision.counter import Image

FRESH_MS = 30_000  # a newer picture on the disk: the box is recording
PATIENCE_S = 30.0  # no key frame for so long: the camera gives none
_POLL_S = 0.25


def pictures(
    recordings: Path,
    camera_id: str,
    camera: CameraSettings,
    settings: EdgeSettings,
    clock: Clock,
    stopped: Callable[[], bool],
) -> Iterator[Picture]:
    """Until `stopped`. Raises LessonProofError CAMERA_… when the camera gives no pictures, after PATIENCE_S at most."""
    if keyframes.newest(recordings, camera_id, epoch_ms(clock.now()) - FRESH_MS) is not None:
        yield from recorded(recordings, camera_id, clock, stopped)
        return
    adapter = RtspCamera(
        camera.url.get_secret_value(),
        networks=settings.camera_networks,
        clock=clock,
        transport=camera.transport,
        stall_after_s=settings.stall_after_s,
    )
    yield from live(adapter, clock, stopped)


def recorded(recordings: Path, camera_id: str, clock: Clock, stopped: Callable[[], bool]) -> Iterator[Picture]:
    """The newest key frame, again and again, each once."""
    after_ms, heard_s = epoch_ms(clock.now()) - FRESH_MS, clock.monotonic()
    while not stopped():
        picture = keyframes.newest(recordings, camera_id, after_ms)
        if picture is not None:
            after_ms, heard_s = picture.at_ms, clock.monotonic()
            yield picture
        elif clock.monotonic() - heard_s > PATIENCE_S:
            raise _silent()
        else:
            clock.sleep(_POLL_S)


def live(camera: Camera, clock: Clock, stopped: Callable[[], bool]) -> Iterator[Picture]:
    """Key frames alone are decoded; a picture's time is its arrival."""
    fault: CameraFault | None = None
    stream = None
    try:
        stream = camera.open()
        heard_s = clock.monotonic()
        for packet in stream.packets():
            if stopped():
                return
            image = _decode(stream.info, packet.data) if packet.is_keyframe else None
            if image is not None:
                heard_s = clock.monotonic()
                yield Picture(epoch_ms(clock.now()), image)
            elif clock.monotonic() - heard_s > PATIENCE_S:
                raise _silent()
    except CameraFault as error:
        fault = error
    finally:
        if stream is not None:
            stream.close()
    if fault is not None:
        zh, en = CURES[fault.kind.value]
        raise LessonProofError(
            f"CAMERA_{fault.kind.name}",
            status=502,
            zh=f"摄像头没有画面:{fault.kind.value}({fault.detail})。{zh}。",
            en=f"no picture from the camera: {fault.kind.value} ({fault.detail}): {en}.",
        )


def _decode(info: StreamInfo, data: bytes) -> Image | None:
    """One key frame by a decoder of its own, so that none waits for pictures that are never shown to it."""
    decoder = av.CodecContext.create(info.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.extradata = info.extradata or None
    decoder.thread_count = 1
    try:
        for frame in (*decoder.decode(av.Packet(data)), *decoder.decode(None)):
            return frame.to_ndarray(format="bgr24").astype("uint8", copy=False)
    except av.error.FFmpegError:
        return None  # damaged on the way; the next one comes
    return None


def _silent() -> LessonProofError:
    return LessonProofError(
        "CAMERA_NO_KEY_FRAME",
        status=502,
        zh=f"摄像头 {PATIENCE_S:g} 秒没有送来可解码的关键帧:检查编码和关键帧间隔,或重启摄像头",
        en=f"no key frame that can be decoded for {PATIENCE_S:g} s: check encoding and key frame interval, or restart "
        "the camera",
    )
