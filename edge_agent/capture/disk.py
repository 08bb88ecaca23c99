"""Admission: a recording that cannot be finished is not begun. Deleting is not this module's business, nor any
recorder's."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

RESERVE = 1.2
"""Bit rates are averages; a lesson may need more."""


def needed_bytes(bitrate: int, seconds: float) -> int:
    """What one camera writes in `seconds` at `bitrate` (bit/s), with the reserve."""
    return round(max(0.0, seconds) * bitrate / 8 * RESERVE)


def admit(free_bytes: int, min_free_bytes: int, needed: Iterable[int]) -> bool:
    """May one more recording begin? `needed`: bytes still to come of each camera, the new one included."""
    return free_bytes >= min_free_bytes + sum(needed)


def free_bytes(folder: Path) -> int:
    """What this user may still write there. Raises OSError."""
    return shutil.disk_usage(folder).free
