"""Each configured camera, opened and looked at for a few seconds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config.clock import Clock
from config.settings import CameraSettings, EdgeSettings
from device_adapters.interfaces import CameraFault, CameraFaultKind, PacketStream
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
        yield from pool.map(lambda camera: _camera(camera, settings, clock), settings.cameras)


def _camera(camera: CameraSettings, settings: EdgeSettings, clock: Clock) -> Finding:
    """Open the stream and look at its first seconds."""
    from device_adapters.cameras.rtsp import RtspCamera

    source = RtspCamera(
        camera.url.get_secret_value(),
        networks=settings.camera_networks,
        clock=clock,
        transport=camera.transport,
        stall_after_s=min(CAMERA_LIMIT_S, settings.stall_after_s),
    )
    try:
        stream = source.open()
        try:
            seen = _look(stream, clock)
        finally:
            stream.close()
    except CameraFault as fault:
        zh, en = _REMEDY[fault.kind]
        text = f"{camera.code}: {fault.kind.value} {fault.detail}"
        return Finding("camera", f"CAMERA_{fault.kind.name}", Level.PROBLEM, text, text, zh, en)
    picture = f"{stream.info.codec} {stream.info.width}x{stream.info.height}"
    if seen.gop_s is None:
        return Finding(
            "camera", "KEY_FRAMES_RARE", Level.WARNING,
            f"{camera.code}: {picture},{CAMERA_LIMIT_S:g} 秒内没有两个关键帧",
            f"{camera.code}: {picture}, no two key frames within {CAMERA_LIMIT_S:g} s",
            "把摄像头的关键帧间隔设为 1 至 2 秒", "set the camera's key frame interval to 1 or 2 s",
        )  # fmt: skip
    text = f"{camera.code}: {picture}, GOP {seen.gop_s:.1f} s, {seen.bit_rate / 1e6:.1f} Mbit/s"
    return Finding("camera", "CAMERA_OK", Level.OK, text, text)


@dataclass(frozen=True, slots=True)
class _Seen:
    gop_s: float | None  # between the first two key frames
    bit_rate: float  # bit/s


def _look(stream: PacketStream, clock: Clock) -> _Seen:
    numerator, denominator = stream.info.time_base
    began = clock.monotonic()
    first: int | None = None
    size = 0
    for packet in stream.packets():
        size += len(packet.data)
        elapsed = max(clock.monotonic() - began, 0.001)
        if packet.is_keyframe and first is not None:
            gop_s = (packet.pts - first) * numerator / denominator
            return _Seen(gop_s, size * 8 / max(gop_s, elapsed))
        if packet.is_keyframe:
            first, size = packet.pts, len(packet.data)
        if elapsed > CAMERA_LIMIT_S:
            break
    return _Seen(None, 0)
