"""The built-in relay: who gets what, when a camera is let go, and that nothing ever piles up."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from config.clock import ManualClock
from supervisor.contract.live import CameraSays, FrameKind, LiveReason, LiveState, Watch, frame, parse
from supervisor.live import tile as tiles
from supervisor.live.port import Mode, Wish
from supervisor.live.relay import LINGER_S, InProcessRelay, RelayBox, RelayViewer

BOX, CAMERA, OTHER = uuid4(), uuid4(), uuid4()
CODEC = "avc1.64001f"
LOOP = asyncio.new_event_loop()
"""The relay belongs to one; what waits is there at once or not at all."""


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
        self.relay = InProcessRelay(self.clock)

    def viewer(self, mode: Mode = "video", camera: UUID = CAMERA) -> RelayViewer:
        link = self.relay.viewer()
        link.watch([Wish(camera, BOX, mode)])
        return link

    def going(self, camera: UUID = CAMERA) -> tuple[RelayBox, int]:
        """The box is there and has said that the camera's picture moves."""
        box = self.relay.box(BOX)
        wanted = next(one for one in asked(box).cameras if one.camera_id == camera)
        box.says(CameraSays(camera_id=camera, channel=wanted.channel, state=LiveState.VIDEO, codec=CODEC))
        return box, wanted.channel


def asked(box: RelayBox) -> Watch:
    """What the box is told next."""

    async def told() -> str | None:
        async with asyncio.timeout(0):
            return await box.next()

    said = parse(Watch, LOOP.run_until_complete(told()) or "")
    assert said is not None
    return said


def nothing_asked(box: RelayBox) -> bool:
    with pytest.raises((TimeoutError, asyncio.CancelledError)):
        asked(box)
    return True


def sent(viewer: RelayViewer) -> tuple[list[dict[str, str]], list[bytes]]:
    """All that waits for the viewer: what is said, and the frames."""

    async def take() -> list[str | bytes]:
        found: list[str | bytes] = []
        while True:
            try:
                async with asyncio.timeout(0):
                    found.append(await viewer.next())
            except TimeoutError:
                return found

    found = LOOP.run_until_complete(take())
    return [json.loads(one) for one in found if isinstance(one, str)], [one for one in found if isinstance(one, bytes)]


def feed(box: RelayBox, channel: int, kinds: str, size: int = 100) -> None:
    """i: init, k: key frame, f: fragment, p: picture."""
    names = {"i": FrameKind.INIT, "k": FrameKind.KEY, "f": FrameKind.FRAGMENT, "p": FrameKind.PICTURE}
    for number, one in enumerate(kinds):
        box.frame(frame(channel, names[one], 1000 + number, one.encode() * size))


def kinds(frames: list[bytes]) -> str:
    return "".join(chr(one[10]) for one in frames)


def test_a_viewer_of_a_camera_without_a_line_is_told_so_and_then_asked_for() -> None:
    scene = Scene()
    viewer = scene.viewer()
    assert [(one["state"], one["reason"]) for one in sent(viewer)[0]] == [("down", "box_away")]
    box = scene.relay.box(BOX)
    (wanted,) = asked(box).cameras
    assert (wanted.camera_id, wanted.fragments, wanted.pictures) == (CAMERA, True, False)
    assert [one["state"] for one in sent(viewer)[0]] == ["asking"]


def test_who_comes_later_begins_with_the_init_segment_and_the_whole_group_of_pictures() -> None:
    scene = Scene()
    first = scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "ikffkf")
    said, frames = sent(first)
    assert [(one["state"], one["codec"]) for one in said] == [("video", CODEC)]
    assert kinds(frames) == "ikffkf"
    second = scene.viewer()
    feed(box, channel, "f")
    said, frames = sent(second)
    assert [one["state"] for one in said] == ["video"]
    assert kinds(frames) == "ikff"
    assert [one[1] for one in frames] == [0, 1, 1, 1]  # a key frame is a fragment to viewers
    assert int.from_bytes(frames[1][2:10], "big") == 1004
    assert kinds(sent(first)[1]) == "f"


