"""Zones: where in a picture a person counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.vision.zones import Place, ZoneMap
from supervisor.contract.zones import CameraZones

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
FRONT = ((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0))
POSTER = ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
OTHERS = ((0.0, 0.3), (0.2, 0.3), (0.2, 0.5), (0.0, 0.5))
ZONES = CameraZones(seats=(LEFT,), podium=(FRONT,), neighbour=(OTHERS,), masks=(POSTER,))


@pytest.mark.parametrize(
    ("point", "without_teacher", "with_teacher"),
    [
        ((0.3, 0.5), Place.COUNTED, Place.COUNTED),
        ((0.7, 0.5), Place.OUTSIDE, Place.OUTSIDE),  # the aisle
        ((0.3, 0.9), Place.OUTSIDE, Place.COUNTED),  # the podium is in front of the first row
        ((0.9, 0.9), Place.OUTSIDE, Place.COUNTED),
        ((0.1, 0.4), Place.OUTSIDE, Place.OUTSIDE),  # another camera counts them
        ((0.18, 0.12), Place.MASKED, Place.MASKED),
        ((0.5, 0.5), Place.COUNTED, Place.COUNTED),  # on the line
    ],
)
def test_masks_go_first_then_what_others_count_then_seats(
    point: tuple[float, float], without_teacher: Place, with_teacher: Place
) -> None:
    assert ZoneMap(ZONES, podium=False).place(*point) is without_teacher
    assert ZoneMap(ZONES, podium=True).place(*point) is with_teacher


@given(st.floats(-1, 2), st.floats(-1, 2))
def test_without_zones_everywhere_counts(x: float, y: float) -> None:
    assert ZoneMap(None, podium=False).place(x, y) is Place.COUNTED


def test_the_digest_names_the_content_and_not_its_spelling() -> None:
    assert CameraZones.model_validate_json(ZONES.model_dump_json(indent=2)).digest() == ZONES.digest()
    assert CameraZones(seats=(LEFT,)).digest() != CameraZones(podium=(LEFT,)).digest()


@pytest.mark.parametrize(
    "polygon",
    [
        ((0, 0), (1, 1)),
        ((0, 0), (1, 1), (0.5, 0.5)),  # a line
        ((0, 0), (1.1, 0), (1, 1)),
        ((0, 0), (float("nan"), 0), (1, 1)),
        tuple((0.5, n / 100) for n in range(65)),
    ],
)
def test_what_is_no_zone_is_refused(polygon: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValidationError):
        CameraZones(seats=(polygon,))
