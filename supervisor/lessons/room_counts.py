"""People in a room from what each of its cameras counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from supervisor.rules.evidence import CameraEvidence, Sample, Seated


def room_counts(cameras: Sequence[CameraEvidence], every_ms: int) -> list[tuple[int, int]]:
    """People in the room as (ms after the start, count), raw, not smoothed."""
    return _room([(camera.zone, camera.samples) for camera in cameras], every_ms)


def room_seated(cameras: Sequence[CameraEvidence], every_ms: int) -> list[tuple[int, int]]:
    """People in their places, as `room_counts`; empty when nobody kept account of places."""
    return _room([(camera.zone, camera.seated) for camera in cameras], every_ms)


def _room(cameras: list[tuple[str, Sequence[Sample] | Sequence[Seated]]], every_ms: int) -> list[tuple[int, int]]:
    """Cameras of one zone see the same seats (maximum), zones are summed. With several zones only instants at which
    every zone has a count are given: half a room is no count."""
    if len(cameras) == 1:
        return [(one.at_ms, one.count) for one in cameras[0][1]]
    zones: dict[str, dict[int, int]] = {}
    for zone, series in cameras:
        counts = zones.setdefault(zone, {})
        for one in series:
            slot = one.at_ms // every_ms
            counts[slot] = max(counts.get(slot, 0), one.count)
    if not zones:
        return []
    common = set.intersection(*(set(counts) for counts in zones.values()))
    return [(slot * every_ms, sum(counts[slot] for counts in zones.values())) for slot in sorted(common)]