def test_a_fragment_before_any_key_frame_reaches_nobody() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "iff")
    assert sent(viewer)[1] == []


def test_stills_go_to_those_who_wished_for_stills_and_only_the_newest_waits() -> None:
    scene = Scene()
    moving, still = scene.viewer("video"), scene.viewer("picture")
    box, channel = scene.going()
    feed(box, channel, "ikpfpfp")
    assert kinds(sent(moving)[1]) == "ikff"
    said, frames = sent(still)
    assert [(one["state"], one["codec"], one["reason"]) for one in said] == [("picture", None, None)]
    assert kinds(frames) == "p"
    assert int.from_bytes(frames[0][2:10], "big") == 1006
    assert kinds(sent(scene.viewer("picture"))[1]) == "p"  # at once, without waiting for the next


def test_a_slow_viewer_gets_stills_instead_and_loses_what_waited() -> None:
    scene = Scene()
    slow, quick = scene.viewer(), scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "ik")
    for _ in range(200):
        scene.clock.sleep(0.1)
        feed(box, channel, "f" * 5 + "k", size=10_000)
        assert sent(quick)[1]
        (tile,) = slow.tiles.values()
        assert tile._bytes < 15 * 60_000, "more than a second's pictures wait"
    assert any(one.pictures for one in asked(box).cameras)
    said, _ = sent(slow)
    assert [(one["state"], one["reason"]) for one in said] == [("picture", "slow_viewer")]
    feed(box, channel, "pf")
    assert kinds(sent(slow)[1]) == "p"


def test_moving_pictures_are_tried_again_after_a_while_and_each_time_later() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    waits = []
    for _ in range(3):
        feed(box, channel, "ik")
        scene.clock.sleep(tiles.LATE_S + 0.1)
        feed(box, channel, "f")
        assert sent(viewer)[0][-1]["reason"] == "slow_viewer"
        began = scene.clock.monotonic()
        while not sent(viewer)[0]:
            scene.clock.sleep(1)
            feed(box, channel, "k")
        waits.append(round(scene.clock.monotonic() - began))
    assert waits == [10, 20, 40]


def test_a_very_big_picture_that_waits_is_bounded_too() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "ik" + "f" * 100, size=200_000)
    (tile,) = viewer.tiles.values()
    assert tile._bytes <= tiles.WAITING_BYTES + 200_010
    assert sent(viewer)[0][-1]["reason"] == "slow_viewer"


def test_a_camera_is_let_go_twenty_seconds_after_its_last_viewer_and_not_before() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "ik")
    viewer.close()
    scene.clock.sleep(LINGER_S - 1)
    scene.relay.sweep()
    assert nothing_asked(box)
    again = scene.viewer()
    assert kinds(sent(again)[1]) == "ik"  # still going
    scene.clock.sleep(3600)
    scene.relay.sweep()
    assert nothing_asked(box)  # somebody looks
    again.watch([])
    scene.clock.sleep(LINGER_S + 0.1)
    scene.relay.sweep()
    assert asked(box).cameras == ()
    feed(box, channel, "kf")  # under way when it was let go
    assert kinds(sent(scene.viewer())[1]) == ""


def test_moving_pictures_alone_are_let_go_when_only_stills_are_looked_at() -> None:
    scene = Scene()
    viewer = scene.viewer("video")
    box, _ = scene.going()
    viewer.watch([Wish(CAMERA, BOX, "picture")])
    (both,) = asked(box).cameras
    assert (both.fragments, both.pictures) == (True, True)
    scene.clock.sleep(LINGER_S + 0.1)
    scene.relay.sweep()
    (one,) = asked(box).cameras
    assert (one.fragments, one.pictures) == (False, True)


