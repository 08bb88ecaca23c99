"""Checking in by ID number at the box: typed, or read off the card by a reader that acts as a keyboard.

The box has no numbers, only slow hashes of one session each; a number that fits none of them leaves no trace but a
count. Works without the line: the entry of the signed log reaches the centre whenever there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.lessons.plan import PlanStore
from edge_agent.panel.roll import Roll, check_open
from supervisor.contract.log import CardEntry
from supervisor.rules.card_hash import card_hash
from supervisor.rules.checkin import Direction
from supervisor.rules.identifiers import parse_id_number
from supervisor.rules.masking import mask_name
from supervisor.throttle import Throttle

WRONG = 5
WINDOW_S = 600.0


@dataclass(frozen=True, slots=True)
class Carded:
    """`name`: masked. `again`: they had checked in before."""

    name: str
    again: bool


class Cards:
    def __init__(self, plans: PlanStore, clock: Clock, roll: Roll) -> None:
        self._plans = plans
        self._clock = clock
        self._roll = roll
        self._throttle = Throttle()

    def check_in(self, card_id: UUID, session_id: UUID, direction: Direction, text: str) -> Carded:
        """Once: the same id again does nothing.

        Raises LessonProofError SESSION_NOT_FOUND, CARD_UNKNOWN (404), METHOD_NOT_ENABLED, ID_NUMBER_INVALID, TOO_EARLY,
        TOO_LATE (422), TOO_MANY_TRIES (429).
        """
        now, plan = self._clock.now(), self._plans.current()
        held = next((one for one in (plan.state.sessions if plan else ()) if one.session_id == session_id), None)
        if plan is None or held is None:
            raise LessonProofError(
                "SESSION_NOT_FOUND",
                status=404,
                zh="盒子没有这个课次,请返回首页重试",
                en="the box knows no such session",
            )
        if held.cards is None:
            raise LessonProofError(
                "METHOD_NOT_ENABLED",
                status=422,
                zh="本培训地点未启用身份证签到",
                en="this site does not check in by ID card",
            )
        check_open(plan, held, direction, now)
        self._throttle.check("card", self._clock, limit=WRONG, window_s=WINDOW_S)
        number = parse_id_number(text).number
        digest = card_hash(number, bytes.fromhex(held.cards.salt))
        ref = next((ref for ref, known in held.cards.hashes.items() if known == digest), None)
        person = next((one for one in held.people if one.ref == ref), None)
        if person is None:
            self._throttle.wrong("card", self._clock)
            raise LessonProofError(
                "CARD_UNKNOWN",
                status=404,
                zh="这个号码不在本班花名册上,请核对或找老师",
                en="this number is not on the class's roster: check it, or ask the teacher",
            )
        done = held.checked_in if direction is Direction.IN else held.checked_out
        if person.ref in done or person.ref in self._roll.called(session_id, direction):
            return Carded(mask_name(person.name), again=True)
        entry = CardEntry(
            at=epoch_ms(now), card_id=card_id, session_id=session_id, direction=direction, person=UUID(person.ref)
        )
        self._roll.keep(plan, card_id, entry, [entry.person])
        return Carded(mask_name(person.name), again=False)
