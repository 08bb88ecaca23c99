"""`LiveRelay`: what carries live pictures from boxes to viewers. The built-in one (`relay.py`) does it in this process;
a county that outgrows it puts a media server behind the same port."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from supervisor.contract.live import CameraSays, LiveReason

Mode = Literal["video", "picture"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One camera of a page. `refused`: it may not be looked at now, and this is why."""

    camera_id: UUID
    box_id: UUID
    mode: Mode
    refused: LiveReason | None = None


class ViewerLink(Protocol):
    """One page. The one who holds it takes from `next` and sends; who takes slowly gets fewer pictures, not late
    ones."""

    def watch(self, wishes: Collection[Wish], fresh: Collection[UUID] = ()) -> None:
        """The whole set. `fresh`: cameras to begin anew with, from their init segment on."""

    async def next(self) -> str | bytes:
        """What to send next: JSON text or a frame."""

    def close(self) -> None: ...


class BoxLink(Protocol):
    """One box's line."""

    def says(self, said: CameraSays) -> None: ...

    def frame(self, data: bytes) -> None:
        """A binary frame as it came. One that nobody waits for is dropped."""

    async def next(self) -> str | None:
        """What to send next. None: another line of the same box took this one's place."""

    def close(self) -> None: ...


class LiveRelay(Protocol):
    """All of it on one event loop."""

    def box(self, box_id: UUID) -> BoxLink: ...

    def viewer(self) -> ViewerLink: ...
