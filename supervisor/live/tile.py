"""One camera on one page: what waits to be sent to it, which is never much.

A viewer who takes too slowly loses the moving pictures of a tile and gets its still ones, of which only the newest
waits; after a while the moving ones are tried again, each time after a longer while.
"""

from __future__ import annotations

import json
from collections import deque

from supervisor.contract.live import FrameKind, LiveReason, LiveState
from supervisor.live.port import Mode, Wish
from supervisor.live.stream import Frame, Stream

LATE_S = 1.0  # a fragment that waited longer: this viewer's line is too slow
WAITING_BYTES = 6 * 1024 * 1024  # beyond a whole group of pictures of a good camera
RETRY_S = 10.0
RETRY_MAX_S = 160.0
STEADY_S = 60.0  # moving pictures for so long: the line is good again


class Tile:
    """`stream` None: it is refused."""

    def __init__(self, wish: Wish, channel: int, stream: Stream | None) -> None:
        self.camera_id = wish.camera_id
        self.channel = channel
        self.stream = stream
        self.mode: Mode = wish.mode
        self.refused = wish.refused
        self._fragments: deque[tuple[float, bytes]] = deque()
        self._bytes = 0
        self._picture: bytes | None = None
        self._told: str | None = None
        self._changed = True  # there may be something to say
        self._started = False  # the viewer has an init segment and a key frame
        self._slow_until: float | None = None
        self._retry_s = RETRY_S / 2  # doubled at each fall
        self._moving_since = 0.0

    @property
    def wants_fragments(self) -> bool:
        return self.stream is not None and self.mode == "video"

    @property
    def wants_pictures(self) -> bool:
        return self.stream is not None and (self.mode == "picture" or self._slow_until is not None)

    def begin(self, now: float) -> None:
        """From the start, with what is at hand: a whole group of pictures, or a still one."""
        self._changed = True
        self._drop()
        if self.stream is None:
            return
        if self._moves() and self.stream.init is not None and self.stream.group:
            self._start(now, self.stream.init, self.stream.group)
        elif self.stream.picture is not None:
            self._picture = self._framed(self.stream.picture)

    def take(self, one: Frame, now: float) -> None:
        """A frame came."""
        assert self.stream is not None
        if one.kind is FrameKind.PICTURE:
            if not self._moves():
                self._picture = self._framed(one)
            return
        if self.mode != "video" or one.kind is FrameKind.INIT:
            self._started = self._started and one.kind is not FrameKind.INIT
            return
        if self._slow_until is not None and one.kind is FrameKind.KEY and now >= self._slow_until:
            self._slow_until, self._changed = None, True
        if self._slow_until is not None:
            return
        if self._started:
            self._add(now, one)
            self._check(now)
        elif one.kind is FrameKind.KEY and self.stream.init is not None:
            self._start(now, self.stream.init, [one])

    def next(self) -> str | bytes | None:
        """State before pictures, for it says what they are."""
        if self._changed:
            self._changed, said = False, self._say()
            if said != self._told:
                self._told = said
                return said
        if self._fragments:
            _, data = self._fragments.popleft()
            self._bytes -= len(data)
            return data
        data_or_none, self._picture = self._picture, None
        return data_or_none

    def _start(self, now: float, init: Frame, group: list[Frame]) -> None:
        self._drop()
        self._picture = None
        self._started, self._moving_since = True, now
        for one in (init, *group):
            self._add(now, one)

    def _add(self, now: float, one: Frame) -> None:
        data = self._framed(one)
        self._fragments.append((now, data))
        self._bytes += len(data)

    def _check(self, now: float) -> None:
        if now - self._fragments[0][0] <= LATE_S and self._bytes <= WAITING_BYTES:
            return
        steady = now - self._moving_since > STEADY_S
        self._retry_s = RETRY_S if steady else min(RETRY_MAX_S, self._retry_s * 2)
        self._slow_until, self._changed = now + self._retry_s, True
        self._drop()
        if self.stream is not None and self.stream.picture is not None:
            self._picture = self._framed(self.stream.picture)

    def _drop(self) -> None:
        self._fragments.clear()
        self._bytes, self._started = 0, False

    def _moves(self) -> bool:
        stream = self.stream
        return self.mode == "video" and self._slow_until is None and stream is not None and stream.state == "video"

    def _framed(self, one: Frame) -> bytes:
        return bytes((self.channel,)) + one.body

    def _say(self) -> str:
        state, reason, codec = LiveState.DOWN, self.refused, None
        if self.stream is not None:
            state, reason = self.stream.state, self.stream.reason
            if self._moves():
                codec = self.stream.codec
            elif state is LiveState.VIDEO:
                state = LiveState.PICTURE
                reason = LiveReason.SLOW_VIEWER if self._slow_until is not None else None
        told = {"camera_id": str(self.camera_id), "channel": self.channel, "state": state, "codec": codec}
        return json.dumps(told | {"reason": reason})
