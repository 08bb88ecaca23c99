"""Times and durations as ONVIF writes them (XML Schema dateTime and duration)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from device_adapters.simulator.onvif.soap import SoapFault

_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,6})?)S)?)?", re.ASCII)


def duration_s(text: str) -> float:
    """`PT1M30S` → 90.0. Years and months, whose length nobody knows, are refused. Raises SoapFault ter:InvalidArgs."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise SoapFault("env:Sender", ["ter:InvalidArgs"], "not a duration")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def life_s(text: str, now: datetime) -> float:
    """An end, given as a duration or as a dateTime, in seconds from `now`; may be negative. Raises SoapFault."""
    if text.startswith("P"):
        return duration_s(text)
    try:
        end = datetime.fromisoformat(text)
        return ((end if end.tzinfo else end.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        raise SoapFault("env:Sender", ["ter:InvalidArgs"], "neither a duration nor a time") from None


def utc_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
