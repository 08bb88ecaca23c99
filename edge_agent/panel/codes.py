"""The code to scan: the centre's while there is a line, a few ahead so that a short silence is not seen; made here from
the session's secret when there is none.

By the centre's time: how far it is from this box's monotonic clock is learnt with each answer, so a box whose clock
is wrong still shows the right code for as long as it runs.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from config.clock import Clock
from config.errors import LessonProofError
from config.profile import CheckInRules
from supervisor.contract.rotating_code import RotatingCodeOut
from supervisor.contract.target import TargetSession
from supervisor.rules.rotating_code import rotating_code, step_at, step_ends

log = logging.getLogger(__name__)

Ask = Callable[[UUID], RotatingCodeOut]
"""A question to the centre, which may raise."""
TURN_S = 1.0
ENOUGH = 2  # codes yet to come: with fewer the centre is asked for more
RETRY_S = 10.0
WATCHED_S = 30.0  # without a screen for so long nothing is asked


@dataclass(frozen=True, slots=True)
class Shown:
    code: str
    url: str
    left_s: float
    period_s: int
    source: Literal["centre", "box"]


@dataclass(frozen=True, slots=True)
class _Issued:
    """Times are the centre's."""

    code: str
    url: str
    start: datetime
    end: datetime


class Codes:
    """Safe between threads. `tick` talks to the centre; nothing else here waits for anything."""

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._wanted: UUID | None = None
        self._wanted_at = 0.0  # monotonic, as the others
        self._retry_at = 0.0
        self._issued: dict[UUID, list[_Issued]] = {}
        self._centre_zero: datetime | None = None  # the centre's time when this box's monotonic clock read 0

    def off_s(self) -> float | None:
        """How far this box's clock is ahead of the centre's; None: not learnt yet."""
        there = self._there()
        return None if there is None else (self._clock.now() - there).total_seconds()

    def shown(self, session: TargetSession, rules: CheckInRules, *, trusted: bool) -> Shown | None:
        """None: no code is to be had: the rules use none, or there is no line and nobody knows the time (`trusted`:
        this box's clock is right)."""
        if session.code is None:
            return None
        with self._lock:
            self._wanted, self._wanted_at = session.session_id, self._clock.monotonic()
            issued = list(self._issued.get(session.session_id, ()))
        there = self._there()
        for one in issued:
            if there is not None and one.start <= there < one.end:
                return Shown(one.code, one.url, (one.end - there).total_seconds(), rules.qr_period_s, "centre")
        if there is None and not trusted:
            return None
        at = there or self._clock.now()
        step = step_at(at, rules)
        code = rotating_code(bytes.fromhex(session.code.secret), step)
        left_s = (step_ends(step, at, rules) - at).total_seconds()
        return Shown(code, session.code.address + code, left_s, rules.qr_period_s, "box")

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(TURN_S):
            self.tick()

    def tick(self) -> None:
        """Ask for more codes where a screen shows them and few are left. Never raises."""
        now = self._clock.monotonic()
        with self._lock:
            wanted, watched = self._wanted, now - self._wanted_at <= WATCHED_S
        if wanted is None or not watched or now < self._retry_at or self._left(wanted) >= ENOUGH:
            return
        try:
            answer = self._ask(wanted)
        except LessonProofError as error:
            log.debug("no code from the centre: %s", error)
            self._retry_at = self._clock.monotonic() + RETRY_S
            return
        except Exception:  # the screen goes on with the box's own codes
            log.exception("asking for a code failed")
            self._retry_at = self._clock.monotonic() + RETRY_S
            return
        self._take(wanted, answer, self._clock.monotonic())

    def _take(self, session_id: UUID, answer: RotatingCodeOut, arrived: float) -> None:
        length = timedelta(seconds=answer.period_s)
        issued = [_Issued(answer.code, answer.url, answer.valid_until - length, answer.valid_until)]
        issued += [_Issued(one.code, one.url, one.show_from, one.show_from + length) for one in answer.ahead]
        with self._lock:
            self._centre_zero = answer.now - timedelta(seconds=arrived)
            self._issued = {session_id: issued}

    def _left(self, session_id: UUID) -> int:
        there = self._there()
        return 0 if there is None else sum(one.start > there for one in self._issued.get(session_id, ()))

    def _there(self) -> datetime | None:
        with self._lock:
            zero = self._centre_zero
        return None if zero is None else zero + timedelta(seconds=self._clock.monotonic())
