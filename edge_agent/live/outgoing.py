"""What waits for the line to the centre: little, and never old.

Fragments of a camera that waited too long are dropped, all of them, and its thread is told; of its still pictures only
the newest waits. What is said about cameras is never dropped: there is one saying a camera.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from config.clock import Clock

LATE_S = 1.0
WAITING_BYTES = 6 * 1024 * 1024


@dataclass(slots=True)
class _Lane:
    """Of one channel."""

    said: str | None = None
    fragments: deque[tuple[float, bytes]] = field(default_factory=deque)
    size: int = 0
    picture: bytes | None = None

    def next(self) -> str | bytes | None:
        if self.said is not None:
            said, self.said = self.said, None
            return said
        if self.fragments:
            data = self.fragments.popleft()[1]
            self.size -= len(data)
            return data
        picture, self.picture = self.picture, None
        return picture

    def drop(self) -> None:
        self.fragments.clear()
        self.size = 0


class Outgoing:
    """For camera threads on one side and the line's sender on the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: dict[int, _Lane] = {}
        self._turn: deque[int] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def say(self, channel: int, text: str) -> None:
        """How a camera stands, in the place of what was not yet said about it. Its fragments that wait are of what
        was before, and go."""
        with self._changed:
            lane = self._lane(channel)
            lane.drop()
            lane.said = text
            self._wake(channel)

    def fragments(self, channel: int, *frames: bytes) -> bool:
        """False: the line is too slow for them, and nothing of this camera waits any more."""
        now = self._clock.monotonic()
        with self._changed:
            lane = self._lane(channel)
            if lane.fragments and (now - lane.fragments[0][0] > LATE_S or lane.size > WAITING_BYTES):
                lane.drop()
                return False
            for one in frames:
                lane.fragments.append((now, one))
                lane.size += len(one)
            self._wake(channel)
            return True

    def picture(self, channel: int, frame: bytes) -> None:
        with self._changed:
            self._lane(channel).picture = frame
            self._wake(channel)

    def forget(self, channel: int) -> None:
        """The camera is let go."""
        with self._changed:
            self._lanes.pop(channel, None)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self) -> str | bytes | None:
        """What goes next, as soon as there is something; None once it is closed. Cameras take turns."""
        with self._changed:
            while not self._closed:
                while self._turn:
                    channel = self._turn[0]
                    lane = self._lanes.get(channel)
                    found = None if lane is None else lane.next()
                    if found is None:
                        self._turn.popleft()
                        continue
                    self._turn.rotate(-1)
                    return found
                self._changed.wait()
            return None

    def _lane(self, channel: int) -> _Lane:
        return self._lanes.setdefault(channel, _Lane())

    def _wake(self, channel: int) -> None:
        if channel not in self._turn:
            self._turn.append(channel)
        self._changed.notify()
