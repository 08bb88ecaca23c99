"""The built-in `LiveRelay`: boxes and viewers meet in this process, on its event loop, without a lock or a queue that
could grow.

Several processes would each have their own boxes: whoever needs more than one process holds puts a media server
behind `port.LiveRelay`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

from config.clock import Clock
from supervisor.contract.live import CameraSays, Wanted, Watch
from supervisor.live.port import Wish
from supervisor.live.stream import Frame, Stream
from supervisor.live.tile import Tile

LINGER_S = 20.0
"""A camera is let go so long after its last viewer: who turns a page and comes back finds it going."""
SWEEP_S = 1.0
CHANNELS = 256


class InProcessRelay:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._streams: dict[UUID, Stream] = {}
        self._boxes: dict[UUID, RelayBox] = {}
        self._viewers: set[RelayViewer] = set()
        self._lookers: dict[UUID, list[tuple[Tile, RelayViewer]]] = {}

    def box(self, box_id: UUID) -> RelayBox:
        before = self._boxes.get(box_id)
        if before is not None:
            before.replaced()
        link = self._boxes[box_id] = RelayBox(self, box_id)
        for stream in self._of(box_id):
            stream.begins(link.channel_for(stream))
            self.told(stream)
        link.wake()
        return link

    def viewer(self) -> RelayViewer:
        link = RelayViewer(self)
        self._viewers.add(link)
        return link

    def sweep(self) -> None:
        """Let go of what nobody has looked at for LINGER_S."""
        now, changed = self._clock.monotonic(), set()
        self._note_wishes()
        for stream in list(self._streams.values()):
            if max(stream.fragments_until, stream.pictures_until) <= now:
                del self._streams[stream.camera_id]
                changed.add(stream.box_id)
        for box_id, link in self._boxes.items():
            if box_id in changed or link.outdated():
                link.wake()

    # What the links use of it.

    def now(self) -> float:
        return self._clock.monotonic()

    def stream(self, wish: Wish) -> Stream:
        found = self._streams.get(wish.camera_id)
        if found is None or found.box_id != wish.box_id:
            found = self._streams[wish.camera_id] = Stream(wish.camera_id, wish.box_id)
            link = self._boxes.get(wish.box_id)
            if link is not None:
                found.begins(link.channel_for(found))
        return found

    def wished(self) -> None:
        """Somebody's wishes have changed."""
        self._note_wishes()
        self._lookers = {}
        for viewer in self._viewers:
            for camera_id, tile in viewer.tiles.items():
                if tile.stream is not None:
                    self._lookers.setdefault(camera_id, []).append((tile, viewer))
        for link in self._boxes.values():
            if link.outdated():
                link.wake()

    def told(self, stream: Stream) -> None:
        """Its state has changed."""
        for tile, viewer in self._tiles(stream):
            tile.begin(self.now())
            viewer.wake(tile)

    def frame(self, stream: Stream, one: Frame) -> None:
        stream.keep(one)
        now, was_slow = self.now(), False
        for tile, viewer in self._tiles(stream):
            slow = tile.wants_pictures
            tile.take(one, now)
            was_slow |= slow != tile.wants_pictures
            viewer.wake(tile)
        if was_slow:
            self.wished()

    def wanted(self, box_id: UUID) -> tuple[Wanted, ...]:
        now = self.now()
        return tuple(
            Wanted(
                camera_id=stream.camera_id,
                channel=stream.channel,
                fragments=stream.fragments_until > now,
                pictures=stream.pictures_until > now,
            )
            for stream in self._of(box_id)
            if stream.channel is not None and max(stream.fragments_until, stream.pictures_until) > now
        )

    def by_channel(self, box_id: UUID) -> dict[int, Stream]:
        return {stream.channel: stream for stream in self._of(box_id) if stream.channel is not None}

    def box_gone(self, link: RelayBox) -> None:
        if self._boxes.get(link.box_id) is not link:
            return
        del self._boxes[link.box_id]
        for stream in self._of(link.box_id):
            stream.box_away()
            self.told(stream)

    def viewer_gone(self, link: RelayViewer) -> None:
        self._note_wishes()
        self._viewers.discard(link)
        self.wished()

    def _of(self, box_id: UUID) -> list[Stream]:
        return [stream for stream in self._streams.values() if stream.box_id == box_id]

    def _tiles(self, stream: Stream) -> list[tuple[Tile, RelayViewer]]:
        return [(tile, viewer) for tile, viewer in self._lookers.get(stream.camera_id, ()) if tile.stream is stream]

    def _note_wishes(self) -> None:
        until = self.now() + LINGER_S
        for viewer in self._viewers:
            for tile in viewer.tiles.values():
                if tile.stream is not None and tile.wants_fragments:
                    tile.stream.fragments_until = until
                if tile.stream is not None and tile.wants_pictures:
                    tile.stream.pictures_until = until


