"""Looking round the box for the classroom's screen: everything it knows of one room, now."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import CHINA, Clock
from edge_agent.capture.timekeeping import ClockState, kernel_clock, trusted
from edge_agent.lessons.plan import LessonHour, Plan, PlanStore
from edge_agent.panel.codes import Codes, Shown
from edge_agent.panel.facts import (
    Camera,
    ClockFacts,
    Code,
    DiskFacts,
    Door,
    Drawn,
    Evidence,
    Facts,
    Hour,
    Network,
)
from edge_agent.panel.now import Now
from edge_agent.panel.roll import Roll, window_of
from edge_agent.remembered import Fact, recall
from storage.database.engine import UnitOfWork
from storage.evidence.tables import LessonRow, LogRow
from supervisor.contract.state import BoxState
from supervisor.contract.target import TargetSession
from supervisor.rules.checkin import Direction
from supervisor.rules.evidence import ClockVoucher
from supervisor.rules.verdict import VerdictState

AWAY_S = 90.0  # longer than the uplink ever waits between two tries
DRAWN_S = 180.0  # to come to the camera, once an inspector has drawn


@dataclass(frozen=True, slots=True)
class Room:
    room_id: UUID
    name: str


class Looking:
    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        clock: Clock,
        voucher: ClockVoucher,
        now: Callable[[], Now],
        codes: Codes,
        roll: Roll,
        read_clock: Callable[[], ClockState] = kernel_clock,
    ) -> None:
        self._work = work
        self._plans = plans
        self._clock = clock
        self._voucher = voucher
        self._now = now
        self._codes = codes
        self._roll = roll
        self._read_clock = read_clock

    def rooms(self) -> list[Room]:
        """Those of this box's cameras, in the centre's order."""
        plan = self._plans.current()
        names = {one.room_id: one.room_name for one in (plan.state.cameras if plan else ())}
        return [Room(room_id, name) for room_id, name in names.items()]

    def session(self, session_id: UUID) -> TargetSession | None:
        plan = self._plans.current()
        return next((one for one in (plan.state.sessions if plan else ()) if one.session_id == session_id), None)

    def facts(self, room: Room | None) -> Facts:
        plan, now, seen = self._plans.current(), self._clock.now(), self._now()
        room_id = None if room is None else room.room_id
        here = [one for one in (plan.hours() if plan else []) if one.lesson.room_id == room_id and one.named]
        today = [one for one in here if one.lesson.start.astimezone(CHINA).date() == now.astimezone(CHINA).date()]
        clock = self._clock_facts()
        held = _at_hand(plan, room_id, now)
        door = None if plan is None or held is None else self._door(plan, held, now)
        shown = self._shown(plan, held, door, clock.trusted)
        with self._work.read() as session:
            verdicts = _verdicts(session, [one.id for one in today])
            network = self._network(session, seen.state, now.timestamp())
        return Facts(
            now=now,
            planned=plan is not None,
            room="" if room is None else room.name,
            cameras=_cameras(plan, seen.state, room_id),
            clock=clock,
            network=network,
            disk=DiskFacts(seen.state.disk.free_bytes, seen.state.disk.total_bytes, seen.state.disk.admission_ok),
            hours=tuple(_hour(one, verdicts) for one in sorted(today, key=lambda one: one.start_ms)),
            evidence=_evidence(seen, [one.id for one in today]),
            door=door,
            uses_code=held is not None and held.code is not None,
            code=None if shown is None else Code(shown.code, picture(shown.url), shown.left_s, shown.source),
            drawn=None if held is None else _drawn(held, now.timestamp()),
            to_explain=tuple(one for one in (plan.state.to_explain if plan else ()) if one.room_id == room_id),
        )

    def _shown(self, plan: Plan | None, held: TargetSession | None, door: Door | None, sure: bool) -> Shown | None:
        """A code is shown from the opening of check-in to the closing of check-out."""
        profile = plan.state.profiles.get(held.profile) if plan and held else None
        if held is None or profile is None or door is None or door.window.opens > self._clock.now():
            return None
        return self._codes.shown(held, profile.checkin, trusted=sure)

    def _clock_facts(self) -> ClockFacts:
        state = self._read_clock()
        return ClockFacts(
            trusted=trusted(state.synchronised, state.uncertainty_ms, self._voucher),
            by_operator=self._voucher is ClockVoucher.OPERATOR,
            uncertainty_ms=state.uncertainty_ms if state.synchronised else None,
            off_s=self._codes.off_s(),
        )

    def _network(self, session: Session, state: BoxState, now_s: float) -> Network:
        contact, refused = recall(session, Fact.LAST_CONTACT_MS), recall(session, Fact.REFUSED)
        silent_s = None if contact is None else max(0.0, now_s - int(contact) / 1000)
        said = None if refused is None else json.loads(refused)
        return Network(
            away=silent_s is None or silent_s > AWAY_S,
            silent_s=silent_s,
            entries=state.backlog_entries,
            clips=state.backlog_clips,
            refused=None if said is None else (said["zh"], said["en"]),
        )

    def _door(self, plan: Plan, held: TargetSession, now: datetime) -> Door | None:
        doors = {direction: window_of(plan, held, direction) for direction in Direction}
        out = doors[Direction.OUT]
        direction = Direction.OUT if out is not None and now >= out.opens else Direction.IN
        window = doors[direction]
        if window is None:
            return None
        told = held.checked_in if direction is Direction.IN else held.checked_out
        return Door(
            session_id=held.session_id,
            direction=direction,
            window=window,
            people=tuple((one.ref, one.name) for one in held.people),
            here=frozenset(told) | self._roll.called(held.session_id, direction),
            on_leave=frozenset(held.on_leave),
            roll_call=held.roll_call,
            cards=held.cards is not None,
        )


def picture(address: str) -> str:
    """The QR code of an address as SVG without size: the page gives it one."""
    code = segno.make(address, error="m", micro=False)
    return code.svg_inline(omitsize=True, border=2, dark="#000", light="#fff", svgclass="qr")


def _at_hand(plan: Plan | None, room_id: UUID | None, now: datetime) -> TargetSession | None:
    """The session whose doors are open now or that lies between them; else the next one."""
    found = sorted((one for one in (plan.state.sessions if plan else ()) if one.room_id == room_id),
                   key=lambda one: one.start)  # fmt: skip
    for one in found:
        last = window_of(plan, one, Direction.OUT) if plan else None
        if last is not None and now <= last.closes:
            return one
    return None


def _cameras(plan: Plan | None, state: BoxState, room_id: UUID | None) -> tuple[Camera, ...]:
    codes = {one.camera_id: one.code for one in (plan.state.cameras if plan else ()) if one.room_id == room_id}
    return tuple(Camera(codes[one.camera_id], one.status, one.since) for one in state.cameras if one.camera_id in codes)


def _hour(one: LessonHour, verdicts: dict[str, VerdictState]) -> Hour:
    lesson = one.lesson
    return Hour(lesson.class_name, lesson.start, lesson.end, lesson.exempt is None, verdicts.get(one.id))


def _verdicts(session: Session, hours: Iterable[str]) -> dict[str, VerdictState]:
    query = select(LessonRow.lesson_hour_id, LogRow.body).join(LogRow, LogRow.idx == LessonRow.log_idx)
    rows = session.execute(query.where(LessonRow.lesson_hour_id.in_(list(hours))))
    return {hour: VerdictState(json.loads(body)["verdict"]["state"]) for hour, body in rows}


def _evidence(seen: Now, hours: Iterable[str]) -> Evidence | None:
    known = set(hours)
    for one in seen.state.lessons:
        if str(one.lesson_hour_id) in known:
            return Evidence(
                longest_ms=min(one.longest_joined_ms, one.needed_ms),
                needed_ms=one.needed_ms,
                people=one.people,
                required=one.required,
                satisfied=str(one.lesson_hour_id) in seen.satisfied,
            )
    return None


def _drawn(held: TargetSession, now_s: float) -> Drawn | None:
    if held.drawn is None:
        return None
    names = {one.ref: one.name for one in held.people}
    left_s = DRAWN_S - (now_s - held.drawn.at.timestamp())
    shown = tuple(names[ref] for ref in held.drawn.called if ref in names)
    return Drawn(shown, max(0.0, left_s)) if shown and left_s > -DRAWN_S else None
