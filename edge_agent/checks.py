"""What `edge-agent doctor` looks at. Each check gives findings; a finding says what is wrong and what to do about it.

Checks only look: they change nothing, need no network, and may run while the box is at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from sqlalchemy import func, select

from config.clock import CHINA, Clock, from_epoch_ms
from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from device_adapters.interfaces import CameraFault, CameraFaultKind, PacketStream
from edge_agent.capture.disk import free_bytes
from edge_agent.lessons.plan import Plan, PlanStore
from edge_agent.lessons.timetable import recordings, together
from edge_agent.opening import OpenBox
from edge_agent.remembered import Fact, recall, recall_int
from edge_agent.report import every_room_fits
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.enrolment import enrolment_of
from edge_agent.version import VERSION
from edge_agent.vision.models import model_states
from storage.evidence import log as evidence_log
from storage.evidence.tables import ClipRow

CAMERA_LIMIT_S = 5.0
_EARLIEST = datetime(2026, 1, 1, tzinfo=CHINA)  # a clock before this was never set
_CLOCK_LIMIT_S = 60.0


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # works, but should be looked at
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable; `zh`/`en` say what was found, `todo_zh`/`todo_en` what to do (empty when nothing)."""

    check: str
    code: str
    level: Level
    zh: str
    en: str
    todo_zh: str = ""
    todo_en: str = ""

    def record(self) -> dict[str, str]:
        return asdict(self)


def every_check(settings: EdgeSettings, box: OpenBox, clock: Clock) -> Iterator[Finding]:
    """All findings, as they are made."""
    plan = PlanStore(box.work).current()
    yield Finding("version", "VERSION", Level.OK, f"版本 {VERSION}", f"version {VERSION}")
    yield _clock(clock)
    yield from _cameras(settings, plan, clock)
    yield from _models(settings)
    yield _disk(settings, box, plan, clock)
    yield from _centre(settings, box, clock)
    yield from _backlog(box, clock)


def _clock(clock: Clock) -> Finding:
    now = clock.now()
    shown = now.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    if now < _EARLIEST:
        return Finding(
            "clock", "CLOCK_WRONG", Level.PROBLEM,
            f"本机时间 {shown} 显然不对", f"this machine's time {shown} cannot be right",
            "请启用 NTP 校时", "enable NTP time synchronisation",
        )  # fmt: skip
    return Finding("clock", "CLOCK_OK", Level.OK, f"本机时间 {shown}(北京时间)", f"the time here is {shown} in China")


_CAMERA_TODO = {
    CameraFaultKind.UNREACHABLE: ("检查摄像头电源、网线和地址", "check the camera's power, cable and address"),
    CameraFaultKind.UNAUTHORIZED: ("检查配置中的用户名和密码", "check user name and password in the configuration"),
    CameraFaultKind.NOT_FOUND: ("检查地址中的路径,见摄像头说明书", "check the path of the URL in the camera's manual"),
    CameraFaultKind.NOT_VIDEO: ("把摄像头的编码设为 H.264 或 H.265", "set the camera's encoding to H.264 or H.265"),
    CameraFaultKind.STALLED: ("重启摄像头,检查网络是否拥塞", "restart the camera; look for a congested network"),
    CameraFaultKind.ENDED: ("摄像头主动断开:检查同时连接数上限", "the camera hangs up: check its limit of connections"),
    CameraFaultKind.FORBIDDEN: ("检查地址,或把网段加入 camera_networks",
    "check the URL, or add its network to camera_networks"),
}  # fmt: skip


def _cameras(settings: EdgeSettings, plan: Plan | None, clock: Clock) -> Iterator[Finding]:
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
        zh, en = _CAMERA_TODO[fault.kind]
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


def _models(settings: EdgeSettings) -> Iterator[Finding]:
    for state in model_states(settings.models_dir):
        name = state.model.name
        if state.error is None:
            yield Finding("model", "MODEL_OK", Level.OK, f"模型 {name} 完好", f"model {name} is there and right")
        else:
            yield Finding(
                "model", state.error.code, Level.PROBLEM, state.error.zh, state.error.en,
                "运行 edge-agent models fetch", "run edge-agent models fetch",
            )  # fmt: skip