def test_a_channel_belongs_to_a_camera_only_after_the_box_has_said_so() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box = scene.relay.box(BOX)
    (wanted,) = asked(box).cameras
    feed(box, wanted.channel, "ikp")
    assert sent(viewer)[1] == []
    box.says(CameraSays(camera_id=OTHER, channel=wanted.channel, state=LiveState.VIDEO, codec=CODEC))
    feed(box, wanted.channel, "ik")
    assert sent(viewer)[1] == []


def test_frames_that_are_none_are_dropped() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    for data in (b"", bytes([channel]), bytes([channel]) + bytes(9), bytes([channel, 9]) + bytes(20), bytes(30)):
        box.frame(data)
    assert sent(viewer)[1] in ([], [bytes(30)])


def test_a_line_that_breaks_is_told_and_a_new_one_begins_anew() -> None:
    scene = Scene()
    viewer = scene.viewer()
    box, channel = scene.going()
    feed(box, channel, "ik")
    sent(viewer)
    box.close()
    assert [(one["state"], one["reason"]) for one in sent(viewer)[0]] == [("down", "box_away")]
    box, channel = scene.going()
    feed(box, channel, "ik")
    said, frames = sent(viewer)
    assert said[-1]["state"] == "video"
    assert kinds(frames) == "ik"


def test_a_second_line_of_a_box_takes_the_place_of_the_first() -> None:
    scene = Scene()
    viewer = scene.viewer()
    old, channel = scene.going()
    new, fresh = scene.going()
    assert LOOP.run_until_complete(old.next()) is None
    feed(old, channel, "ik")
    old.close()
    feed(new, fresh, "ikf")
    assert kinds(sent(viewer)[1]) == "ikf"


def test_a_camera_of_another_codec_gives_stills_with_its_reason() -> None:
    scene = Scene()
    viewer = scene.viewer("video")
    box, channel = scene.going()
    box.says(CameraSays(camera_id=CAMERA, channel=channel, state=LiveState.PICTURE, reason=LiveReason.CODEC))
    feed(box, channel, "p")
    said, frames = sent(viewer)
    assert (said[-1]["state"], said[-1]["reason"], kinds(frames)) == ("picture", "codec", "p")


def test_a_refused_camera_is_asked_of_no_box() -> None:
    scene = Scene()
    viewer = scene.relay.viewer()
    box = scene.relay.box(BOX)
    viewer.watch([Wish(CAMERA, BOX, "video", LiveReason.NO_LESSON)])
    assert [(one["state"], one["reason"]) for one in sent(viewer)[0]] == [("down", "no_lesson")]
    assert nothing_asked(box)
    viewer.watch([Wish(CAMERA, BOX, "video")])  # the lesson hour begins
    assert [one.camera_id for one in asked(box).cameras] == [CAMERA]


def test_tiles_of_a_page_take_turns_and_a_fresh_one_begins_anew() -> None:
    scene = Scene()
    viewer = scene.relay.viewer()
    both = [Wish(CAMERA, BOX, "video"), Wish(OTHER, BOX, "video")]
    viewer.watch(both)
    box = scene.relay.box(BOX)
    channels = {one.camera_id: one.channel for one in asked(box).cameras}
    for camera, channel in channels.items():
        box.says(CameraSays(camera_id=camera, channel=channel, state=LiveState.VIDEO, codec=CODEC))
        feed(box, channel, "ikff")
    _, frames = sent(viewer)
    assert [one[0] for one in frames] == [0, 1] * 4
    viewer.watch(both, fresh=[OTHER])
    said, frames = sent(viewer)
    assert [one["camera_id"] for one in said] == [str(OTHER)]
    assert kinds(frames) == "ikff" and {one[0] for one in frames} == {1}


def test_a_message_of_an_unknown_type_is_left_alone() -> None:
    assert parse(CameraSays, '{"type": "weather", "sun": true}') is None
    assert parse(CameraSays, "[]") is None and parse(CameraSays, "{") is None
    known = {"type": "camera", "camera_id": str(CAMERA), "channel": 3, "state": "down", "since": 1}
    said = parse(CameraSays, json.dumps(known))
    assert said is not None and said.state is LiveState.DOWN
