"""What time a camera thinks it is, from the answer to GetSystemDateAndTime (ONVIF Core §8.3.5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from config.clock import CHINA
from device_adapters.interfaces import CameraTime, OnvifFault, OnvifFaultKind

# POSIX TZ: a name, then how far the zone lies *west* of Greenwich. CST-8 is China. Rules of summer time are not read.
_POSIX_TZ = re.compile(r"(?:<[^>]{1,16}>|[A-Za-z]{3,16})([+-]?\d{1,2})(?::(\d{2}))?")
_TICK_S = 1.0  # the answer counts whole seconds


def camera_time(told: Any, asked: datetime, rtt_s: float) -> CameraTime:
    """The offset, had the camera looked at its clock in the middle of the `rtt_s` that its answer took, and its clock
    been half a second past what it says. Raises OnvifFault GARBAGE."""
    at = _stated(told)
    if at is None:
        raise OnvifFault(OnvifFaultKind.GARBAGE, "the camera told no time")
    middle = asked + timedelta(seconds=rtt_s / 2)
    offset_s = (at - middle).total_seconds() + _TICK_S / 2
    return CameraTime(round(offset_s, 3), round(_TICK_S / 2 + rtt_s / 2, 3), str(_of(told, "DateTimeType")) == "NTP")


def _stated(told: Any) -> datetime | None:
    """UTC when the camera says it, else its local time read by its zone, else by China's."""
    utc = _datetime(_of(told, "UTCDateTime"))
    if utc is not None:
        return utc.replace(tzinfo=UTC)
    local = _datetime(_of(told, "LocalDateTime"))
    if local is None:
        return None
    zone = _POSIX_TZ.match(str(_of(_of(told, "TimeZone"), "TZ") or ""))
    if zone is None:
        return local.replace(tzinfo=CHINA).astimezone(UTC)
    hours = int(zone[1])
    minutes = int(zone[2] or 0) * (-1 if zone[1].startswith("-") else 1)
    return local.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes)


def _datetime(told: Any) -> datetime | None:
    """Without a zone: the caller knows which."""
    date, time = _of(told, "Date"), _of(told, "Time")
    try:
        return datetime(  # noqa: DTZ001
            int(_of(date, "Year")), int(_of(date, "Month")), int(_of(date, "Day")),
            int(_of(time, "Hour")), int(_of(time, "Minute")), min(int(_of(time, "Second")), 59),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError):
        return None


def _of(told: Any, name: str) -> Any:
    return getattr(told, name, None)
