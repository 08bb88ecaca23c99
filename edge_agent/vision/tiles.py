"""A picture cut into overlapping tiles for a detector whose own picture is small: pure geometry, no pixels."""

from __future__ import annotations

from edge_agent.vision.counter import Region


def tiles(width: int, height: int, columns: int, rows: int, overlap: float) -> tuple[Region, ...]:
    """`columns` x `rows` tiles that cover a picture of width x height px, row by row.

    Neighbours share `overlap` (0 ≤ overlap < 1) of a tile's side, but for rounding. Raises ValueError when there is no
    such cut.
    """
    across, down = _cuts(width, columns, overlap), _cuts(height, rows, overlap)
    return tuple(Region(x, y, w, h) for y, h in down for x, w in across)


def around(region: Region, width: int, height: int, *, margin: float, least: int) -> Region | None:
    """The square about the middle of `region` whose side is its longer side and `margin` of it on either hand, `least`
    px at the least, as far as it lies in a picture of width x height px; None when none of it does.
    """
    side = max(round(max(region.w, region.h) * (1 + 2 * margin)), least)
    left, top = region.x + (region.w - side) // 2, region.y + (region.h - side) // 2
    x, y = max(left, 0), max(top, 0)
    w, h = min(left + side, width) - x, min(top + side, height) - y
    return Region(x, y, w, h) if w > 0 and h > 0 else None


def _cuts(length: int, parts: int, overlap: float) -> list[tuple[int, int]]:
    """(start, length) of each part."""
    if not 0 < parts <= length or not 0 <= overlap < 1:
        raise ValueError(f"no {parts} parts of {length} px that overlap by {overlap}")
    part = length / (parts - (parts - 1) * overlap)
    step = part * (1 - overlap)
    starts = [round(n * step) for n in range(parts)]
    ends = [min(round(n * step + part), length) for n in range(parts)]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]
