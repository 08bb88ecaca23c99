"""Each configured camera, opened and looked at for a few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pydantic import SecretStr

from config.clock import Clock
from config.settings import CameraSettings, EdgeSettings
from device_adapters.interfaces import CameraFault, CameraFaultKind, PacketStream, StreamInfo
from edge_agent.checks.finding import Finding, Level
from edge_agent.lessons.plan import Plan

CAMERA_LIMIT_S = 5.0
_REMEDY = {
    CameraFaultKind.UNREACHABLE: ("检查摄像头电源、网线和地址", "check the camera's power, cable and address"),
    CameraFaultKind.UNAUTHORIZED: ("检查配置中的用户名和密码", "check user name and password in the configuration"),
    CameraFaultKind.NOT_FOUND: ("检查地址中的路径,见摄像头说明书", "check the path of the URL in the camera's manual"),
    CameraFaultKind.NOT_VIDEO: ("把摄像头的编码设为 H.264 或 H.265", "set the camera's encoding to H.264 or H.265"),
    CameraFaultKind.STALLED: ("重启摄像头,检查网络是否拥塞", "restart the camera; look for a congested network"),
    CameraFaultKind.ENDED: ("摄像头主动断开:检查同时连接数上限", "the camera hangs up: check its limit of connections"),
    CameraFaultKind.FORBIDDEN: ("检查地址,或把网段加入 camera_networks",
    "check the URL, or add its network to camera_networks"),
}  # fmt: skip


def cameras(settings: EdgeSettings, plan: Plan | None, clock: Clock) -> Iterator[Finding]:
    if not settings.cameras:
        yield Finding(
            "camera", "NO_CAMERA", Level.PROBLEM, "配置中没有摄像头", "no camera is configured",
            "在配置文件中加入 [[cameras]]", "add [[cameras]] to the configuration file",
        )  # fmt: skip
    configured = {camera.code for camera in settings.cameras}
    for wanted in plan.state.cameras if plan is not None else ():
        if wanted.code not in configured:
            yield Finding(
                "camera", "NOT_CONFIGURED", Level.PROBLEM,
                f"监管中心登记的摄像头 {wanted.code}({wanted.room_name})在本机没有地址",
                f"camera {wanted.code} ({wanted.room_name}) is known to the centre but has no address here",
                f'在配置文件中加入 code = "{wanted.code}" 的 [[cameras]]',
                f'add [[cameras]] with code = "{wanted.code}"',
            )  # fmt: skip
    with ThreadPoolExecutor(max_workers=4) as pool:
        for found in pool.map(lambda camera: list(_camera(camera, settings, clock)), settings.cameras):
            yield from found


def _camera(camera: CameraSettings, settings: EdgeSettings, clock: Clock) -> Iterator[Finding]:
    try:
        seen = _look(camera, camera.url, settings, clock)
    except CameraFault as fault:
        zh, en = _REMEDY[fault.kind]
        text = f"{camera.code}: {fault.kind.value} {fault.detail}"
        yield Finding("camera", f"CAMERA_{fault.kind.name}", Level.PROBLEM, text, text, zh, en)
        return
    yield _recording(camera, seen)
    yield _live(camera, seen, settings, clock)


def _recording(camera: CameraSettings, seen: _Seen) -> Finding:
    picture = _picture(seen.info)
    if seen.gop_s is None:
        return Finding(
            "camera", "KEY_FRAMES_RARE", Level.WARNING,
            f"{camera.code}: {picture},{CAMERA_LIMIT_S:g} 秒内没有两个关键帧",
            f"{camera.code}: {picture}, no two key frames within {CAMERA_LIMIT_S:g} s",
            "把摄像头的关键帧间隔设为 1 至 2 秒", "set the camera's key frame interval to 1 or 2 s",
        )  # fmt: skip
    text = f"{camera.code}: {picture}, GOP {seen.gop_s:.1f} s, {seen.bit_rate / 1e6:.1f} Mbit/s"
    return Finding("camera", "CAMERA_OK", Level.OK, text, text)


def _live(camera: CameraSettings, main: _Seen, settings: EdgeSettings, clock: Clock) -> Finding:
    """Whether there is a stream every browser can play. Without one the camera is recorded all the same."""
    if camera.live_url is None:
        price = (
            ("主码流为 H.265,多数浏览器无法实时巡查", "the main stream is H.265, which most browsers cannot show live")
            if main.info.codec == "hevc"
            else ("实时巡查只能用主码流,占用更多带宽", "live view has only the main stream, and takes more bandwidth")
        )
        return Finding(
            "camera", "NO_LIVE_STREAM", Level.WARNING,
            f"{camera.code}:没有 H.264 子码流;{price[0]}", f"{camera.code}: no H.264 sub-stream; {price[1]}",
            "在摄像头中启用一路 640x480 以内的 H.264 子码流,并在配置中设置 live_url",
            "enable an H.264 sub-stream of at most 640x480 in the camera, and set live_url in the configuration",
        )  # fmt: skip
    try:
        seen = _look(camera, camera.live_url, settings, clock)
    except CameraFault as fault:
        zh, en = _REMEDY[fault.kind]
        text = f"{camera.code} live: {fault.kind.value} {fault.detail}"
        return Finding("camera", f"LIVE_{fault.kind.name}", Level.WARNING, text, text, zh, en)
    text = f"{camera.code} live: {_picture(seen.info)}"
    if seen.info.codec != "h264":
        return Finding(
            "camera", "LIVE_NOT_H264", Level.WARNING,
            f"{text}:多数浏览器无法播放", f"{text}, which most browsers cannot play",
            "把子码流编码设为 H.264", "set the sub-stream to H.264",
        )  # fmt: skip
    return Finding("camera", "LIVE_OK", Level.OK, text, text)


def _picture(info: StreamInfo) -> str:
    return f"{info.codec} {info.width}x{info.height}"


@dataclass(frozen=True, slots=True)
class _Seen:
    info: StreamInfo
    gop_s: float | None  # between the first two key frames
    bit_rate: float  # bit/s


def _look(camera: CameraSettings, url: SecretStr, settings: EdgeSettings, clock: Clock) -> _Seen:
    """Open the stream and look at its first seconds. Raises CameraFault."""
    from device_adapters.cameras.rtsp import RtspCamera

    source = RtspCamera(
        url.get_secret_value(),
        networks=settings.camera_networks,
        clock=clock,
        transport=camera.transport,
        stall_after_s=min(CAMERA_LIMIT_S, settings.stall_after_s),
    )
    stream = source.open()
    try:
        return _Seen(stream.info, *_pace(stream, clock))
    finally:
        stream.close()


def _pace(stream: PacketStream, clock: Clock) -> tuple[float | None, float]:
    """The rest of `_Seen`."""
    numerator, denominator = stream.info.time_base
    began = clock.monotonic()
    first: int | None = None
    size = 0
    for packet in stream.packets():
        size += len(packet.data)
        elapsed = max(clock.monotonic() - began, 0.001)
        if packet.is_keyframe and first is not None:
            gop_s = (packet.pts - first) * numerator / denominator
            return gop_s, size * 8 / max(gop_s, elapsed)
        if packet.is_keyframe:
            first, size = packet.pts, len(packet.data)
        if elapsed > CAMERA_LIMIT_S:
            break
    return None, 0
