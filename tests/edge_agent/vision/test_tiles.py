"""Tiles: they cover the picture, stay inside it and overlap as asked, whatever its size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.vision.counter import Region
from edge_agent.vision.tiles import around, tiles

sides = st.integers(32, 9000)
counts = st.integers(1, 6)
overlaps = st.floats(0, 0.6)


@given(sides, sides, counts, counts, overlaps)
def test_tiles_cover_the_picture_and_nothing_else(
    width: int, height: int, columns: int, rows: int, overlap: float
) -> None:
    cut = tiles(width, height, columns, rows, overlap)
    assert len(cut) == columns * rows
    for length, parts in (
        (width, [(tile.x, tile.x + tile.w) for tile in cut[:columns]]),
        (height, [(tile.y, tile.y + tile.h) for tile in cut[::columns]]),
    ):
        assert parts[0][0] == 0
        assert parts[-1][1] == length
        assert all(0 <= start < end <= length for start, end in parts)
        assert all(after[0] <= before[1] for before, after in pairwise(parts)), "no gap"
    grid = {(tile.x, tile.w) for tile in cut}, {(tile.y, tile.h) for tile in cut}
    assert {(tile.x, tile.w, tile.y, tile.h) for tile in cut} == {(*x, *y) for x in grid[0] for y in grid[1]}


@given(sides, sides, counts, counts, overlaps)
def test_tiles_are_alike_and_neighbours_share_what_was_asked(
    width: int, height: int, columns: int, rows: int, overlap: float
) -> None:
    cut = tiles(width, height, columns, rows, overlap)
    assert max(tile.w for tile in cut) - min(tile.w for tile in cut) <= 1
    assert max(tile.h for tile in cut) - min(tile.h for tile in cut) <= 1
    for before, after in pairwise(cut[:columns]):
        assert before.x + before.w - after.x == pytest.approx(overlap * before.w, abs=2)
    for before, after in pairwise(cut[::columns]):
        assert before.y + before.h - after.y == pytest.approx(overlap * before.h, abs=2)


def test_full_hd_in_three_by_two() -> None:
    assert tiles(1920, 1080, 3, 2, 0.25) == (
        Region(0, 0, 768, 617), Region(576, 0, 768, 617), Region(1152, 0, 768, 617),
        Region(0, 463, 768, 617), Region(576, 463, 768, 617), Region(1152, 463, 768, 617),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "rows", "overlap"), [(0, 1, 0.2), (1, -1, 0.2), (3, 3, 1.0), (3, 3, -0.1), (101, 1, 0.2)]
)
def test_a_cut_there_is_not_is_refused(columns: int, rows: int, overlap: float) -> None:
    with pytest.raises(ValueError, match=r"no .* parts of 100 px"):
        tiles(100, 100, columns, rows, overlap)


@given(
    st.integers(-5000, 9000), st.integers(-5000, 9000), st.integers(1, 5000), st.integers(1, 5000), sides, sides,
    st.floats(0, 2), st.integers(1, 200),
)  # fmt: skip
def test_what_is_looked_at_around_a_region_lies_in_the_picture_and_holds_what_of_the_region_does(
    x: int, y: int, w: int, h: int, width: int, height: int, margin: float, least: int
) -> None:
    part = around(Region(x, y, w, h), width, height, margin=margin, least=least)
    left, top, right, bottom = max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)
    if left < right and top < bottom:
        assert part is not None
        assert (part.x <= left, part.y <= top) == (True, True)
        assert (part.x + part.w >= right, part.y + part.h >= bottom) == (True, True)
    if part is not None:
        assert 0 <= part.x < part.x + part.w <= width
        assert 0 <= part.y < part.y + part.h <= height


def test_a_region_is_looked_at_in_a_square_with_its_margin() -> None:
    assert around(Region(500, 400, 100, 200), 1920, 1080, margin=0.25, least=96) == Region(400, 350, 300, 300)
    assert around(Region(500, 400, 10, 10), 1920, 1080, margin=0.25, least=96) == Region(457, 357, 96, 96)
    assert around(Region(-50, -50, 100, 100), 1920, 1080, margin=0.25, least=96) == Region(0, 0, 75, 75)
    assert around(Region(3000, 0, 100, 100), 1920, 1080, margin=0.25, least=96) is None


@pytest.mark.parametrize(("w", "h"), [(0, 10), (10, 0), (-1, 10)])
def test_an_empty_region_is_refused(w: int, h: int) -> None:
    with pytest.raises(ValueError, match="an empty region"):
        Region(0, 0, w, h)
