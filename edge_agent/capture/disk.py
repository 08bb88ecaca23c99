"""Admission: a recording that cannot be finished is not begun. Deleting is `edge_agent.disk`'s business, no
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
    return short_bytes(free_bytes, min_free_bytes, needed) == 0


def short_bytes(free_bytes: int, min_free_bytes: int, needed: Iterable[int]) -> int:
    """How much is missing before it may; 0: nothing."""
    return max(0, min_free_bytes + sum(needed) - free_bytes)


def free_bytes(folder: Path) -> int:
    """What this user may still write there. Raises OSError."""
    return shutil.disk_usage(folder).free
