"""One receiver of a camera's stream: numbers packets, sends reports, and gives up pictures rather than memory."""

from __future__ import annotations

import asyncio

from config.clock import Clock
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.messages import interleaved
from device_adapters.simulator.rtcp import REPORT_EVERY_S, sender_report
from device_adapters.simulator.rtp import RtpSender
from device_adapters.simulator.source import Unit

BACKLOG_MAX = 1_000_000  # octets waiting for a slow receiver; over it, pictures are left out up to the next key frame


class Player:
    def __init__(self, camera: PracticeCamera, transport: asyncio.WriteTransport, channel: int, clock: Clock) -> None:
        self.sender = RtpSender(camera.source.payload_type)
        self._camera = camera
        self._transport = transport
        self._channel = channel  # of RTP; RTCP has the next one
        self._clock = clock
        self._begins = True  # waiting for a unit a receiver can begin with
        self._report_due = clock.monotonic()

    def start(self) -> None:
        self._report()
        self._camera.players.add(self)
        self._camera.watched.set()

    def stop(self) -> None:
        self._camera.players.discard(self)

    def deliver(self, unit: Unit, timestamp: int) -> None:
        """Send one unit, unless the receiver is behind. Never waits."""
        if self._clock.monotonic() >= self._report_due:
            self._report()
        waiting = self._transport.get_write_buffer_size()
        if waiting > BACKLOG_MAX:
            self._begins = True
        if self._begins and not (unit.is_key and waiting <= BACKLOG_MAX // 2):
            return
        self._begins = False
        last = len(unit.payloads) - 1
        packets = (
            self.sender.pack(payload, timestamp, marker=number == last) for number, payload in enumerate(unit.payloads)
        )
        self._transport.write(b"".join(interleaved(self._channel, packet) for packet in packets))

    def _report(self) -> None:
        if self._transport.get_write_buffer_size() <= BACKLOG_MAX:
            at, timestamp = self._camera.moment()
            self._transport.write(interleaved(self._channel + 1, sender_report(self.sender, at, timestamp)))
        self._report_due = self._clock.monotonic() + REPORT_EVERY_S
