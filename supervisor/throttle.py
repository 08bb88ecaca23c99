"""Counts wrong tries in a sliding window, in memory: after a restart everybody may try again, which is harmless."""

from __future__ import annotations

from collections import OrderedDict, deque
from threading import Lock

from config.clock import Clock
from config.errors import LessonProofError

_MAX_KEYS = 10_000


class Throttle:
    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def check(self, key: str, clock: Clock, *, limit: int, window_s: float) -> None:
        """Raises LessonProofError TOO_MANY_TRIES (429) once `key` had `limit` wrong tries within the last
        `window_s`."""
        with self._lock:
            tries = self._wrong.get(key)
            while tries and tries[0] <= clock.monotonic() - window_s:
                tries.popleft()
            if tries and len(tries) >= limit:
                raise LessonProofError(
                    "TOO_MANY_TRIES",
                    status=429,
                    zh="错误次数过多,请十分钟后再试,或请老师、管理员协助",
                    en="too many wrong tries; wait ten minutes, or ask the teacher or an administrator",
                )

    def wrong(self, key: str, clock: Clock) -> None:
        with self._lock:
            self._wrong.setdefault(key, deque()).append(clock.monotonic())
            self._wrong.move_to_end(key)
            while len(self._wrong) > _MAX_KEYS:
                self._wrong.popitem(last=False)
