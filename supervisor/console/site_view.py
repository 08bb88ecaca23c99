"""Sites as their pages show them: what stands there, how the boxes are, and how people check in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervisor.attendance.schemas import FenceIn
from supervisor.console.i18n import N_, Words, full_time, short_time, site_date
from supervisor.console.state_words import ALARMS, CAMERAS
from supervisor.console.views import Mark
from supervisor.devices.models import RevocationReason
from supervisor.devices.schemas import Beginning, BoxPlace, CameraPlace, SitePlace, SiteRecord
from supervisor.rules.geofence import Datum, Point, gcj02, wgs84

REVOKED: dict[RevocationReason, str] = {
    RevocationReason.LOST: N_("丢失"),
    RevocationReason.STOLEN: N_("被盗"),
    RevocationReason.REPLACED: N_("已更换"),
    RevocationReason.CLOSED: N_("培训点停办"),
    RevocationReason.KEY_EXPOSED: N_("密钥泄露"),
    RevocationReason.TAMPERED: N_("被改动"),
    RevocationReason.OTHER: N_("其他原因"),
}
DATUMS: dict[Datum, str] = {
    Datum.WGS84: N_("WGS-84(手机定位、卫星定位仪)"),
    Datum.GCJ02: N_("GCJ-02(国内地图、地图软件上查到的)"),
    Datum.CGCS2000: N_("CGCS2000(国家大地坐标,测绘成果)"),
}
STEPS = (
    ("institutions", N_("培训机构"), N_("先登记机构:名称、地区代码、行业部门。"), "#new-institution"),
    ("sites", N_("培训点"), N_("机构上课的地方,一处一个。"), "#new-site"),
    ("rooms", N_("教室"), N_("点开培训点,登记每间教室;教学计划按教室名称排课。"), ""),
    ("boxes", N_("现场设备"), N_("在培训点登记设备,得到一次性登记码,15 分钟内到设备上输入。"), ""),
    ("cameras", N_("摄像头"), N_("登记每间教室的摄像头接在哪台设备上。"), ""),
    ("accounts", N_("账户"), N_("为督导员、审批人和机构的教师申请账户;安全管理员授权后才能登录。"), "/accounts/new"),
)
"""What a new county enters, in this order: what is counted, its name, what to do, where."""


@dataclass(frozen=True, slots=True)
class Step:
    """`where`: of the page or the form; empty: on a site's own page. `next`: the first that is not done."""

    text: str
    does: str
    where: str
    count: int
    next: bool


@dataclass(frozen=True, slots=True)
class SiteLine:
    id: UUID
    name: str
    rooms: int
    cameras: int
    boxes: Mark


@dataclass(frozen=True, slots=True)
class CameraLine:
    id: UUID
    code: str
    zone: str
    box_id: UUID
    box: str
    state: Mark
    accepted: bool
    acceptance: Mark
    podium: bool


@dataclass(frozen=True, slots=True)
class RoomLine:
    id: UUID
    name: str
    cameras: tuple[CameraLine, ...]


@dataclass(frozen=True, slots=True)
class BoxLine:
    """`detail`: what the state means, or since when. `may_code`: it has not enrolled yet. `cameras`: those on it."""

    id: UUID
    name: str
    state: Mark
    detail: str
    marks: tuple[Mark, ...]
    last_seen: datetime | None
    version: str
    key: str
    key_since: datetime | None
    revoked: bool
    may_code: bool
    cameras: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FenceView:
    """The point as satellites and as Chinese maps have it. `radius_m` None: the rules'."""

    satellite: str
    map: str
    datum: str
    radius_m: int | None


def present_steps(begun: Beginning, words: Words) -> tuple[Step, ...]:
    """Empty once each step was taken."""
    counted = begun.model_dump()
    missing = [key for key, *_ in STEPS if not counted[key]]
    if not missing:
        return ()
    return tuple(
        Step(words(text), words(does), where, counted[key], key == missing[0]) for key, text, does, where in STEPS
    )


def present_site_line(one: SitePlace, words: Words) -> SiteLine:
    if not one.boxes:
        state = Mark("none", words("没有现场设备"))
    elif one.silent:
        state = Mark("bad", words("{n} / {k} 台失联", n=one.silent, k=one.boxes))
    elif one.waiting:
        state = Mark("wait", words("{n} / {k} 台等待登记", n=one.waiting, k=one.boxes))
    else:
        state = Mark("ok", words("{n} 台正常", n=one.boxes))
    return SiteLine(one.id, one.name, one.rooms, one.cameras, state)


