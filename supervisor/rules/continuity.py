"""Continuity: which windows of the lesson hour hold enough continuous media (county plan 五(二); RULES A-16, 1.6
Q3-Q4).

Whole milliseconds throughout. Media is counted, the time of a gap never is: a window is the stretch in which exactly
`clip_min_s` of media passes. Adding media can only help: it never turns a possible window away.

An *interruption* is what is lost within `max_join_gap_s` of its first moment. A line that comes, goes and comes again
within that time has interrupted once; counting it as several would make more media worse than less.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from config.profile import LessonRules
from supervisor.rules.evidence import CameraEvidence, Span
from supervisor.rules.verdict import Window

Pieces = tuple[Span, ...]
"""Media in order of time: no piece is empty, none touches the next."""


def whole_ms(seconds: float) -> int:
    """A profile's seconds as whole milliseconds."""
    return round(seconds * 1000)


def merge(spans: Iterable[Span]) -> Pieces:
    """The union of spans of any camera, in any order, overlapping or touching."""
    merged: list[Span] = []
    for span in sorted((span for span in spans if span.length_ms), key=lambda span: span.start_ms):
        if merged and span.start_ms <= merged[-1].end_ms:
            merged[-1] = Span(merged[-1].start_ms, max(merged[-1].end_ms, span.end_ms))
        else:
            merged.append(span)
    return tuple(merged)


def clip(pieces: Pieces, start_ms: int, end_ms: int) -> Pieces:
    """What of `pieces` lies in [start_ms, end_ms)."""
    return tuple(
        Span(max(piece.start_ms, start_ms), min(piece.end_ms, end_ms))
        for piece in pieces
        if piece.start_ms < end_ms and piece.end_ms > start_ms
    )


def subtract(pieces: Pieces, holes: Pieces) -> Pieces:
    """What of `pieces` lies in none of `holes`."""
    left: list[Span] = []
    first = 0  # holes before it end before the piece looked at begins
    for piece in pieces:
        while first < len(holes) and holes[first].end_ms <= piece.start_ms:
            first += 1
        at = piece.start_ms
        for hole in holes[first:]:
            if hole.start_ms >= piece.end_ms:
                break
            if hole.start_ms > at:
                left.append(Span(at, hole.start_ms))
            at = max(at, hole.end_ms)
        if at < piece.end_ms:
            left.append(Span(at, piece.end_ms))
    return tuple(left)


def counted_media(camera: CameraEvidence, duration_ms: int) -> Pieces:
    """A camera's media inside the lesson hour, without its excluded stretches (frozen, covered, moved, replayed)."""
    excluded = merge(Span(stretch.start_ms, stretch.end_ms) for stretch in camera.excluded)
    return subtract(clip(merge(camera.spans), 0, duration_ms), excluded)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces that count as continuous: their gaps are short, few, and short in sum."""

    pieces: Pieces
    media_ms: int


def stretches(pieces: Pieces, rules: LessonRules) -> tuple[Stretch, ...]:
    """The longest possible stretches, in order. They overlap where there are more interruptions than one may have."""
    found: list[Stretch] = []
    reached = 0  # pieces before it are in a stretch already
    for first in range(len(pieces)):
        last = _end_of_stretch(pieces, first, rules)
        if last > reached:
            reached = last
            part = pieces[first:last]
            found.append(Stretch(part, _media_ms(part)))
    return tuple(found)


def longest_ms(found: Iterable[Stretch]) -> int:
    """Media of the longest stretch; 0 when there is none."""
    return max((stretch.media_ms for stretch in found), default=0)


def windows(found: Iterable[Stretch], rules: LessonRules) -> tuple[Window, ...]:
    """Every window of `clip_min_s` of media: each `window_step_s` of media a start, and the last possible start."""
    by_start: dict[int, Window] = {}
    for stretch in found:
        for window in _windows_of(stretch, rules):
            by_start.setdefault(window.start_ms, window)  # stretches that overlap share windows
    return tuple(by_start[start] for start in sorted(by_start))


def _windows_of(stretch: Stretch, rules: LessonRules) -> Iterable[Window]:
    need_ms = whole_ms(rules.clip_min_s)
    spare_ms = stretch.media_ms - need_ms
    if spare_ms < 0:
        return
    pieces = stretch.pieces
    before = [0, *accumulate(piece.length_ms for piece in pieces)]  # media before each piece, and all of it
    for skipped_ms in sorted({*range(0, spare_ms, whole_ms(rules.window_step_s)), spare_ms}):
        first = bisect_right(before, skipped_ms, hi=len(pieces)) - 1
        last = bisect_left(before, skipped_ms + need_ms) - 1  # a window ends with a piece, not with the gap after it
        start_ms = pieces[first].start_ms + skipped_ms - before[first]
        end_ms = pieces[last].start_ms + skipped_ms + need_ms - before[last]
        gaps = _interruptions(pieces[first : last + 1], rules)
        yield Window(start_ms, end_ms, need_ms, gaps, end_ms - start_ms - need_ms)


def _end_of_stretch(pieces: Pieces, first: int, rules: LessonRules) -> int:
    """The index after the last piece that still belongs to a stretch beginning with piece `first`."""
    reach_ms, most_ms = whole_ms(rules.max_join_gap_s), whole_ms(rules.max_join_gap_sum_s)
    lost_ms, count, covered_to = 0, 0, pieces[first].start_ms
    for index in range(first + 1, len(pieces)):
        gap_start, gap_end = pieces[index - 1].end_ms, pieces[index].start_ms
        lost_ms += gap_end - gap_start
        if gap_end > covered_to:
            count, covered_to = count + 1, gap_start + reach_ms
        if gap_end > covered_to or lost_ms > most_ms or count > rules.max_join_gaps:
            return index
    return len(pieces)


def _interruptions(pieces: Sequence[Span], rules: LessonRules) -> int:
    """The fewest: each takes in every gap that ends within `max_join_gap_s` of its first moment."""
    reach_ms = whole_ms(rules.max_join_gap_s)
    count, covered_to = 0, pieces[0].start_ms
    for one, following in pairwise(pieces):
        if following.start_ms > covered_to:
            count, covered_to = count + 1, one.end_ms + reach_ms
    return count


def _media_ms(pieces: Sequence[Span]) -> int:
    return sum(piece.length_ms for piece in pieces)