def _disk(settings: EdgeSettings, box: OpenBox, plan: Plan | None, clock: Clock) -> Finding:
    free = free_bytes(box.paths.data_dir)
    coming = [] if plan is None else together(recordings(plan.hours(), settings.lead_s), clock.now())
    shown = f"{free / 1024**3:.1f} GiB"
    if every_room_fits(free, settings, coming):
        return Finding("disk", "DISK_OK", Level.OK, f"可用磁盘空间 {shown}", f"{shown} of disk are free")
    return Finding(
        "disk", "DISK_FULL", Level.PROBLEM,
        f"可用磁盘空间只有 {shown},下一节课将拒绝录像",
        f"only {shown} of disk are free: the next lesson will not be recorded",
        "腾出磁盘空间(不要删除数据目录中的文件)", "free disk space, but delete nothing in the data folder",
    )  # fmt: skip


def _centre(settings: EdgeSettings, box: OpenBox, clock: Clock) -> Iterator[Finding]:
    known = enrolment_of(box.work)
    if known is None:
        yield Finding(
            "centre", "NOT_ENROLLED", Level.PROBLEM, "本盒子尚未注册", "this box is not enrolled",
            "运行 edge-agent enrol --centre 地址 --code 注册码", "run edge-agent enrol --centre URL --code CODE",
        )  # fmt: skip
        return
    url = str(settings.centre_url or known.centre_url)
    try:
        with CentreClient(url) as client:
            answer = client.probe()
    except LessonProofError as error:
        yield Finding(
            "centre", error.code, Level.PROBLEM, error.zh, error.en,
            "检查网络;录像和判定不受影响,恢复后会自动补传",
            "check the network; recording and judging go on, everything is delivered later",
        )  # fmt: skip
        return
    yield Finding("centre", "CENTRE_OK", Level.OK, f"可以连接 {url}", f"{url} answers")
    if url.startswith("http://") and not any(mark in url for mark in ("//127.", "//localhost", "//[::1]")):
        yield Finding(
            "centre",
            "CENTRE_PLAIN_HTTP", Level.WARNING,
            "与监管中心的连接未加密",
            "the connection to the centre is not encrypted",
            "改用 https 地址", "use an https address",
        )  # fmt: skip
    if "Date" in answer.headers:
        off = (parsedate_to_datetime(answer.headers["Date"]) - clock.now()).total_seconds()
        if abs(off) > _CLOCK_LIMIT_S:
            yield Finding(
                "clock",
                "CLOCK_OFF", Level.PROBLEM,
                f"本机时钟与监管中心相差 {off:.0f} 秒",
                f"the clock differs from the centre's by {off:.0f} s",
                "请启用 NTP 校时;相差超过 5 分钟时中心会拒绝本盒子",
                "enable NTP time synchronisation; beyond 5 minutes the centre refuses this box",
            )  # fmt: skip


def _backlog(box: OpenBox, clock: Clock) -> Iterator[Finding]:
    with box.work.read() as session:
        entries = evidence_log.size(session) - recall_int(session, Fact.LOG_DELIVERED)
        clips = session.scalar(select(func.count()).where(ClipRow.delivered.is_(False))) or 0
        contact = recall(session, Fact.LAST_CONTACT_MS)
    zh, en = f"待上传:{entries} 条记录,{clips} 个片段", f"waiting to be delivered: {entries} log entries, {clips} clips"
    silent = clock.now() - from_epoch_ms(int(contact)) if contact is not None else None
    if silent is not None and silent > timedelta(hours=24):
        yield Finding(
            "backlog",
            "BACKLOG_OLD", Level.WARNING,
            f"{zh};已 {silent.days} 天 {silent.seconds // 3600} 小时未联系上监管中心",
            f"{en}; the centre was last reached {silent.days} days {silent.seconds // 3600} hours ago",
            "72 小时内恢复网络,否则学时会被判为无录像",
            "restore the network within 72 hours, or lesson hours count as without video",
        )  # fmt: skip
    else:
        yield Finding("backlog", "BACKLOG_OK", Level.OK, zh, en)
