"""How often to count: dense until the lesson hour has what it needs, sparse after, densest while it is undecided."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from config.profile import RegionProfile

SPARSE = 6  # times the profile's interval, under rules that do not say


def every_s(profile: RegionProfile, *, satisfied: bool, recent: Sequence[int], required: int | None) -> float:
    """Seconds between two samples of a camera. `satisfied`: the lesson hour would pass as it stands. `recent`: the last
    counts of the room."""
    dense, rules = profile.visible.sample_every_s, profile.vision
    if satisfied:
        return rules.sparse_s if rules else dense * SPARSE
    return rules.dense_s if rules and _wavers(profile, recent, required) else dense


def _wavers(profile: RegionProfile, recent: Sequence[int], required: int | None) -> bool:
    """Whether the requirement is within reach and not held: there a missed head decides."""
    if not recent or not required:
        return False
    visible = profile.visible
    tolerated = max(visible.review_deficit_min, ceil(visible.review_deficit_ratio * required))
    return min(recent) < required <= max(recent) + tolerated
