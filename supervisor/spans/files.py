"""Where the bytes of spans lie: on the centre's own disk, never in the archive, whose Object Lock would keep for years
what has a short term."""

from __future__ import annotations

from pathlib import Path

from storage.objects import LocalObjectStore
from supervisor.centre import Centre
from supervisor.spans.models import RawSpan, SpanState


def store_of(centre: Centre) -> LocalObjectStore:
    return LocalObjectStore(centre.settings.data_dir / "spans")


def key_of(span: RawSpan) -> str:
    return f"{span.id}.mp4"


def part_of(centre: Centre, span: RawSpan) -> Path:
    """What has come so far. Its size is the offset of the next piece."""
    return centre.settings.data_dir / "uploads" / str(span.box_id) / f"span-{span.id}.part"


def held_bytes(centre: Centre, span: RawSpan) -> int:
    if span.state in (SpanState.HERE, SpanState.DELETING):
        return span.bytes
    if span.state != SpanState.FETCHING:
        return 0
    try:
        return min(part_of(centre, span).stat().st_size, span.bytes)
    except FileNotFoundError:
        return 0
