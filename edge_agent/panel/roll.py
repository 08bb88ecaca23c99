"""The teacher's roll call at the box: into the signed log, which carries it to the centre whenever there is a line.

What was called is remembered apart, so that the screen shows at once who is here.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.lessons.plan import Plan, PlanStore
from edge_agent.remembered import Fact, recall, remember
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from supervisor.contract.log import CardEntry, RollCallEntry
from supervisor.contract.target import TargetSession
from supervisor.rules.checkin import CheckInWindow, Direction, SessionTimes, check_in_window


class Roll:
    def __init__(self, work: UnitOfWork, plans: PlanStore, clock: Clock) -> None:
        self._work = work
        self._plans = plans
        self._clock = clock

    def call(self, roll_call_id: UUID, session_id: UUID, direction: Direction, present: Collection[UUID]) -> None:
        """Once: the same id again does nothing.

        Raises LessonProofError SESSION_NOT_FOUND (404), METHOD_NOT_ENABLED, NOT_ON_ROSTER, TOO_EARLY, TOO_LATE (422).
        """
        now, plan = self._clock.now(), self._plans.current()
        held = next((one for one in (plan.state.sessions if plan else ()) if one.session_id == session_id), None)
        if plan is None or held is None:
            raise _error("SESSION_NOT_FOUND", 404, "盒子没有这个课次,请返回首页重试", "the box knows no such session")
        if not held.roll_call:
            raise _error("METHOD_NOT_ENABLED", 422, "本培训地点未启用点名", "this site does not check in by roll call")
        if not {str(one) for one in present} <= {one.ref for one in held.people}:
            raise _error("NOT_ON_ROSTER", 422, "有人不在花名册上,请返回重试", "somebody is not on the roster")
        check_open(plan, held, direction, now)
        entry = RollCallEntry(
            at=epoch_ms(now),
            roll_call_id=roll_call_id,
            session_id=session_id,
            direction=direction,
            present=tuple(dict.fromkeys(present)),
        )
        self.keep(plan, roll_call_id, entry, entry.present)

    def keep(self, plan: Plan, key: UUID, entry: RollCallEntry | CardEntry, present: Collection[UUID]) -> None:
        """Once: on record, and shown at once."""
        with self._work.write() as session:
            known = json.loads(recall(session, Fact.ROLL_CALLS) or "{}")
            if str(key) in known:
                return
            evidence_log.append(session, entry.model_dump(mode="json"))
            wanted = {str(one.session_id) for one in plan.state.sessions}
            kept = {call: said for call, said in known.items() if said["session"] in wanted}
            kept[str(key)] = {
                "session": str(entry.session_id),
                "direction": entry.direction.value,
                "present": [str(one) for one in present],
            }
            remember(session, Fact.ROLL_CALLS, json.dumps(kept))

    def called(self, session_id: UUID, direction: Direction) -> frozenset[str]:
        """References of everybody whom a roll call or an ID card at this box found present."""
        with self._work.read() as session:
            known = json.loads(recall(session, Fact.ROLL_CALLS) or "{}")
        return frozenset(
            ref
            for said in known.values()
            if (said["session"], said["direction"]) == (str(session_id), direction.value)
            for ref in said["present"]
        )


def window_of(plan: Plan, held: TargetSession, direction: Direction) -> CheckInWindow | None:
    """None: the rules of the session's class are missing here."""
    profile = plan.state.profiles.get(held.profile)
    return None if profile is None else check_in_window(direction, SessionTimes(held.start, held.end), profile.checkin)


def check_open(plan: Plan, held: TargetSession, direction: Direction, now: datetime) -> None:
    """Raises LessonProofError TOO_EARLY, TOO_LATE (422)."""
    window, second = window_of(plan, held, direction), now.replace(microsecond=0)
    if window is None or second < window.opens:
        raise _error("TOO_EARLY", 422, "打卡还没有开始", "check-in is not open yet")
    if second > window.closes:
        raise _error("TOO_LATE", 422, "打卡时间已过,请在中心办理补签", "check-in is over: ask for a correction")


def _error(code: str, status: int, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=status, zh=zh, en=en)
