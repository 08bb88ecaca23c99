"""Stretches of time told twice: lesson hours overlap in reach, so a camera's day is put together from several reports.
Pure."""

from __future__ import annotations

from collections.abc import Iterable

Pair = tuple[int, int]


def merged(spans: Iterable[Pair], near: int = 0) -> list[Pair]:
    """The union, in the order of time. Spans up to `near` apart are one."""
    found: list[Pair] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1] + near:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Pair], holes: Iterable[Pair]) -> list[Pair]:
    """What of `spans` is in none of the `holes`: a gap that another report has media for is none."""
    cuts = merged(holes)
    found: list[Pair] = []
    for start, end in merged(spans):
        at = start
        for hole_start, hole_end in cuts:
            if hole_end <= at or hole_start >= end:
                continue
            if hole_start > at:
                found.append((at, hole_start))
            at = max(at, hole_end)
        if at < end:
            found.append((at, end))
    return found


def steps(events: Iterable[tuple[int, str, str]]) -> list[Pair]:
    """(time, who, in or out) → how many are in, from each time on."""
    inside: set[str] = set()
    found: list[Pair] = []
    for at, who, direction in sorted(events):
        if direction == "in":
            inside.add(who)
        else:
            inside.discard(who)
        if found and found[-1][0] == at:
            found[-1] = at, len(inside)
        else:
            found.append((at, len(inside)))
    return found