class RelayBox:
    """`port.BoxLink`."""

    def __init__(self, relay: InProcessRelay, box_id: UUID) -> None:
        self._relay = relay
        self.box_id = box_id
        self._next_channel = 0
        self._sent: tuple[Wanted, ...] = ()
        self._over = False
        self._woken = asyncio.Event()
        self._by_channel: dict[int, Stream] = {}

    def channel_for(self, stream: Stream) -> int:
        """The least recently given one that is free: what is still under way on it is long gone."""
        taken = self._relay.by_channel(self.box_id)
        for _ in range(CHANNELS):
            channel, self._next_channel = self._next_channel, (self._next_channel + 1) % CHANNELS
            if taken.get(channel) in (None, stream):
                return channel
        raise AssertionError("a box has fewer cameras than there are channels")

    def says(self, said: CameraSays) -> None:
        stream = self._relay.by_channel(self.box_id).get(said.channel)
        if stream is None or stream.camera_id != said.camera_id or self._over:
            return
        stream.says(said)
        self._by_channel[said.channel] = stream
        self._relay.told(stream)

    def frame(self, data: bytes) -> None:
        stream = self._by_channel.get(data[0]) if data else None
        if self._over or stream is None or stream.channel != data[0] or not stream.heard:
            return
        with suppress(ValueError):
            self._relay.frame(stream, Frame.of(data))

    def outdated(self) -> bool:
        return self._relay.wanted(self.box_id) != self._sent

    def wake(self) -> None:
        self._woken.set()

    def replaced(self) -> None:
        self._over = True
        self.wake()

    async def next(self) -> str | None:
        while not self._over:
            wanted = self._relay.wanted(self.box_id)
            if wanted != self._sent:
                self._sent = wanted
                gone = self._by_channel.keys() - {one.channel for one in wanted}
                for channel in gone:
                    del self._by_channel[channel]
                return Watch(cameras=wanted).model_dump_json()
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await self._woken.wait()
            self._relay.sweep()
        return None

    def close(self) -> None:
        self._over = True
        self._relay.box_gone(self)


class RelayViewer:
    """`port.ViewerLink`."""

    def __init__(self, relay: InProcessRelay) -> None:
        self._relay = relay
        self.tiles: dict[UUID, Tile] = {}
        self._turn: deque[Tile] = deque()
        self._woken = asyncio.Event()
        self._next_channel = 0

    def watch(self, wishes: Collection[Wish], fresh: Collection[UUID] = ()) -> None:
        now, before = self._relay.now(), self.tiles
        self._relay.wished()  # those that are left behind linger from now on
        self.tiles = {}
        self._turn = deque(tile for tile in self._turn if tile.camera_id in {wish.camera_id for wish in wishes})
        for wish in wishes:
            tile = before.get(wish.camera_id)
            same = tile is not None and (tile.mode, tile.refused) == (wish.mode, wish.refused)
            if tile is None or not same or wish.camera_id in fresh or self._moved(tile, wish):
                channel = tile.channel if tile is not None else self._channel(before)
                stream = None if wish.refused else self._relay.stream(wish)
                tile = self.tiles[wish.camera_id] = Tile(wish, channel, stream)
                tile.begin(now)
                self.wake(tile)
            self.tiles[wish.camera_id] = tile
        self._relay.wished()

    def wake(self, tile: Tile) -> None:
        if tile not in self._turn:
            self._turn.append(tile)
        self._woken.set()

    async def next(self) -> str | bytes:
        while True:
            while self._turn:
                tile = self._turn[0]
                said = tile.next() if self.tiles.get(tile.camera_id) is tile else None
                if said is None:
                    self._turn.popleft()
                    continue
                self._turn.rotate(-1)  # the next tile's turn: a big picture of one does not hold up the others
                return said
            self._woken.clear()
            await self._woken.wait()

    def close(self) -> None:
        self._relay.viewer_gone(self)
        self.tiles = {}

    def _moved(self, tile: Tile, wish: Wish) -> bool:
        return tile.stream is not None and tile.stream.box_id != wish.box_id

    def _channel(self, before: dict[UUID, Tile]) -> int:
        taken = {tile.channel for tile in (*before.values(), *self.tiles.values())}
        while self._next_channel in taken:
            self._next_channel = (self._next_channel + 1) % CHANNELS
        channel, self._next_channel = self._next_channel, (self._next_channel + 1) % CHANNELS
        return channel
