"""What is to go, and in which order: the one decision about deletion on the box. Pure; whether a file may go at all is
`storage.retention`'s to say; `deletion` carries it out.

1. Raw recordings whose term is over, oldest first, whether the disk is short or not: they have served their purpose
   (公共安全视频图像信息系统管理条例 art. 17: at least 30 days, then delete; RULES Q16).
2. Only when the disk is short: the box's own copies of clips that the centre holds, after the same term, oldest first.
3. Nothing else. What is in term, what a lesson hour still needs and what the centre does not hold yet stays, however
   full the disk is: then the next recording is refused, and that is an alarm.

All `*_ms` are milliseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.retention import DAY_MS, Asset, Claim, Kind, may_delete
from supervisor.rules.evidence import LONGEST_MS


@dataclass(frozen=True, slots=True)
class Held:
    """A file the box holds. `key`: its row (segment id, or SHA-256 of a clip). A clip's times are its lesson hour's.

    `recorded_ms`: not older than this, whatever its own dates say (a clock that was set back is no reason to delete).
    `delivered`: the centre has it, digest checked; raw recordings are never delivered.
    """

    what: Literal["segment", "clip"]
    key: int | str
    start_ms: int
    end_ms: int
    recorded_ms: int
    bytes: int
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Hour:
    """A lesson hour as far as deletion cares. `settled`: judged, and all its clips are at the centre. `held`: under a
    legal hold of the centre's."""

    start_ms: int
    end_ms: int
    raw_days: int
    settled: bool
    held: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """`today_ms`: the latest time that both this clock and the centre agreed on; None: never. `longest_days`: the
    longest raw term of any profile this box knows, for what no lesson hour speaks for; None: none is known."""

    today_ms: int | None
    longest_days: int | None


def choose(held: Iterable[Held], hours: Iterable[Hour], terms: Terms, short_bytes: int) -> list[Held]:
    """What to delete now. `short_bytes`: how much is missing for the next recording; 0: nothing."""
    if terms.today_ms is None or terms.longest_days is None:
        return []
    calendar = _Calendar(hours)
    today_ms, longest_days = terms.today_ms, terms.longest_days
    over = sorted(
        (one for one in held if may_delete(_asset(one, calendar, longest_days), today_ms).allowed),
        key=lambda one: (one.recorded_ms, one.start_ms),
    )
    chosen = [one for one in over if one.what == "segment"]
    missing = short_bytes - sum(one.bytes for one in chosen)
    for one in over:
        if missing <= 0:
            break
        if one.what == "clip":
            chosen.append(one)
            missing -= one.bytes
    return chosen


def _asset(one: Held, calendar: _Calendar, longest_days: int) -> Asset:
    """Every lesson hour that it touches asks for it; what touches none keeps the longest raw term."""
    since_ms = max(one.end_ms, one.recorded_ms)
    safe = one.what == "segment" or one.delivered
    claims = tuple(
        Claim(since_ms + hour.raw_days * DAY_MS, settled=hour.settled and safe, held=hour.held)
        for hour in calendar.during(one.start_ms, one.end_ms)
    )
    kind = Kind.RECORDING if one.what == "segment" else Kind.COPY
    return Asset(kind, since_ms, claims or (Claim(since_ms + longest_days * DAY_MS, settled=safe),))


class _Calendar:
    def __init__(self, hours: Iterable[Hour]) -> None:
        self._hours: Sequence[Hour] = sorted(hours, key=lambda hour: hour.start_ms)
        self._starts = [hour.start_ms for hour in self._hours]
        self._longest_ms = max((hour.end_ms - hour.start_ms for hour in self._hours), default=LONGEST_MS)

    def during(self, start_ms: int, end_ms: int) -> list[Hour]:
        """Hours that share a moment with [start_ms, end_ms], its ends included."""
        first = bisect_left(self._starts, start_ms - self._longest_ms)
        last = bisect_left(self._starts, end_ms + 1)
        return [hour for hour in self._hours[first:last] if hour.end_ms >= start_ms]
