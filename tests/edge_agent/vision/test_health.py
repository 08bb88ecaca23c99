"""Picture health on drawn classrooms and a photograph, through H.264 as a camera sends it: each fault is found in its
span, and nothing on healthy pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import cv2
import numpy as np
import pytest

from config.errors import LessonProofError
from edge_agent.vision.conditions import Condition, spans
from edge_agent.vision.counter import Image
from edge_agent.vision.health import HealthCheck, HealthRules, PictureHealth
from edge_agent.vision.reference import Reference, learn
from tests.support.health_scenes import (
    HIGH,
    LIGHT,
    WIDE,
    Scene,
    behind_a_hand,
    blurred,
    crowded,
    key_frames,
    photograph,
    scenes,
    streamed,
    turned,
    with_clock,
)

RULES = HealthRules()
SCENES = scenes()
LEARNT_S = (0, 7, 13, 22, 31)


@pytest.fixture(scope="module")
def references() -> dict[str, Reference]:
    return {
        name: learn(key_frames(with_clock(scene(second), second) for second in LEARNT_S))
        for name, scene in SCENES.items()
    }


@pytest.fixture(scope="module")
def room(references: dict[str, Reference]) -> tuple[Scene, Reference]:
    return SCENES["12 people"], references["12 people"]


def looked(
    reference: Reference | None, pictures: Iterable[Image], every_ms: int = 2000, rules: HealthRules = RULES
) -> list[PictureHealth]:
    check = HealthCheck(rules, reference)
    return [check.look(number * every_ms, picture) for number, picture in enumerate(pictures)]


def found(health: Sequence[PictureHealth]) -> list[tuple[str, int, int]]:
    """Spans as (condition, start and end in s)."""
    ours = spans([(one.at_ms, one.conditions) for one in health])
    return [(span.condition.value, span.start_ms // 1000, span.end_ms // 1000) for span in ours]


def film(scene: Scene, seconds: int, change: Callable[[Image, int], Image] = lambda picture, _: picture) -> list[Image]:
    """Key frames, one every 2 s, of a scene under a clock; `change(picture, second)` comes before the clock."""
    moments = range(0, seconds, 2)
    return key_frames(with_clock(change(scene(100.0 + second), second), 100.0 + second) for second in moments)


@pytest.mark.parametrize(
    ("name", "lights"),
    [
        ("12 people", ["as it was", "half", "gamma 2", "window"]),
        ("photograph", ["as it was", "half"]),
        ("20 people", ["as it was", "one lamp"]),
        ("empty", ["as it was", "bright"]),
        ("drawn", ["as it was", "a third"]),
    ],
)
def test_nothing_is_found_on_healthy_pictures(name: str, lights: list[str], references: dict[str, Reference]) -> None:
    for light in lights:
        change = LIGHT[light]
        health = looked(references[name], film(SCENES[name], 6, lambda picture, _, change=change: change(picture)))
        assert [(light, one.at_ms, one.conditions) for one in health if one.conditions] == []
        assert all(not one.unchecked for one in health[1:])


def between(first: int, last: int, change: Callable[[Image, int], Image]) -> Callable[[Image, int], Image]:
    return lambda picture, second: change(picture, second) if first <= second < last else picture


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        (Condition.BLACK, lambda picture, _: np.full_like(picture, 2)),
        (Condition.COVERED, lambda _, second: behind_a_hand(second)),
        (Condition.COVERED, lambda picture, second: behind_a_hand(second, 0.8, picture)),
        (Condition.BLURRED, lambda picture, _: blurred(picture, 4)),
        (Condition.MOVED, lambda picture, _: turned(picture, right=0.03)),
        (Condition.MOVED, lambda picture, _: turned(picture, degrees=3)),
        (Condition.MOVED, lambda picture, _: turned(picture, right=0.3)),
        (Condition.OVEREXPOSED, lambda picture, _: np.clip(picture * 2.6, 0, 255).astype(np.uint8)),
    ],
    ids=["black", "hand", "hand over most", "blurred", "shifted 3 %", "turned 3°", "looks elsewhere", "overexposed"],
)
def test_a_fault_is_found_in_its_span(
    condition: Condition, change: Callable[[Image, int], Image], room: tuple[Scene, Reference]
) -> None:
    scene, reference = room
    health = looked(reference, film(scene, 18, between(4, 16, change)))
    assert [span for span in found(health) if span[0] == condition] == [(condition.value, 4, 16)]
    if condition is not Condition.OVEREXPOSED:  # where all is white, little is left to tell apart as well
        assert {one for one, _, _ in found(health)} == {condition}


def test_another_room_is_a_moved_camera(references: dict[str, Reference]) -> None:
    health = looked(references["12 people"], film(SCENES["drawn"], 14))
    assert ("moved", 0, 12) in found(health)


def test_a_frozen_picture_is_found_even_behind_a_clock_that_goes_on(room: tuple[Scene, Reference]) -> None:
    scene, reference = room
    still = with_clock(scene(103.0), 103.0)

    def camera() -> Iterable[Image]:
        for second in range(4):
            yield from [with_clock(scene(100.0 + second), 100.0 + second)] * 10
        for second in range(4, 18):
            yield from [with_clock(still, 100.0 + second)] * 10

    ((condition, start, end),) = found(looked(reference, streamed(camera())))
    assert (condition, end) == ("frozen", 16)
    assert start in (2, 4)


def test_a_frozen_picture_is_found_with_its_clock(room: tuple[Scene, Reference]) -> None:
    scene, reference = room
    live = [with_clock(scene(second), second) for second in (0.0, 2.0, 4.0)]
    assert found(looked(reference, [*live, *live[-1:] * 5, *live[:1]])) == [("frozen", 4, 16)]


def test_a_short_standstill_is_none(room: tuple[Scene, Reference]) -> None:
    scene, reference = room
    pictures = [with_clock(scene(min(second, 8.0) if second < 16 else float(second)), second) for second in range(24)]
    assert found(looked(reference, pictures[::2])) == []


@pytest.mark.parametrize("sigma", [0.5, 2.0])
def test_a_room_in_which_nobody_moves_is_not_frozen(sigma: float) -> None:
    health = looked(None, film(photograph(sigma), 12))
    assert {condition for one in health for condition in one.conditions} == set()
    assert all(one.measures.grain is not None and one.measures.grain > RULES.frozen_grain for one in health[1:])


def test_the_overlay_is_missed(room: tuple[Scene, Reference]) -> None:
    scene, reference = room
    bare = [with_clock(scene(second), second) for second in range(16)]
    for picture in bare[2:]:
        picture[14:52, 18:352] = picture[60:98, 18:352]
    assert found(looked(reference, bare[::2])) == [("overlay_missing", 2, 14)]


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_people_in_front_are_no_moved_camera(share: float, references: dict[str, Reference]) -> None:
    for name in ("12 people", "20 people", "photograph"):
        health = looked(references[name], (crowded(SCENES[name](100.0), share, seed) for seed in range(6)))
        assert not any(Condition.MOVED in one.conditions for one in health)


def test_without_a_reference_what_cannot_be_known_is_told_and_the_rest_is_found(room: tuple[Scene, Reference]) -> None:
    scene, _ = room
    picture = scene(0)
    first, second = looked(None, [picture, scene(2)])
    assert first.unchecked == {Condition.MOVED, Condition.OVERLAY_MISSING, Condition.FROZEN}
    assert second.unchecked == {Condition.MOVED, Condition.OVERLAY_MISSING}
    assert first.conditions == second.conditions == set()
    (out_of_focus,) = looked(None, [blurred(picture, 8)])
    assert out_of_focus.conditions == {Condition.BLURRED}
    (white,) = looked(None, [np.full_like(picture, 255)])
    assert white.conditions == {Condition.COVERED, Condition.OVEREXPOSED}
    (black,) = looked(None, [np.zeros_like(picture)])
    assert black.conditions == {Condition.BLACK}
    assert {Condition.BLURRED, Condition.FROZEN, Condition.MOVED} <= black.unchecked


def test_pictures_too_close_together_or_out_of_order_are_not_compared(room: tuple[Scene, Reference]) -> None:
    check, picture = HealthCheck(RULES, None), room[0](0)
    at = [0, 500, 1500, -9000, -7000]
    seen = [check.look(at_ms, picture).measures.moved for at_ms in at]
    assert seen == [None, None, 0.0, None, 0.0]
    assert check.look(0, np.ascontiguousarray(picture[:, :960])).measures.moved is None  # another size


@pytest.mark.parametrize(
    "shape", [(2160, 3840), (768, 1024), (1920, 1080), (360, 640), (32, 32), (32, 4000), (33, 161)], ids=str
)
def test_any_size_is_judged_by_any_reference(shape: tuple[int, int], room: tuple[Scene, Reference]) -> None:
    picture = np.resize(room[0](0), (*shape, 3))
    for one in looked(room[1], [picture, picture]):
        numbers = [number for number in vars_of(one) if number is not None]
        assert np.isfinite(numbers).all()


def vars_of(health: PictureHealth) -> list[float | None]:
    return [getattr(health.measures, name) for name in health.measures.__slots__]


def test_the_same_camera_set_to_another_resolution_is_the_same_camera(room: tuple[Scene, Reference]) -> None:
    scene, reference = room
    for size in ((1920, 1080), (3840, 2160), (960, 540)):
        health = looked(
            reference, (np.asarray(cv2.resize(scene(s), size, interpolation=cv2.INTER_AREA)) for s in (0, 2))
        )
        assert [one.conditions for one in health] == [frozenset()] * 2


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((HIGH, WIDE), np.uint8),
        np.zeros((HIGH, WIDE, 4), np.uint8),
        np.zeros((HIGH, WIDE, 3), np.float32),
        np.zeros((0, 0, 3), np.uint8),
    ],
    ids=lambda picture: f"{picture.dtype}{picture.shape}",
)
def test_what_is_no_picture_is_refused_and_the_check_goes_on(picture: Image, room: tuple[Scene, Reference]) -> None:
    check = HealthCheck(RULES, room[1])
    good = room[0](0)
    check.look(0, good)
    with pytest.raises(LessonProofError, match="PICTURE_UNUSABLE"):
        check.look(2000, picture)
    assert check.look(4000, good).measures.moved == 0.0