def present_rooms(found: SiteRecord, words: Words) -> tuple[RoomLine, ...]:
    boxes = {box.id: box for box in found.boxes}
    return tuple(
        RoomLine(room.id, room.name, tuple(_camera(one, boxes[one.box_id], words) for one in room.cameras))
        for room in found.rooms
    )


def present_boxes(found: SiteRecord, now: datetime, words: Words) -> tuple[BoxLine, ...]:
    return tuple(_box(box, found, now, words) for box in found.boxes)


def present_fence(fence: FenceIn | None, words: Words) -> FenceView | None:
    if fence is None:
        return None
    point = Point(fence.lat, fence.lon, fence.datum)
    return FenceView(_degrees(wgs84(point)), _degrees(gcj02(point)), words(DATUMS[fence.datum]), fence.radius_m)


def joined(names: Sequence[str], words: Words) -> str:
    return ("、" if words.language == "zh" else ", ").join(names)


def _degrees(point: Point) -> str:
    return f"{point.lat:.6f}, {point.lon:.6f}"


def _camera(one: CameraPlace, box: BoxPlace, words: Words) -> CameraLine:
    if not one.accepted:
        acceptance = Mark("warn", words("没有验收:人数只供人复核"))
    else:
        acceptance = Mark("ok", words("验收测试通过") if one.tested else words("人工记为已验收"))
    return CameraLine(
        id=one.id,
        code=one.code,
        zone=one.zone,
        box_id=box.id,
        box=box.name,
        state=_camera_state(one, box, words),
        accepted=one.accepted,
        acceptance=acceptance,
        podium=one.podium_in_zone,
    )


def _camera_state(one: CameraPlace, box: BoxPlace, words: Words) -> Mark:
    if box.revoked_at is not None:
        return Mark("bad", words("接在已停用的现场设备上:请改接"))
    if box.enrolled_at is None:
        return Mark("none", words("现场设备还没有登记"))
    if box.silent:
        return Mark("bad", words("现场设备失联"))
    if one.status is None:
        return Mark("none", words("现场设备还没有报告这个摄像头"))
    tone, text = CAMERAS[one.status]
    return Mark(tone, words(text))


def _box(box: BoxPlace, found: SiteRecord, now: datetime, words: Words) -> BoxLine:
    state, detail = _box_state(box, now, words)
    return BoxLine(
        id=box.id,
        name=box.name,
        state=state,
        detail=detail,
        marks=tuple(_box_marks(box, words)),
        last_seen=box.last_seen,
        version=box.version or "",
        key=box.public_key or "",
        key_since=box.key_since,
        revoked=box.revoked_at is not None,
        may_code=box.enrolled_at is None and box.revoked_at is None,
        cameras=tuple(
            f"{room.name} {camera.code}" for room in found.rooms for camera in room.cameras if camera.box_id == box.id
        ),
    )


def _box_state(box: BoxPlace, now: datetime, words: Words) -> tuple[Mark, str]:
    if box.revoked_at is not None:
        reason = words(REVOKED[box.revoked_reason or RevocationReason.OTHER])
        said = f"{site_date(box.revoked_at)} · {reason}"
        return Mark("none", words("设备已停用")), f"{said} · {box.revoked_remark}" if box.revoked_remark else said
    if box.enrolled_at is None:
        if box.code_until is not None and box.code_until > now:
            return Mark("wait", words("等待登记")), words("登记码到 {time} 有效", time=short_time(box.code_until))
        return Mark("warn", words("设备没有登记")), words("登记码已过期:请生成新的")
    if box.silent:
        kept = words("录像可能仍在现场保存,恢复后补传")
        if box.last_seen is None:
            return Mark("bad", words("现场设备失联")), kept
        age = words.ago((now - box.last_seen).total_seconds())
        return Mark("bad", words("现场设备失联")), words("已 {age}", age=age) + " · " + kept
    return Mark("ok", words("工作正常")), words("{day} 登记", day=full_time(box.enrolled_at))


def _box_marks(box: BoxPlace, words: Words) -> list[Mark]:
    if box.revoked_at is not None:
        return []
    marks = []
    if box.disk_admission_ok is False:
        marks.append(Mark("warn", words(ALARMS["disk_short"])))
    if box.backlog_clips:
        marks.append(Mark("wait", words("待补传片段 {n}", n=box.backlog_clips)))
    if box.backlog_entries:
        marks.append(Mark("wait", words("待补传记录 {n}", n=box.backlog_entries)))
    return marks
