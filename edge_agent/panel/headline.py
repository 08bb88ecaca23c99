"""The one big state of the classroom, and the one sentence that says what the teacher does now. Pure.

The worst thing speaks, in this order: a lesson that is not recorded; a disk with no room for the next; a camera of
several that is gone; a clock nobody vouches for; a centre that refuses the box; too few people in the picture. A line
that is down stops nothing, so it never makes the state worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.clock import CHINA
from edge_agent.panel.facts import Camera, Facts, Hour
from supervisor.contract.state import CameraStatus
from supervisor.rules.checkin import Direction

CONNECTING_S = 20  # a camera may take so long before it is a trouble
CLOCK_OFF_S = 60  # as `edge-agent doctor`


class Shape(StrEnum):
    GOOD = "good"  # a tick
    WARN = "warn"  # a triangle
    BAD = "bad"  # an octagon
    WAIT = "wait"  # a ring


@dataclass(frozen=True, slots=True)
class Said:
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Headline:
    shape: Shape
    state: Said
    todo: Said


REASONS: dict[CameraStatus, tuple[Said, Said]] = {
    CameraStatus.CONNECTING: (
        Said("正在连接", "connecting"),
        Said("请等一分钟;还连不上就检查摄像头电源", "Wait a minute; if it stays so, check the camera's power"),
    ),
    CameraStatus.UNREACHABLE: (
        Said("连不上", "cannot be reached"),
        Said("请检查摄像头的电源和网线,插紧后等一分钟", "Check the camera's power and cable, then wait a minute"),
    ),
    CameraStatus.UNAUTHORIZED: (
        Said("密码不对", "password refused"),
        Said("请照常上课,并让学校联系安装人员改密码", "Go on teaching, and have the installer put the password right"),
    ),
    CameraStatus.NOT_FOUND: (
        Said("没有这路视频", "has no such stream"),
        Said("请照常上课,并让学校联系安装人员", "Go on teaching, and have the school call the installer"),
    ),
    CameraStatus.NOT_VIDEO: (
        Said("收到的不是视频", "sends no video"),
        Said("请照常上课,并让学校联系安装人员", "Go on teaching, and have the school call the installer"),
    ),
    CameraStatus.STALLED: (
        Said("画面停了", "stands still"),
        Said("请把摄像头断电十秒再接通", "Unplug the camera for ten seconds, and plug it in again"),
    ),
    CameraStatus.DISK_FULL: (
        Said("磁盘已满", "disk full"),
        Said("请马上让学校联系运维,不要删除任何文件", "Have the school call for service at once; delete nothing"),
    ),
    CameraStatus.FORBIDDEN: (
        Said("地址不允许", "address not allowed"),
        Said("请照常上课,并让学校联系安装人员", "Go on teaching, and have the school call the installer"),
    ),
    CameraStatus.NOT_CONFIGURED: (
        Said("还没有配置", "not set up here"),
        Said("请照常上课,并让学校联系安装人员", "Go on teaching, and have the school call the installer"),
    ),
}
"""Status → what is wrong, what to do."""

_NOTHING = Said("照常上课,不用做什么", "Go on teaching: nothing needs doing")


def headline(facts: Facts) -> Headline:
    """`en` of the state begins as a sentence does."""
    found = _headline(facts)
    state = Said(found.state.zh, found.state.en[:1].upper() + found.state.en[1:])
    return Headline(found.shape, state, found.todo)


def _headline(facts: Facts) -> Headline:
    running = facts.running
    if running is not None and running.filmed:
        return _recording(facts)
    trouble = _trouble(facts)
    if trouble is not None:
        return trouble
    if running is not None:
        return Headline(Shape.WAIT, Said("本课时免录像", "Not recorded: exempt"), _check_in(facts) or _NOTHING)
    return _between(facts)


def troubled(camera: Camera, facts: Facts) -> bool:
    """Whether this camera is not doing what it should."""
    if camera.status is CameraStatus.CONNECTING:
        return (facts.now - camera.since).total_seconds() > CONNECTING_S
    return camera.status not in (CameraStatus.RECORDING, CameraStatus.IDLE)


def clock_wrong(facts: Facts) -> bool:
    off_s = facts.clock.off_s
    return not facts.clock.trusted or (off_s is not None and abs(off_s) > CLOCK_OFF_S)


def short(facts: Facts) -> int:
    """How many people more the picture should show; 0: enough, or not known."""
    seen = facts.evidence
    if seen is None or seen.satisfied or seen.people is None or not seen.required:
        return 0
    return max(0, seen.required - seen.people)


def _recording(facts: Facts) -> Headline:
    bad = [camera for camera in facts.cameras if troubled(camera, facts)]
    works = any(camera.status is CameraStatus.RECORDING for camera in facts.cameras)
    if bad and not works:
        what, todo = REASONS[bad[0].status]
        return Headline(Shape.BAD, Said(f"没有在录像:摄像头{what.zh}", f"Not recording: camera {what.en}"), todo)
    if not works:
        return Headline(
            Shape.WAIT,
            Said("正在接通摄像头", "Connecting to the camera"),
            Said("请等半分钟", "Wait half a minute"),
        )
    trouble = _trouble(facts)
    if trouble is not None:
        return trouble
    missing = short(facts)
    if missing:
        return Headline(
            Shape.WARN,
            Said("正在录像,画面里人不够", "Recording, too few in the picture"),
            Said(
                f"还差 {missing} 人:请学员坐到镜头看得见的座位,抬头",
                f"{missing} more needed: all in seats the camera sees, heads up",
            ),
        )
    done = facts.evidence is not None and facts.evidence.satisfied
    enough = Said("正在录像,证据已够", "Recording, evidence complete")
    return Headline(
        Shape.GOOD, enough if done else Said("正在录像", "Recording"), _check_in(facts) or _drifts(facts) or _NOTHING
    )


def _trouble(facts: Facts) -> Headline | None:
    """What is wrong beside a lesson that is not recorded, the worst first."""
    busy = facts.running or facts.next
    on = facts.running is not None and facts.running.filmed
    zh, en = ("正在录像,", "Recording, but ") if on else ("", "")
    if not facts.disk.enough and busy:
        return Headline(Shape.BAD, Said(f"{zh}磁盘空间不够", f"{en}short of disk"), REASONS[CameraStatus.DISK_FULL][1])
    bad = [camera for camera in facts.cameras if troubled(camera, facts)]
    if bad and busy:
        what, todo = REASONS[bad[0].status]
        return Headline(Shape.WARN, Said(f"{zh}{bad[0].code} {what.zh}", f"{en}{bad[0].code} {what.en}"), todo)
    if clock_wrong(facts):
        return Headline(
            Shape.WARN,
            Said(f"{zh}盒子时钟不准", f"{en}the clock is wrong"),
            Said(
                "照常上课,让学校找运维校时;此前学时不会自动合格",
                "Go on teaching, have the school call for service; no hour passes by itself till then",
            ),
        )
    if facts.network.refused is not None:
        return Headline(
            Shape.WARN,
            Said(f"{zh}监管中心拒绝了本盒子", f"{en}the centre refuses this box"),
            Said("照常上课,让学校马上联系监管中心", "Go on teaching, and have the school call the centre at once"),
        )
    return None


def _between(facts: Facts) -> Headline:
    if not facts.planned:
        return Headline(
            Shape.WAIT,
            Said("还没有课表", "No timetable yet"),
            Said("请检查网络;盒子要先联系上监管中心", "Check the network: the box must reach the centre first"),
        )
    if facts.next is not None:
        todo = _check_in(facts) or Said("到点自动录像,不用做什么", "Recording starts by itself: nothing needs doing")
        return Headline(Shape.WAIT, _until(facts.next), todo)
    return Headline(
        Shape.WAIT,
        Said("今天没有课了", "No more lessons today"),
        _check_in(facts) or _explain(facts) or Said("不用做什么", "Nothing to do"),
    )


def _until(hour: Hour) -> Said:
    at = f"{hour.start.astimezone(CHINA):%H:%M}"
    return Said(f"{at} 上课", f"Next lesson at {at}")


def _check_in(facts: Facts) -> Said | None:
    """While the door is open and somebody is missing."""
    door = facts.door
    if door is None or not door.missing or not door.is_open(facts.now):
        return None
    number, by_code = len(door.missing), facts.code is not None
    if door.direction is Direction.IN:
        way = Said("请扫码,没手机的点名", "scan the code; the roll for those without a phone")
        plain = Said("请老师点名", "call the roll")
        chosen = way if by_code and door.roll_call else Said("请扫码", "scan the code") if by_code else plain
        return Said(f"还有 {number} 人没签到:{chosen.zh}", f"{number} not checked in: {chosen.en}")
    return Said(f"下课前请签退:还有 {number} 人", f"Check out before you leave: {number} to go")


def _drifts(facts: Facts) -> Said | None:
    seen = facts.evidence
    if seen is None or seen.satisfied or seen.longest_ms >= seen.needed_ms:
        return None
    minutes = round(seen.needed_ms / 60_000)
    return Said(f"请学员留在座位上,连续 {minutes} 分钟", f"Keep everybody in their seats, {minutes} minutes on end")


def _explain(facts: Facts) -> Said | None:
    number = len(facts.to_explain)
    return (
        Said(f"有 {number} 个课时等学校说明", f"{number} lesson hours wait for the school's explanation")
        if number
        else None
    )
