"""One camera's pictures at the centre: what its newest group of pictures is, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from supervisor.contract.live import HEAD, CameraSays, FrameKind, LiveReason, LiveState

GROUP_BYTES = 8 * 1024 * 1024
GROUP_FRAMES = 1500
"""A camera whose key frames are further apart than this has no group to begin with: viewers wait for the next."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`body`: everything behind the channel's octet, as viewers get it."""

    kind: FrameKind
    body: bytes

    @classmethod
    def of(cls, data: bytes) -> Frame:
        """Raises ValueError for a frame without a head, or of no known kind."""
        if len(data) <= HEAD.size:
            raise ValueError("a frame without a payload")
        kind = FrameKind(data[1])
        body = bytes((FrameKind.FRAGMENT,)) + data[2:] if kind is FrameKind.KEY else data[1:]
        return cls(kind, body)


@dataclass(slots=True)
class Stream:
    """`fragments`, `pictures`: wished for until then (monotonic, s), when nobody wishes for them any more."""

    camera_id: UUID
    box_id: UUID
    channel: int | None = None
    heard: bool = False  # the box has said that this channel is this camera's
    state: LiveState = LiveState.DOWN
    reason: LiveReason | None = LiveReason.BOX_AWAY
    codec: str | None = None
    init: Frame | None = None
    group: list[Frame] = field(default_factory=list)
    picture: Frame | None = None
    fragments_until: float = float("-inf")
    pictures_until: float = float("-inf")
    _group_bytes: int = 0

    def begins(self, channel: int) -> None:
        """On a new line of its box."""
        self.forget()
        self.channel, self.heard = channel, False
        self.state, self.reason = LiveState.ASKING, None

    def box_away(self) -> None:
        self.forget()
        self.channel, self.heard = None, False
        self.state, self.reason = LiveState.DOWN, LiveReason.BOX_AWAY

    def forget(self) -> None:
        self.init = self.picture = self.codec = None
        self.group, self._group_bytes = [], 0

    def says(self, said: CameraSays) -> None:
        self.heard = True
        if said.state is not LiveState.VIDEO or said.codec != self.codec:
            self.init, self.group, self._group_bytes = None, [], 0
        if said.state is LiveState.DOWN:
            self.picture = None
        self.state, self.reason, self.codec = said.state, said.reason, said.codec

    def keep(self, one: Frame) -> None:
        """Remember what a new viewer begins with."""
        match one.kind:
            case FrameKind.PICTURE:
                self.picture = one
            case FrameKind.INIT:
                self.init, self.group, self._group_bytes = one, [], 0
            case FrameKind.KEY:
                self.group, self._group_bytes = [one], len(one.body)
            case FrameKind.FRAGMENT if self.group:
                self.group.append(one)
                self._group_bytes += len(one.body)
                if self._group_bytes > GROUP_BYTES or len(self.group) > GROUP_FRAMES:
                    self.group, self._group_bytes = [], 0
