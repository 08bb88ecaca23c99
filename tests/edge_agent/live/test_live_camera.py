"""One camera while somebody looks: fragments that decode, stills, reasons; the camera let go when nobody does."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import av
import pytest

from config.clock import SystemClock
from device_adapters.interfaces import CameraFault, CameraFaultKind, PacketStream, StreamInfo, VideoPacket
from edge_agent.live.camera import LiveCamera, codec_name
from edge_agent.live.outgoing import Outgoing
from supervisor.contract.live import CameraSays, FrameKind, LiveReason, LiveState, Wanted, parse
from tests.support.pictures import INFO, encoded

LIMIT_S = 20


class Film:
    """A camera that plays packets at its own pace, again and again."""

    def __init__(self, packets: tuple[VideoPacket, ...], info: StreamInfo = INFO, pace_s: float = 0.02) -> None:
        self.info = info
        self.opened = self.closed = 0
        self._packets = packets
        self._pace_s = pace_s
        self.fault: CameraFault | None = None

    def open(self) -> PacketStream:
        self.opened += 1
        if self.fault is not None:
            raise self.fault
        return self

    def packets(self) -> Iterator[VideoPacket]:
        turn = self._packets[-1].dts + 3600
        for number in range(1000):
            for one in self._packets:
                time.sleep(self._pace_s)
                yield replace(
                    one, pts=one.pts + number * turn, dts=one.dts + number * turn, arrived_monotonic=time.monotonic()
                )

    def close(self) -> None:
        self.closed += 1


class Scene:
    def __init__(self, film: Film, folder: Path, *, fragments: bool = True, pictures: bool = False) -> None:
        self.out = Outgoing(SystemClock())
        self.wanted = Wanted(camera_id=uuid4(), channel=7, fragments=fragments, pictures=pictures)
        self.may_record = True
        self.camera = LiveCamera(self.wanted, film, self.out, SystemClock(), folder, lambda: self.may_record)
        self.said: list[CameraSays] = []
        self.frames: list[bytes] = []
        self.sending = threading.Event()
        self.sending.set()
        threading.Thread(target=self._send, daemon=True).start()

    def _send(self) -> None:
        while self.sending.wait() and (one := self.out.take()) is not None:
            if isinstance(one, str):
                said = parse(CameraSays, one)
                assert said is not None
                self.said.append(said)
            else:
                self.frames.append(one)

    def kinds(self) -> list[int]:
        return [one[1] for one in self.frames]

    def until(self, what: Callable[[], object]) -> None:
        end = time.monotonic() + LIMIT_S
        while not what():
            assert time.monotonic() < end, (self.said, self.kinds())
            time.sleep(0.01)

    def __enter__(self) -> Scene:
        self.camera.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.camera.stop()
        assert self.camera.join(LIMIT_S)
        self.sending.set()
        self.out.close()


def pictures(frames: list[bytes]) -> int:
    with av.open(io.BytesIO(b"".join(one[10:] for one in frames))) as film:
        return sum(1 for _ in film.decode(video=0))


def test_a_camera_is_passed_on_picture_by_picture(tmp_path: Path) -> None:
    film = Film(encoded(2))
    with Scene(film, tmp_path) as scene:
        scene.until(lambda: len(scene.frames) > 30)
    assert scene.kinds()[:3] == [FrameKind.INIT, FrameKind.KEY, FrameKind.FRAGMENT]
    assert {one[0] for one in scene.frames} == {7}
    assert pictures(scene.frames) == len(scene.frames) - 1
    assert [(one.state, one.codec) for one in scene.said] == [
        (LiveState.ASKING, None), (LiveState.VIDEO, "avc1.42c00c"),
    ]  # fmt: skip
    assert film.closed == 1


def test_stills_are_at_most_one_a_second_and_moving_pictures_begin_in_the_middle(tmp_path: Path) -> None:
    with Scene(Film(encoded(1, gop=5)), tmp_path, fragments=False, pictures=True) as scene:
        scene.until(lambda: len(scene.frames) >= 2)
        assert set(scene.kinds()) == {FrameKind.PICTURE}
        took = [int.from_bytes(one[2:10], "big") for one in scene.frames]
        assert took[1] - took[0] >= 850
        assert scene.frames[0][10:12] == b"\xff\xd8"
        scene.camera.wish(scene.wanted)  # as before: stills only
        scene.camera.wish(scene.wanted.model_copy(update={"fragments": True, "pictures": False}))
        scene.until(lambda: scene.kinds().count(FrameKind.FRAGMENT) >= 8)
    moving = [one for one in scene.frames if one[1] != FrameKind.PICTURE]
    assert moving[0][1] == FrameKind.INIT and moving[1][1] == FrameKind.KEY
    assert pictures(moving) == len(moving) - 1 - sum(one[1] == FrameKind.INIT for one in moving[1:])


def test_a_line_that_is_too_slow_gives_stills_for_a_while(tmp_path: Path) -> None:
    with Scene(Film(encoded(1, gop=5)), tmp_path) as scene:
        scene.until(lambda: len(scene.frames) > 5)
        scene.sending.clear()
        time.sleep(2.5)
        assert sum(len(one) for lane in scene.out._lanes.values() for _, one in lane.fragments) < 500_000
        scene.sending.set()
        scene.until(lambda: scene.said[-1].reason is LiveReason.SLOW_UPLINK)
        scene.until(lambda: FrameKind.PICTURE in scene.kinds())
    assert scene.said[-1].state is LiveState.PICTURE


def test_h265_gives_stills_and_says_why(tmp_path: Path) -> None:
    hevc = StreamInfo("hevc", 320, 180, b"", (1, 90_000))
    with Scene(Film(encoded(1, gop=5, codec="libx265"), hevc), tmp_path) as scene:
        scene.until(lambda: scene.frames)
    assert set(scene.kinds()) == {FrameKind.PICTURE}
    assert (scene.said[-1].state, scene.said[-1].reason) == (LiveState.PICTURE, LiveReason.CODEC)


@pytest.mark.parametrize("kind", list(CameraFaultKind))
def test_a_camera_that_gives_nothing_is_said_with_its_reason(tmp_path: Path, kind: CameraFaultKind) -> None:
    film = Film(encoded(1))
    film.fault = CameraFault(kind, "rtsp://user:secret@192.0.2.1/")
    with Scene(film, tmp_path) as scene:
        scene.until(lambda: scene.said and scene.said[-1].state is LiveState.DOWN)
    assert scene.said[-1].reason == kind.value
    assert "secret" not in scene.said[-1].model_dump_json()


def test_nobody_looks_into_a_room_that_is_not_recorded(tmp_path: Path) -> None:
    film = Film(encoded(1, gop=5))
    scene = Scene(film, tmp_path)
    scene.may_record = False
    with scene:
        scene.until(lambda: scene.said and scene.said[-1].reason is LiveReason.NO_LESSON)
        assert film.opened == 0
        scene.may_record = True
        scene.until(lambda: len(scene.frames) > 3)
        scene.may_record = False
        scene.until(lambda: scene.said[-1].reason is LiveReason.NO_LESSON)
        assert film.closed == film.opened == 1


def test_the_name_of_a_codec_is_in_its_parameter_sets() -> None:
    assert codec_name(b"\x00\x00\x00\x01\x67\x64\x00\x1f\xac\x00\x00\x00\x01\x68\xee") == "avc1.64001f"
    with pytest.raises(CameraFault):
        codec_name(b"\x00\x00\x00\x01\x68\xee")
