"""Text a device told, made safe to show and keep: a camera's name must not move a terminal's cursor."""

from __future__ import annotations

MAX_CHARS = 200


def plain(told: object, limit: int = MAX_CHARS) -> str:
    """`told` as one line of at most `limit` printable characters; None becomes empty."""
    if told is None:
        return ""
    text = str(told)[: 4 * limit]
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:limit]


def number(told: object) -> float | None:
    """`told` as a finite number of at most 1e12; None for everything else."""
    try:
        value = float(str(told))
    except ValueError:
        return None
    return value if abs(value) <= 1e12 else None


def whole(told: object) -> int | None:
    """A positive whole number; None for everything else, zero included."""
    value = number(told)
    return int(value) if value is not None and value >= 1 else None
