"""A group of the wall signed off (A-23): a patrol for each tile that truly showed its room, why not for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.devices.models import Camera
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.patrol import repository
from supervisor.patrol.models import PatrolRound, PatrolRoundTile
from supervisor.patrol.schemas import NotSigned, RoundIn, RoundOut, RoundTileIn, RoundTileOut
from supervisor.patrol.service import begin, check_findings, end, is_running

BEFORE = timedelta(minutes=2)
"""Live pictures begin a little before the lesson hour (supervisor.live.service.AROUND)."""


def sign_off(centre: Centre, caller: Caller, body: RoundIn, ip: str) -> RoundOut:
    """What the page says a tile showed counts only where the record knows that live pictures of this camera went to
    this person in this lesson hour; the patrol does not begin before that.

    Raises LessonProofError LESSON_NOT_FOUND, CAMERA_NOT_FOUND, DRAW_NOT_FOUND (404), and 422: ROUND_TWICE, and what
    `check_findings` raises.
    """
    now = centre.clock.now()
    wanted = [one.lesson_hour_id for one in body.tiles]
    if len(set(wanted)) < len(wanted):
        raise LessonProofError(
            "ROUND_TWICE", status=422, where="/tiles", zh="同一课时出现了两次", en="a lesson hour is named twice"
        )
    with centre.uow.write() as session:
        if body.draw_id is not None and repository.draw(session, caller, body.draw_id) is None:
            raise not_found("DRAW", "抽查记录", "draw", "/draw_id")
        rows = lessons.lessons_seen(session, caller, wanted)
        cameras = lessons.cameras_of_rooms(session, {row.room.id for row in rows.values()})
        watched = _watched(session, caller, rows)
        busy = repository.own_open(session, caller.account_id, wanted)
        made = PatrolRound(
            at=now, local_date=now.astimezone(CHINA).date(), account_id=caller.account_id, draw_id=body.draw_id
        )
        session.add(made)
        session.flush()
        for index, tile in enumerate(body.tiles):
            row = rows.get(tile.lesson_hour_id)
            if row is None:
                raise not_found("LESSON", "课时", "lesson hour", f"/tiles/{index}/lesson_hour_id")
            _check_camera(tile, index, cameras.get(row.room.id, []))
            since = _since(row, tile, watched, now)
            reason = NotSigned.BEING_PATROLLED if row.hour.id in busy else _why_not(row, tile, since, now)
            patrol_id = None
            if reason is None:
                check_findings(tile, f"/tiles/{index}/findings")
                assert since is not None and tile.camera_id is not None
                patrol = begin(session, caller, row, [tile.camera_id], since, now, ViewReason.ROUTINE, ip)
                end(session, caller, patrol.id, tile, now)
                patrol_id = patrol.id
            session.add(
                PatrolRoundTile(
                    round_id=made.id,
                    lesson_hour_id=row.hour.id,
                    camera_id=tile.camera_id,
                    shown=tile.shown,
                    shown_ms=tile.shown_ms,
                    reason=reason,
                    patrol_id=patrol_id,
                )
            )
        session.flush()
        told = _out(session, [made])[0]
        record(
            session, now, caller.actor, "patrol_round_signed", f"patrol_round:{made.id}",
            tiles=[one.model_dump(mode="json") for one in told.tiles], draw=str(body.draw_id) if body.draw_id else None,
        )  # fmt: skip
        return told


def rounds(centre: Centre, caller: Caller, day: date | None) -> list[RoundOut]:
    """Newest first; None: of today. A person sees the rounds whose tiles are all in scope."""
    with centre.uow.read() as session:
        found = repository.rounds(session, caller, day or centre.clock.now().astimezone(CHINA).date())
        return _out(session, found)


def _check_camera(tile: RoundTileIn, index: int, in_room: list[Camera]) -> None:
    if tile.camera_id is not None and tile.camera_id not in {one.id for one in in_room}:
        raise not_found("CAMERA", "摄像头", "camera", f"/tiles/{index}/camera_id")


def _watched(session: Session, caller: Caller, rows: Mapping[UUID, LessonRow]) -> dict[tuple[UUID, UUID], datetime]:
    starts = [row.hour.start for row in rows.values()]
    return repository.watched_since(session, caller.actor, min(starts) - BEFORE) if starts else {}


def _since(
    row: LessonRow, tile: RoundTileIn, watched: Mapping[tuple[UUID, UUID], datetime], now: datetime
) -> datetime | None:
    """When the looking began: as the page tells, and never before the centre let pictures go, or the lesson hour."""
    first = None if tile.camera_id is None else watched.get((row.hour.id, tile.camera_id))
    if first is None:
        return None
    return min(now, max(now - timedelta(milliseconds=tile.shown_ms), first, row.hour.start))


def _why_not(row: LessonRow, tile: RoundTileIn, since: datetime | None, now: datetime) -> NotSigned | None:
    if not is_running(row, now):
        return NotSigned.NOT_RUNNING
    if tile.shown == "nothing" or tile.camera_id is None:
        return NotSigned.NOTHING_SHOWN
    if since is None:
        return NotSigned.NOT_WATCHED
    return None if tile.findings else NotSigned.NO_FINDING


def _out(session: Session, found: list[PatrolRound]) -> list[RoundOut]:
    tiles: dict[UUID, list[RoundTileOut]] = {}
    for one in repository.round_tiles(session, [each.id for each in found]):
        tiles.setdefault(one.round_id, []).append(
            RoundTileOut(
                lesson_hour_id=one.lesson_hour_id,
                camera_id=one.camera_id,
                shown=one.shown,
                shown_ms=one.shown_ms,
                reason=NotSigned(one.reason) if one.reason else None,
                patrol_id=one.patrol_id,
            )
        )
    return [
        RoundOut(id=one.id, at=one.at, account_id=one.account_id, draw_id=one.draw_id, tiles=tiles.get(one.id, []))
        for one in found
    ]
