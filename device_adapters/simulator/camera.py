"""One practice camera: a time line of pictures shared by all its receivers, and the faults it is told to have."""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime, timedelta
from typing import Protocol

from config.clock import Clock
from device_adapters.simulator.script import (
    Action,
    Black,
    CameraSpec,
    ClockOffset,
    Drop,
    DropEvery,
    Freeze,
    Normal,
    OnvifFault,
    People,
    Stall,
)  # fmt: skip
from device_adapters.simulator.source import ClassroomSource, Source, Unit


class Receiver(Protocol):
    def deliver(self, unit: Unit, timestamp: int) -> None: ...


class Connection(Protocol):
    def hang_up(self) -> None: ...


class PracticeCamera:
    """Belongs to one event loop. Pictures are made only while somebody watches; their time goes on without."""

    def __init__(self, spec: CameraSpec, source: Source, clock: Clock) -> None:
        self.spec = spec
        self.source = source
        self.players: set[Receiver] = set()
        self.connections: set[Connection] = set()
        self.watched = asyncio.Event()
        self.answering = asyncio.Event()  # cleared while the camera hangs
        self.answering.set()
        self.onvif_fault = spec.onvif.fault if spec.onvif else None
        self._clock = clock
        self._origin = clock.monotonic()
        self._first_timestamp = secrets.randbits(32)
        self._offset = timedelta(0)
        self._down_until = self._origin
        self._dropping: asyncio.Task[None] | None = None

    @property
    def is_down(self) -> bool:
        return self._clock.monotonic() < self._down_until

    def moment(self) -> tuple[datetime, int]:
        """Now: the camera's wall time, and the RTP timestamp that belongs to it."""
        units = (self._clock.monotonic() - self._origin) * self.source.rate
        return self._clock.now() + self._offset, self._timestamp(units)

    async def run(self) -> None:
        """Make pictures and play the script, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._play_script())
                tasks.create_task(self._make_pictures())
        finally:
            self._end_dropping()

    def apply(self, action: Action) -> None:
        match action:
            case Drop(for_s=for_s):
                self._cut_line(for_s)
            case DropEvery():
                self._end_dropping()
                self._dropping = asyncio.create_task(self._drop_again(action))
            case Stall():
                self.answering.clear()
            case ClockOffset(offset_s=offset_s):
                self._offset = timedelta(seconds=offset_s)
            case OnvifFault(fault=fault):
                self.onvif_fault = fault
            case Normal():
                self._end_dropping()
                self.onvif_fault = None
                self._down_until = self._clock.monotonic()
                self._offset = timedelta(0)
                self.answering.set()
        if isinstance(self.source, ClassroomSource):
            _change_picture(self.source, action)

    async def _play_script(self) -> None:
        start = self._clock.monotonic()
        if self.spec.script_starts is not None:
            start += (self.spec.script_starts - self._clock.now()).total_seconds()
        for step in sorted(self.spec.script, key=lambda step: step.at_s):
            await asyncio.sleep(start + step.at_s - self._clock.monotonic())
            self.apply(step.action)

    async def _make_pictures(self) -> None:
        while True:
            await self.watched.wait()
            self.source.restart()
            await self._stream()
            self.watched.clear()

    async def _stream(self) -> None:
        number = self._number_now() + 1
        while self.players:
            due = self._origin + number / self.source.rate
            await asyncio.sleep(due - self._clock.monotonic())
            if self.answering.is_set():
                at = self._clock.now() + timedelta(seconds=due - self._clock.monotonic()) + self._offset
                unit = await asyncio.to_thread(self.source.take, at)
                for player in tuple(self.players):
                    player.deliver(unit, self._timestamp(number))
            number = max(number + 1, self._number_now())  # late: leave pictures out, as a camera does

    async def _drop_again(self, action: DropEvery) -> None:
        while True:
            await asyncio.sleep(action.period_s)
            self._cut_line(action.down_s)

    def _cut_line(self, for_s: float) -> None:
        self._down_until = self._clock.monotonic() + for_s
        for connection in tuple(self.connections):
            connection.hang_up()

    def _end_dropping(self) -> None:
        if self._dropping is not None:
            self._dropping.cancel()
            self._dropping = None

    def _number_now(self) -> int:
        return int((self._clock.monotonic() - self._origin) * self.source.rate)

    def _timestamp(self, units: float) -> int:
        return (self._first_timestamp + round(units * self.source.ticks)) & 0xFFFFFFFF


def _change_picture(source: ClassroomSource, action: Action) -> None:
    match action:
        case People(count=count):
            source.people = count
        case Freeze():
            source.frozen = True
        case Black():
            source.dark = True
        case Normal():
            source.frozen = source.dark = False
