"""What went wrong within a day and asks for a person: alarms of the record, boxes whose disk is too small, and cameras
that are away in a lesson (A-15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from config.clock import CHINA
from supervisor.audit.models import AuditEvent
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.contract.state import CameraStatus
from supervisor.devices import repository
from supervisor.devices.models import Box
from supervisor.devices.service import is_silent, state_of
from supervisor.lessons import repository as lessons

WITHIN = timedelta(hours=24)
AWAY = timedelta(minutes=2)
ALARM_ROLES = (Role.SYSTEM_ADMIN, Role.INSPECTOR)
_MOST = 500

router = APIRouter(prefix="/api", tags=["alarms"])


class Alarm(BaseModel):
    """`action`: a code; `actor` raised it, `subject` is what it is about, both as in the record."""

    at: AwareDatetime
    action: str
    actor: str
    subject: str


def alarms(centre: Centre, caller: Caller) -> list[Alarm]:
    """Newest first. Who sees one institution only sees what its boxes raised."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        boxes = repository.boxes(session, caller)
        query = select(AuditEvent).where(AuditEvent.alarm, AuditEvent.at > now - WITHIN)
        if not caller.whole_county:
            query = query.where(AuditEvent.actor.in_([f"box:{box.id}" for box in boxes]))
        events = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(_MOST)).all()
    raised = [Alarm(at=one.at, action=one.action, actor=one.actor, subject=one.subject) for one in events]
    for box in boxes:
        state = state_of(box)
        if box.revoked_at is None and state is not None and not state.disk.admission_ok:
            name = f"box:{box.id}"
            raised.append(Alarm(at=state.at, action="disk_short", actor=name, subject=name))
    raised += _cameras_away(centre, caller, {box.id: box for box in boxes})
    return sorted(raised, key=lambda one: one.at, reverse=True)


def _cameras_away(centre: Centre, caller: Caller, boxes: dict[UUID, Box]) -> list[Alarm]:
    """Cameras of rooms with a lesson under way that have not recorded for `AWAY`, or whose box says nothing."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        held = lessons.lessons_on(session, caller, now.astimezone(CHINA).date(), now)
        rooms = {
            row.room.id: row.hour.start
            for row in held
            if row.countable and row.training.exempt is None and row.hour.start + AWAY <= now < row.hour.end
        }
        cameras = lessons.cameras_of_rooms(session, rooms)
    away = []
    for room_id, here in cameras.items():
        for camera in here:
            box = boxes.get(camera.box_id)
            since = rooms[room_id] if box is None else _away_since(centre, box, camera.id, rooms[room_id])
            if since is not None and since + AWAY <= now:
                actor = f"box:{camera.box_id}"
                away.append(Alarm(at=since, action="camera_away", actor=actor, subject=f"camera:{camera.id}"))
    return away


def _away_since(centre: Centre, box: Box, camera_id: UUID, started: datetime) -> datetime | None:
    """None: it records. Never before the lesson hour started: until then nobody wanted it."""
    state = state_of(box)
    if state is None or is_silent(centre, box) or box.revoked_at is not None:
        return max(box.last_seen or started, started)
    told = next((one for one in state.cameras if one.camera_id == camera_id), None)
    if told is not None and told.status is CameraStatus.RECORDING:
        return None
    return max(told.since, started) if told else started


@router.get("/alarms")
def list_alarms(centre: CentreDep, caller: Annotated[Caller, Depends(require(*ALARM_ROLES))]) -> list[Alarm]:
    return alarms(centre, caller)
