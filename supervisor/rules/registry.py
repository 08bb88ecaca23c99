"""Times of the feed to the real-name registry: when a message is due (B-13), when it is tried again; percentiles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.profile import RegistryRules
from supervisor.rules.working_days import WorkingCalendar

DEFAULT = RegistryRules(check_in_hours=24, class_state_working_days=1)
"""For classes whose profile is from before the section; the numbers are ours (B-13)."""

_CHINA = ZoneInfo("Asia/Shanghai")
_FIRST_S, _LONGEST_S = 30.0, 3600.0


def due_at(kind: str, event_at: datetime, rules: RegistryRules, calendar: WorkingCalendar) -> datetime | None:
    """The last moment at which an acknowledgement is in time; None: the kind has no target."""
    if kind == "check_in":
        return event_at + timedelta(hours=rules.check_in_hours)
    if kind == "class_state":
        last = calendar.after(event_at.astimezone(_CHINA).date(), rules.class_state_working_days)
        return datetime.combine(last + timedelta(days=1), time(), _CHINA).astimezone(UTC)
    return None


def retry_delay_s(tries: int, seed: str) -> float:
    """Seconds to wait after the `tries`-th failure: doubling from 30 s, at most an hour, spread over the upper half by
    `seed`, so that a registry that comes back is not met by everything at once. The same for the same arguments."""
    whole = min(_FIRST_S * 2.0 ** min(max(tries, 1) - 1, 16), _LONGEST_S)
    share = int.from_bytes(hashlib.sha256(f"{seed}:{tries}".encode()).digest()[:4], "big") / 2**32
    return whole * (0.5 + share / 2)


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest rank: a value that did occur. None when there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]
