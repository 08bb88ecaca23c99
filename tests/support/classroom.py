"""A classroom for the panel: a real box with its database and plan, a morning of lessons, and what the agent would
say of cameras, disk and line, which tests change. Nobody in it is real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from starlette.types import ASGIApp

from config.clock import Clock, ManualClock, epoch_ms
from config.profile import RegionProfile, load_profile
from config.settings import EdgeSettings
from edge_agent.capture.timekeeping import ClockState
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.progress import standings
from edge_agent.lessons.timetable import running
from edge_agent.opening import OpenBox
from edge_agent.panel.codes import Ask, Codes
from edge_agent.panel.desk import Desk
from edge_agent.panel.looking import Looking
from edge_agent.panel.now import Now
from edge_agent.panel.page import panel_app
from edge_agent.panel.roll import Roll
from edge_agent.remembered import Fact, remember
from edge_agent.uplink.client import CentreAway
from supervisor.contract.rotating_code import CodeAhead, RotatingCodeOut
from supervisor.contract.state import BoxState, CameraReport, CameraStatus, DiskReport
from supervisor.contract.target import TargetCode, TargetExplanation, TargetPerson, TargetSession
from supervisor.rules.evidence import ClockVoucher
from supervisor.rules.rotating_code import rotating_code, step_at, step_ends
from tests.support.box import START, Box, camera_of, lesson_of, new_box, target_of, uuid_of

RULES = load_profile("140521-2024.3")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
PEOPLE = tuple(
    TargetPerson(ref=str(uuid_of(f"person {n}")), name=f"{SURNAMES[n % 32]}甲{'乙' * (n % 2)}") for n in range(39)
)
SECRET, ADDRESS = "5a" * 32, "HTTPS://KS.EXAMPLE.CN/C/R4ZJK5SC6APYH7XJ/"


def session_of(**changes: object) -> TargetSession:
    """Of the morning: four lesson hours from START, everybody but three has checked in, one is on leave."""
    fields: dict[str, object] = {
        "session_id": uuid_of("session"),
        "lesson_hours": tuple(uuid_of(f"lesson {n}") for n in range(4)),
        "class_name": "养老护理员初级班",
        "room_id": uuid_of("room A"),
        "start": START,
        "end": START + timedelta(minutes=195),
        "profile": RULES.name,
        "people": PEOPLE,
        "checked_in": tuple(one.ref for one in PEOPLE[4:]),
        "checked_out": (),
        "on_leave": (PEOPLE[0].ref,),
        "roll_call": True,
        "code": TargetCode(secret=SECRET, address=ADDRESS),
        "drawn": None,
    }
    return TargetSession.model_validate(fields | changes)


def to_explain(name: str = "yesterday") -> TargetExplanation:
    start = START - timedelta(days=1)
    return TargetExplanation(
        lesson_hour_id=uuid_of(name),
        class_name="养老护理员初级班",
        room_id=uuid_of("room A"),
        start=start,
        until=start + timedelta(hours=48),
        address=f"https://ks.example.cn/lessons/{uuid_of(name)}",
    )


@dataclass
class Classroom:
    """`statuses`: of its cameras by code; `kernel`: what the kernel says of the clock; `centre`: whether it answers."""

    box: Box
    profile: RegionProfile = RULES
    statuses: dict[str, CameraStatus] = field(default_factory=lambda: {"room-a": CameraStatus.RECORDING})
    kernel: ClockState = field(default_factory=lambda: ClockState(True, 120, 12))
    centre: bool = True
    centre_off_s: float = 0.0
    enough: bool = True
    waiting: tuple[int, int] = (0, 0)

    @property
    def clock(self) -> ManualClock:
        return self.box.clock

    def told(self, *, session: TargetSession | None = None, explain: tuple[TargetExplanation, ...] = ()) -> None:
        """The morning as the centre plans it."""
        lessons = [
            lesson_of(
                str(n), start=START + timedelta(minutes=50 * n), minutes=45, present=39, profile=self.profile.name,
                class_name="养老护理员初级班", as_of=START,
            )
            for n in range(4)
        ]  # fmt: skip
        cameras = [camera_of(code) for code in self.statuses]
        state = target_of(lessons, cameras, profile=self.profile)
        sessions = () if session is None else (session,)
        self.box.told(state.model_copy(update={"sessions": sessions, "to_explain": explain}))

    def contact(self, ago: timedelta = timedelta(0)) -> None:
        """The centre last answered so long ago."""
        with self.box.work.write() as session:
            remember(session, Fact.LAST_CONTACT_MS, epoch_ms(self.clock.now() - ago))

    def at(self, moment: datetime) -> None:
        self.clock.sleep((moment - self.clock.now()).total_seconds())

    def now(self) -> Now:
        plan, moment = self.box.plans.current(), self.clock.now()
        stand = standings(
            self.box.work, running(plan.hours(), moment) if plan else [], self.clock, box_id=str(uuid_of("box")),
            version="1", voucher=ClockVoucher.OPERATOR,
        )  # fmt: skip
        reports = [
            CameraReport(
                camera_id=camera_of(code).camera_id, status=status, since=moment - timedelta(minutes=3),
                last_picture_at=None, people=None, people_at=None, bytes_recorded=0,
            )
            for code, status in self.statuses.items()
        ]  # fmt: skip
        state = BoxState(
            at=moment,
            version="1",
            cameras=tuple(reports),
            lessons=tuple(one.progress for one in stand),
            disk=DiskReport(total_bytes=10**12, free_bytes=412 * 10**9, admission_ok=self.enough),
            backlog_entries=self.waiting[0],
            backlog_clips=self.waiting[1],
        )
        return Now(state, frozenset(one.hour.id for one in stand if one.satisfied))

    def ask(self, session_id: UUID) -> RotatingCodeOut:
        """The centre, if there is a line."""
        if not self.centre:
            raise CentreAway(zh="断网", en="no line")
        return issued(self.clock.now() - timedelta(seconds=self.centre_off_s), self.profile)

    def looking(self) -> tuple[Looking, Codes, Roll]:
        ask: Ask = self.ask
        codes, roll = Codes(ask, self.clock), Roll(self.box.work, self.box.plans, self.clock)
        read: Callable[[], ClockState] = lambda: self.kernel  # noqa: E731
        looking = Looking(self.box.work, self.box.plans, self.clock, ClockVoucher.NTP, self.now, codes, roll, read)
        return looking, codes, roll

    def app(self, settings: EdgeSettings | None = None) -> tuple[ASGIApp, Codes]:
        looking, codes, roll = self.looking()
        opened, settings = OpenBox(self.box.work, self.box.paths), settings or EdgeSettings()
        desk = Desk(opened, settings, self.clock)
        return panel_app(opened, self.box.plans, settings, self.clock, desk, looking, roll), codes


def issued(at: datetime, profile: RegionProfile) -> RotatingCodeOut:
    """As the centre answers at `at`, by its own clock."""
    step, period = step_at(at, profile.checkin), profile.checkin.qr_period_s
    until = step_ends(step, at, profile.checkin)
    codes = [rotating_code(bytes.fromhex(SECRET), step + n) for n in range(4)]
    return RotatingCodeOut(
        code=codes[0], valid_until=until, period_s=period, url=ADDRESS + codes[0], now=at,
        ahead=[
            CodeAhead(code=code, show_from=until + timedelta(seconds=n * period), url=ADDRESS + code)
            for n, code in enumerate(codes[1:])
        ],
    )  # fmt: skip


def classroom(folder: Path, at: datetime = START) -> Classroom:
    """Enrolled, on line, its plan told, its session's door open, nothing recorded yet."""
    room = Classroom(new_box(folder, at - timedelta(minutes=5)))
    room.at(at)
    room.told(session=session_of())
    room.contact()
    return room


def idle(moment: datetime) -> Now:
    """A box with nothing to do."""
    disk = DiskReport(total_bytes=10, free_bytes=5, admission_ok=True)
    state = BoxState(at=moment, version="1", cameras=(), lessons=(), disk=disk, backlog_entries=0, backlog_clips=0)
    return Now(state, frozenset())


def away(_: UUID) -> RotatingCodeOut:
    raise CentreAway(zh="断网", en="no line")


def panel_of(opened: OpenBox, plans: PlanStore, settings: EdgeSettings, clock: Clock, desk: Desk) -> ASGIApp:
    """The panel of a box whose agent has nothing to do and no line."""
    codes, roll = Codes(away, clock), Roll(opened.work, plans, clock)
    looking = Looking(opened.work, plans, clock, ClockVoucher.NTP, lambda: idle(clock.now()), codes, roll)
    return panel_app(opened, plans, settings, clock, desk, looking, roll)
