"""A receiver that does not keep up loses whole pictures up to a key frame, and costs a bounded amount of memory."""

from __future__ import annotations

import asyncio
import socket
import struct

from config.clock import SystemClock
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.player import BACKLOG_MAX, Player
from device_adapters.simulator.script import CameraSpec
from device_adapters.simulator.source import SilenceSource, Unit

GOP, SIZE = 20, 20_000


def unit(number: int) -> Unit:
    return Unit((struct.pack("!I", number) + bytes(SIZE),), number % GOP == 0)


async def _drain(line: socket.socket, transport: asyncio.WriteTransport) -> bytes:
    loop, received = asyncio.get_running_loop(), b""
    while True:
        try:
            received += await asyncio.wait_for(loop.sock_recv(line, 1 << 20), 0.3)
        except TimeoutError:
            if not transport.get_write_buffer_size():
                return received


def _numbers(stream: bytes) -> list[int]:
    """The unit number in each interleaved RTP packet of channel 0."""
    found, at = [], 0
    while at < len(stream):
        _, channel, length = struct.unpack("!BBH", stream[at : at + 4])
        if channel == 0:
            found.append(struct.unpack("!I", stream[at + 16 : at + 20])[0])
        at += 4 + length
    assert at == len(stream), "a packet was cut in two"
    return found


async def _slow_receiver() -> tuple[int, list[int], list[int]]:
    """(most octets ever waiting, numbers received while slow, numbers received after it caught up)."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, writer = await asyncio.open_connection(sock=ours)
    camera = PracticeCamera(CameraSpec(path="/x"), SilenceSource("x"), SystemClock())
    player = Player(camera, writer.transport, 0, SystemClock())
    player.start()
    most = 0
    for number in range(1000):
        player.deliver(unit(number), number)
        most = max(most, writer.transport.get_write_buffer_size())
    slow = _numbers(await _drain(theirs, writer.transport))
    for number in range(1005, 1045):
        player.deliver(unit(number), number)
    quick = _numbers(await _drain(theirs, writer.transport))
    writer.close()
    theirs.close()
    return most, slow, quick


def test_a_slow_receiver_is_bounded_and_goes_on_at_a_key_frame() -> None:
    most, slow, quick = asyncio.run(_slow_receiver())
    assert BACKLOG_MAX < most <= BACKLOG_MAX + SIZE + 100
    assert slow == list(range(len(slow))), "an unbroken beginning"
    assert len(slow) < 1000
    assert quick == list(range(1020, 1045)), "nothing before the next key frame"
