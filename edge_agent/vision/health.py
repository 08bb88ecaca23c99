"""Whether a camera's picture can be trusted: measures of one picture and what they mean, one `HealthCheck` a camera.

It names what it sees and decides nothing: `conditions` makes spans of it, the verdict reads those. Without a reference
it says what it did not check. What each condition means, and what it cannot see: docs/picture-health.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from edge_agent.vision import place
from edge_agent.vision.conditions import Condition
from edge_agent.vision.counter import Image
from edge_agent.vision.reference import Reference
from edge_agent.vision.views import Change, Grey, Tiles, Views, brightest, change, sharpness, tiles, views, white


@dataclass(frozen=True, slots=True)
class HealthRules:
    """The limits. Grey levels are 0..255, shares 0..1; where they come from: docs/picture-health.md."""

    black_below: float = 16.0  # grey level that 95 % of the points do not reach
    covered_structure: float = 0.06  # share of tiles in which anything can be told apart
    covered_of_reference: float = 0.3  # or this much of the reference's
    blurred_sharpness: float = 0.15
    blurred_of_reference: float = 0.65
    white_share: float = 0.35
    white_over_reference: float = 0.2
    frozen_moved: float = 4.0  # grey levels
    frozen_grain: float = 0.1  # grey levels
    frozen_of_reference: float = 0.3  # or this much of the reference's grain
    frozen_apart_ms: int = 1000  # pictures closer together are not compared
    moved_shift: float = 0.02  # of the long side
    moved_agreed: float = 0.25  # share of the anchors
    moved_over_in_place: float = 0.15  # and so many more than are in place
    moved_in_place: float = 0.1  # share of the anchors: fewer are left
    overlay_of_reference: float = 0.4  # share of the reference's strokes


@dataclass(frozen=True, slots=True)
class Measures:
    """Of the picture without the strips where clock and name are burnt in; None: nothing to compare with."""

    brightness: float  # mean grey level, 0..255
    brightest: float  # grey level that 5 % of the points reach
    contrast: float  # standard deviation, grey levels
    structure: float  # share of tiles in which anything can be told apart, 0..1
    sharpness: float  # `views.sharpness`, no unit: about 0.4 in focus
    white: float  # share of white points, 0..1
    moved: float | None  # `views.Change` against the picture before, grey levels
    grain: float | None
    in_place: float | None  # `place.Place` against the reference
    agreed: float | None
    shift: float | None  # share of the long side
    overlay: float | None  # strokes in the overlay's box, against the reference's


@dataclass(frozen=True, slots=True)
class PictureHealth:
    at_ms: int
    conditions: frozenset[Condition]
    unchecked: frozenset[Condition]  # cannot be judged: no reference, no picture before, or nothing is to be seen
    measures: Measures


class HealthCheck:
    """Pictures of one camera in order of time, one thread at a time."""

    def __init__(self, rules: HealthRules, reference: Reference | None) -> None:
        self._rules = rules
        self._reference = reference
        self._home = place.flat(reference.small) if reference else None
        self._size = reference.small.shape[::-1] if reference else (0, 0)
        self._before: tuple[int, Grey] | None = None

    def look(self, at_ms: int, image: Image) -> PictureHealth:
        """`at_ms`: when it was taken, wall time. Raises LessonProofError PICTURE_UNUSABLE; then the next picture is
        compared with the one before this."""
        seen = views(image)
        measures = self._measure(at_ms, seen)
        conditions, unchecked = judge(measures, self._rules, self._reference)
        return PictureHealth(at_ms, conditions, unchecked, measures)

    def _measure(self, at_ms: int, seen: Views) -> Measures:
        inner = seen.inner
        mean, deviation = cv2.meanStdDev(inner)
        tiled = tiles(inner)
        changed = self._changed(at_ms, inner, tiled)
        found = self._place(seen.small)
        overlay = self._reference.overlay if self._reference else None
        return Measures(
            brightness=float(mean[0, 0]),
            brightest=brightest(seen.small),
            contrast=float(deviation[0, 0]),
            structure=tiled.structure,
            sharpness=sharpness(inner),
            white=white(inner),
            moved=changed.moved if changed else None,
            grain=changed.grain if changed else None,
            in_place=found.in_place if found else None,
            agreed=found.agreed if found else None,
            shift=found.shift if found else None,
            overlay=overlay.seen(seen.fine) / overlay.strokes if overlay else None,
        )

    def _changed(self, at_ms: int, inner: Grey, tiled: Tiles) -> Change | None:
        before = self._before
        if before is not None and 0 <= at_ms - before[0] < self._rules.frozen_apart_ms:
            return None
        self._before = (at_ms, inner)
        if before is None or before[0] > at_ms or before[1].shape != inner.shape:  # the clock, or the camera, was set
            return None
        return change(before[1], inner, tiled.alive)

    def _place(self, small: Grey) -> place.Place | None:
        if self._reference is None or self._home is None:
            return None
        here = cv2.resize(small, self._size)  # a camera may be set to another resolution
        return place.compare(self._home, place.flat(np.asarray(here, np.uint8)), self._reference.tiles)


def judge(
    measures: Measures, rules: HealthRules, reference: Reference | None
) -> tuple[frozenset[Condition], frozenset[Condition]]:
    """What the measures mean: the conditions, and those that could not be judged. Pure."""
    usual_structure, usual_white = (reference.structure, reference.white) if reference else (0.0, 0.0)
    dark = measures.brightest < rules.black_below
    covered = measures.structure < max(rules.covered_structure, rules.covered_of_reference * usual_structure)
    blind = dark or covered
    shown: dict[Condition, bool | None] = {
        Condition.BLACK: dark,
        Condition.COVERED: covered and not dark,
        Condition.OVEREXPOSED: measures.white > max(rules.white_share, usual_white + rules.white_over_reference),
        Condition.BLURRED: None if blind else _blurred(measures, rules, reference),
        Condition.FROZEN: None if blind else _frozen(measures, rules, reference),
        Condition.MOVED: None if blind else _moved(measures, rules),
        Condition.OVERLAY_MISSING: None if measures.overlay is None else measures.overlay < rules.overlay_of_reference,
    }
    return (
        frozenset(condition for condition, is_shown in shown.items() if is_shown),
        frozenset(condition for condition, is_shown in shown.items() if is_shown is None),
    )


def _blurred(measures: Measures, rules: HealthRules, reference: Reference | None) -> bool:
    usual = reference.sharpness if reference else 0.0
    return measures.sharpness < max(rules.blurred_sharpness, rules.blurred_of_reference * usual)


def _frozen(measures: Measures, rules: HealthRules, reference: Reference | None) -> bool | None:
    """Nothing moved, and there is no sensor noise either: an empty room has that, a repeated picture has not."""
    if measures.moved is None:
        return None
    if measures.moved >= rules.frozen_moved:
        return False
    if measures.grain is None:
        return None
    usual = reference.grain if reference else 0.0
    return measures.grain < max(rules.frozen_grain, rules.frozen_of_reference * usual)


def _moved(measures: Measures, rules: HealthRules) -> bool | None:
    if measures.in_place is None or measures.agreed is None or measures.shift is None:
        return None
    agreed = measures.agreed >= max(rules.moved_agreed, measures.in_place + rules.moved_over_in_place)
    return (agreed and measures.shift > rules.moved_shift) or measures.in_place < rules.moved_in_place
