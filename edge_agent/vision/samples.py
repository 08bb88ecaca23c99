"""Samples in the box's database: the numbers of one picture, who counted, and, until the lesson hour is judged, where
the people were."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from edge_agent.vision.watcher import Look, Seen
from storage.evidence.tables import CounterRow, SampleRow, SightingRow, WatcherRow
from supervisor.contract.evidence import canonical_json
from supervisor.contract.log import SeenPerson
from supervisor.rules.evidence import Counter, Watcher


def keep(
    session: Session, camera_id: str, look: Look, counter: Counter, watcher: Watcher | None, conditions: Iterable[str]
) -> None:
    """Once for each picture. `watcher` None: the rules do not ask for places, so none are kept."""
    if session.get(SampleRow, (camera_id, look.at_ms)) is not None:
        return
    session.add(
        SampleRow(
            camera_id=camera_id,
            at_ms=look.at_ms,
            people=look.count,
            counter_id=counter_id(session, counter),
            seated=look.seated if watcher else None,
            confidence=look.confidence if watcher else None,
            watcher_id=_watcher_id(session, watcher) if watcher else None,
            conditions=",".join(sorted(conditions)),
        )
    )
    people = json.dumps([seen_person(one).model_dump(mode="json") for one in look.people], separators=(",", ":"))
    session.merge(
        SightingRow(camera_id=camera_id, at_ms=look.at_ms, width=look.width, height=look.height, people=people)
    )


def forget_sightings(session: Session, camera_ids: Iterable[str], start_ms: int, end_ms: int) -> None:
    """Where people were is needed until their lesson hour is judged, and for nothing after it (PIPL 6, 19)."""
    inside = SightingRow.at_ms >= start_ms, SightingRow.at_ms < end_ms
    session.execute(delete(SightingRow).where(SightingRow.camera_id.in_(list(camera_ids)), *inside))


def forget_old_sightings(session: Session, before_ms: int) -> None:
    """Also of lesson hours that were never judged, and of the moments after the bell."""
    session.execute(delete(SightingRow).where(SightingRow.at_ms < before_ms))


def seen_person(seen: Seen) -> SeenPerson:
    return SeenPerson(
        x=round(seen.x),
        y=round(seen.y),
        w=max(round(seen.w), 1),
        h=max(round(seen.h), 1),
        how=seen.how,
        confidence=seen.confidence,
    )


def counter_id(session: Session, counter: Counter) -> int:
    """The row that stands for this counter, made the first time it counts."""
    versions = asdict(counter)
    row = session.scalar(select(CounterRow).filter_by(**versions))
    if row is None:
        row = CounterRow(**versions)
        session.add(row)
        session.flush()
    return row.id


def _watcher_id(session: Session, watcher: Watcher) -> int:
    body = canonical_json(asdict(watcher)).decode()
    row = session.scalar(select(WatcherRow).filter_by(body=body))
    if row is None:
        row = WatcherRow(body=body)
        session.add(row)
        session.flush()
    return row.id
