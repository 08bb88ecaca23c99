"""The region profiles a class may name. Only shipped ones, by name: never a path that came over the network."""

from __future__ import annotations

from functools import cache

from config.errors import LessonProofError
from config.profile import RegionProfile, load_profile, shipped_profiles


@cache
def profile_named(name: str) -> RegionProfile:
    """Raises LessonProofError PROFILE_NOT_FOUND (422)."""
    if name not in shipped_profiles():
        raise LessonProofError(
            "PROFILE_NOT_FOUND",
            status=422,
            where="/profile",
            zh="没有这个名称的规则",
            en="there are no region rules of this name",
        )
    return load_profile(name)
