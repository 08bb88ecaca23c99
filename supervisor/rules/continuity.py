"""Continuity: which windows of the lesson hour hold enough continuous media (county plan 五(二); A-16, Q3, Q4).

Whole milliseconds throughout. Media is counted, the time of a gap never is: a window is the stretch in which exactly
`clip_min_s` of media passes. Adding media can only help: it never turns a possible window away.

An *interruption* is what is lost within `max_join_gap_s` of its first moment. A line that comes, goes and comes again
within that time has interrupted once; counting it as several would make more media worse than less.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
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
    """Pieces [first, last] of a recording that count as continuous: their gaps are short, few, and short in sum."""

    first: int
    last: int
    media_ms: int


class Recording:
    """Pieces of media and the gaps between them, measured once; every question after that is a search in time."""

    def __init__(self, pieces: Pieces, rules: LessonRules) -> None:
        self.pieces = pieces
        self._rules = rules
        self._reach_ms = whole_ms(rules.max_join_gap_s)
        self._media = [0, *accumulate(piece.length_ms for piece in pieces)]  # before each piece, and all of it
        self._gap_ends = [piece.start_ms for piece in pieces[1:]]  # gap i lies between piece i and piece i + 1
        self._lost = [0, *accumulate(two.start_ms - one.end_ms for one, two in pairwise(pieces))]

    @property
    def media_ms(self) -> int:
        return self._media[-1]

    @property
    def longest_strict_ms(self) -> int:
        return max((piece.length_ms for piece in self.pieces), default=0)

    def stretches(self) -> tuple[Stretch, ...]:
        """The longest possible, in order. They overlap where there are more interruptions than one may have."""
        found: list[Stretch] = []
        for first in range(len(self.pieces)):
            last = self._last_piece(first)
            if not found or last > found[-1].last:
                found.append(Stretch(first, last, self._media[last + 1] - self._media[first]))
        return tuple(found)

    def windows(self, found: Iterable[Stretch]) -> tuple[Window, ...]:
        """Every window of `clip_min_s` of media: each `window_step_s` of media a start, and the last possible start."""
        need_ms, step_ms = whole_ms(self._rules.clip_min_s), whole_ms(self._rules.window_step_s)
        by_start: dict[int, Window] = {}
        for stretch in found:
            spare_ms = stretch.media_ms - need_ms
            for skipped_ms in (*range(0, spare_ms, step_ms), spare_ms) if spare_ms >= 0 else ():
                window = self._window(self._media[stretch.first] + skipped_ms, need_ms)
                by_start.setdefault(window.start_ms, window)  # stretches that overlap share windows
        return tuple(by_start[start] for start in sorted(by_start))

    def _window(self, media_ms: int, need_ms: int) -> Window:
        """The window that begins when `media_ms` of all media have passed."""
        first = bisect_right(self._media, media_ms, hi=len(self.pieces)) - 1
        last = bisect_left(self._media, media_ms + need_ms) - 1  # it ends with a piece, not with the gap after it
        start_ms = self.pieces[first].start_ms + media_ms - self._media[first]
        end_ms = self.pieces[last].start_ms + media_ms + need_ms - self._media[last]
        interruptions = 0
        while first < last:
            interruptions, first = interruptions + 1, self._after_interruption(first)
        return Window(start_ms, end_ms, need_ms, interruptions, end_ms - start_ms - need_ms)

    def _last_piece(self, first: int) -> int:
        """The last piece that still belongs to a stretch beginning with piece `first`."""
        last = first
        for _ in range(self._rules.max_join_gaps):
            reached = self._after_interruption(last)
            if reached == last:
                break
            last = reached
        bearable = self._lost[first] + whole_ms(self._rules.max_join_gap_sum_s)
        return min(last, bisect_right(self._lost, bearable) - 1)

    def _after_interruption(self, piece: int) -> int:
        """The piece that follows the interruption after `piece`; `piece` itself where none can be joined."""
        covered_to = self.pieces[piece].end_ms + self._reach_ms
        return max(bisect_right(self._gap_ends, covered_to), piece)


def longest_ms(found: Iterable[Stretch]) -> int:
    """Media of the longest stretch; 0 when there is none."""
    return max((stretch.media_ms for stretch in found), default=0)
