"""What was counted in a lesson hour, and which pictures could not be trusted: the samples of one camera as evidence."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from edge_agent.vision.conditions import LONGEST_GAP_MS, Condition, spans
from storage.evidence.tables import CounterRow, SampleRow, WatcherRow
from supervisor.rules.evidence import Counter, Excluded, ExcludedReason, Sample, Seated, Watcher

_Id = TypeVar("_Id")
_WATCHER = TypeAdapter(Watcher)
_REASON = {
    Condition.BLACK: ExcludedReason.LENS_COVERED,
    Condition.COVERED: ExcludedReason.LENS_COVERED,
    Condition.BLURRED: ExcludedReason.BLURRED,
    Condition.FROZEN: ExcludedReason.FROZEN,
    Condition.MOVED: ExcludedReason.SCENE_MOVED,
    Condition.OVEREXPOSED: ExcludedReason.OVEREXPOSED,
    Condition.OVERLAY_MISSING: ExcludedReason.OVERLAY_MISSING,
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one camera in one lesson hour, ms after its start; as `CameraEvidence` has them."""

    counter: Counter | None
    samples: tuple[Sample, ...]
    watcher: Watcher | None
    seated: tuple[Seated, ...]
    excluded: tuple[Excluded, ...]


def counts(session: Session, camera_id: str, zero: int, duration: int) -> Counts:
    """`zero`: the start of the lesson hour, ms since 1970. Numbers of different models, zones or scales, or of places
    kept in different ways, are not mixed: those that counted most speak, alone."""
    rows = session.scalars(
        select(SampleRow)
        .where(
            SampleRow.camera_id == camera_id,
            SampleRow.at_ms >= zero - LONGEST_GAP_MS,  # what began before the bell lasts into the hour
            SampleRow.at_ms <= zero + duration + LONGEST_GAP_MS,
        )
        .order_by(SampleRow.at_ms)
    ).all()
    inside = [row for row in rows if 0 <= row.at_ms - zero <= duration]
    excluded = _excluded(rows, zero, duration)
    if not inside:
        return Counts(None, (), None, (), excluded)
    counter_id = _most([row.counter_id for row in inside])
    chosen = session.get_one(CounterRow, counter_id)
    watcher_id = _most([row.watcher_id for row in inside if row.counter_id == counter_id])
    counted = [row for row in inside if (row.counter_id, row.watcher_id) == (counter_id, watcher_id)]
    return Counts(
        counter=Counter(chosen.name, chosen.model_sha256, chosen.engine, chosen.threshold),
        samples=tuple(Sample(row.at_ms - zero, row.people) for row in counted),
        watcher=_watcher(session, watcher_id),
        seated=tuple(
            Seated(row.at_ms - zero, row.seated, row.confidence)
            for row in counted
            if row.seated is not None and row.confidence is not None
        ),
        excluded=excluded,
    )


def _excluded(rows: Sequence[SampleRow], zero: int, duration: int) -> tuple[Excluded, ...]:
    looked_at = [
        (row.at_ms, [Condition(word) for word in row.conditions.split(",") if word])
        for row in rows
        if row.conditions is not None
    ]
    found = {
        Excluded(max(span.start_ms - zero, 0), min(span.end_ms - zero, duration), _REASON[span.condition])
        for span in spans(looked_at)
        if span.end_ms > zero and span.start_ms < zero + duration
    }
    return tuple(sorted(found, key=lambda one: (one.start_ms, one.end_ms, one.reason)))


def _watcher(session: Session, watcher_id: int | None) -> Watcher | None:
    if watcher_id is None:
        return None
    return _WATCHER.validate_json(session.get_one(WatcherRow, watcher_id).body)


def _most(ids: Sequence[_Id]) -> _Id:
    return Tally(ids).most_common(1)[0][0]
