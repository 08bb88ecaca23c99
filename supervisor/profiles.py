"""The region profiles a class may name: the shipped ones and the county's own, by name, never by a path from the
network.

Which there are is part of a process's configuration (`CentreSettings.profiles_dir`), read once when the centre opens. A
published profile never changes, so what is known once stays known.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from config.errors import LessonProofError
from config.profile import RegionProfile, load_profile, shipped_profiles

_known: dict[str, RegionProfile] = {name: load_profile(name) for name in shipped_profiles()}


def add_folder(folder: Path) -> None:
    """Read the county's own profiles, `<region>-<version>.yaml`. Raises PROFILE_INVALID, or PROFILE_CHANGED (409)
    when a file gives a known name another content."""
    for path in sorted(folder.glob("*.yaml")):
        profile = load_profile(path)
        if _known.setdefault(profile.name, profile) != profile:
            raise LessonProofError(
                "PROFILE_CHANGED",
                status=409,
                where=path.name,
                zh=f"规则 {profile.name} 已发布,不能修改;请用新的版本号",
                en=f"profile {profile.name} is published and cannot change; give it a new version",
            )


def profile_names() -> list[str]:
    return sorted(_known)


def profile_on(region: str, day: date) -> RegionProfile:
    """The rules a class of `region` opened on `day` keeps: the newest already valid, by day, then by version.

    Raises LessonProofError PROFILE_NOT_FOUND (422): the region has none."""
    valid = [one for one in _known.values() if one.region == region and (one.valid_from or date.min) <= day]
    if not valid:
        raise _not_found()
    return max(valid, key=lambda one: (one.valid_from or date.min, one.profile_version))


def profiles_of(region: str) -> list[RegionProfile]:
    """Oldest first."""
    found = (one for one in _known.values() if one.region == region)
    return sorted(found, key=lambda one: (one.valid_from or date.min, one.profile_version))


def profile_named(name: str) -> RegionProfile:
    """Raises LessonProofError PROFILE_NOT_FOUND (422)."""
    try:
        return _known[name]
    except KeyError:
        raise _not_found() from None


def _not_found() -> LessonProofError:
    return LessonProofError(
        "PROFILE_NOT_FOUND", status=422, where="/profile", zh="没有这样的规则", en="there are no such region rules"
    )
