"""What is learnt of a camera: from whom, how it is kept, and what happens when it is damaged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import LessonProofError
from edge_agent.vision.counter import Image
from edge_agent.vision.reference import FEWEST_PICTURES, MAX_BYTES, Reference, learn
from tests.support.health_scenes import HIGH, Scene, blurred, classroom, turned, with_clock


@pytest.fixture(scope="module")
def room() -> Scene:
    return classroom("101", 12, 0)


@pytest.fixture(scope="module")
def pictures(room: Scene) -> list[Image]:
    return [room(7.0 * number) for number in range(FEWEST_PICTURES)]


@pytest.fixture(scope="module")
def reference(pictures: list[Image]) -> Reference:
    return learn(pictures)


def test_a_reference_comes_back_from_bytes_as_it_was(reference: Reference) -> None:
    stored = reference.to_bytes()
    assert len(stored) < 12_000 < MAX_BYTES
    assert Reference.from_bytes(stored) == reference
    assert reference.small.shape == (90, 160)


def test_the_clock_is_found_and_neither_the_title_nor_the_words_on_the_wall(reference: Reference) -> None:
    overlay = reference.overlay
    assert overlay is not None
    assert 0.01 < overlay.left < 0.03 and 0.25 < overlay.right < 0.29  # x 24 to 340 of 1280
    assert 0.02 < overlay.top < 0.04 and overlay.bottom * HIGH < 52


def test_without_a_clock_there_is_no_overlay(pictures: list[Image]) -> None:
    cropped = [np.ascontiguousarray(picture[60:]) for picture in pictures]
    assert learn(cropped).overlay is None


@settings(max_examples=60)
@given(st.data())
def test_damage_is_found(reference: Reference, data: st.DataObject) -> None:
    stored = bytearray(reference.to_bytes())
    at = data.draw(st.integers(0, len(stored) - 1))
    if data.draw(st.booleans()):
        del stored[at:]
    else:
        stored[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LessonProofError, match="REFERENCE_DAMAGED"):
        Reference.from_bytes(bytes(stored))


@pytest.mark.parametrize("stored", [b"", b"{}", b"LPREF", b"LPREF\x02" + bytes(40), bytes(10**6)])
def test_what_is_no_reference_is_refused(stored: bytes) -> None:
    with pytest.raises(LessonProofError, match="REFERENCE_DAMAGED"):
        Reference.from_bytes(stored)


def unlearnable(pictures: list[Image]) -> LessonProofError:
    with pytest.raises(LessonProofError) as caught:
        learn(pictures)
    return caught.value


def test_what_cannot_be_learnt_from_is_said(pictures: list[Image]) -> None:
    few = unlearnable(pictures[:-1])
    assert few.code == "REFERENCE_UNLEARNABLE" and "4 张" in few.zh
    sizes = unlearnable([*pictures, np.ascontiguousarray(pictures[0][:, :960])])
    assert "size" in sizes.en
    moving = unlearnable([turned(picture, right=0.02 * number) for number, picture in enumerate(pictures)])
    assert "moved" in moving.en
    wall = unlearnable([np.full_like(pictures[0], 130)] * FEWEST_PICTURES)
    assert "too few fixed things" in wall.en
    fog = unlearnable([with_clock(blurred(pictures[0], 80), 0)] * FEWEST_PICTURES)
    assert "too few fixed things" in fog.en
    assert unlearnable([pictures[0][:, :, 0]] * FEWEST_PICTURES).code == "PICTURE_UNUSABLE"
