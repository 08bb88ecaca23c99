"""What went wrong within a day and asks for a person: alarms of the record, boxes whose disk is too small, and cameras
that are away in a lesson (A-15). A person acknowledges an alarm of the record, then resolves it or calls it false."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.audit.models import AlertDecision, AuditEvent
from supervisor.audit.service import record
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.contract.state import CameraStatus
from supervisor.devices import repository
from supervisor.devices.models import Box
from supervisor.devices.service import is_silent, not_found, state_of
from supervisor.lessons import repository as lessons

WITHIN = timedelta(hours=24)
AWAY = timedelta(minutes=2)
ALARM_ROLES = (Role.SYSTEM_ADMIN, Role.INSPECTOR)
_MOST = 500

Reader = Annotated[Caller, Depends(require(*ALARM_ROLES))]


State = Literal["open", "acknowledged", "resolved", "false_alarm"]
_STEP = {"acknowledged": 1, "resolved": 2, "false_alarm": 2}

router = APIRouter(prefix="/api", tags=["alarms"])


class Alarm(BaseModel):
    """`action`: a code; `actor` raised it, `subject` is what it is about, both as in the record. `id` None: it lasts as
    long as its cause does, nobody decides on it."""

    id: int | None = None
    state: State = "open"
    at: AwareDatetime
    action: str
    actor: str
    subject: str


class AlertDecisionIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    state: Literal["acknowledged", "resolved", "false_alarm"]
    reason: Annotated[str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=2000)]


def alarms(centre: Centre, caller: Caller, *, any_age: bool = False) -> list[Alarm]:
    """Newest first, without those resolved or called false. Who sees one institution only sees what its boxes raised.
    `any_age`: also those older than a day that still wait for somebody; the certificate counts them (A-26)."""
    now = centre.clock.now()
    with centre.uow.read() as session:
        boxes = repository.boxes(session, caller)
        ended = select(AlertDecision.id).where(AlertDecision.event_id == AuditEvent.id, AlertDecision.seq == 2)
        query = _seen(caller, boxes).where(~ended.exists())
        if not any_age:
            query = query.where(AuditEvent.at > now - WITHIN)
        events = session.scalars(query.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(_MOST)).all()
        told = _states(session, [one.id for one in events])
    raised = [_alarm(one, told.get(one.id, "open")) for one in events]
    for box in boxes:
        state = state_of(box)
        if box.revoked_at is None and state is not None and not state.disk.admission_ok:
            name = f"box:{box.id}"
            raised.append(Alarm(at=state.at, action="disk_short", actor=name, subject=name))
    raised += _cameras_away(centre, caller, {box.id: box for box in boxes})
    return sorted(raised, key=lambda one: one.at, reverse=True)


def _seen(caller: Caller, boxes: Sequence[Box]) -> Select[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.alarm)
    return query if caller.whole_county else query.where(AuditEvent.actor.in_([f"box:{box.id}" for box in boxes]))


def _states(session: Session, event_ids: Sequence[int]) -> dict[int, State]:
    """The newest decision on each that has one."""
    query = select(AlertDecision).where(AlertDecision.event_id.in_(event_ids)).order_by(AlertDecision.seq)
    return {one.event_id: one.state for one in session.scalars(query)}  # type: ignore[misc]  # the table's CHECK


def _alarm(event: AuditEvent, state: State) -> Alarm:
    return Alarm(id=event.id, state=state, at=event.at, action=event.action, actor=event.actor, subject=event.subject)


def decide(centre: Centre, caller: Caller, event_id: int, body: AlertDecisionIn) -> Alarm:
    """Raises LessonProofError ALARM_NOT_FOUND (404), ALARM_NOT_ACKNOWLEDGED, ALARM_DECIDED (409)."""
    now = centre.clock.now()
    with centre.uow.write() as session:
        query = _seen(caller, repository.boxes(session, caller)).where(AuditEvent.id == event_id)
        event = session.scalar(query.with_for_update())
        if event is None:
            raise not_found("ALARM", "告警", "alarm")
        done = _STEP.get(_states(session, [event.id]).get(event.id, "open"), 0)
        seq = _STEP[body.state]
        if seq <= done:
            raise LessonProofError(
                "ALARM_DECIDED", status=409, where="/state", zh="该告警已处理过这一步", en="this step is already done"
            )
        if seq > done + 1:
            raise LessonProofError(
                "ALARM_NOT_ACKNOWLEDGED",
                status=409,
                where="/state",
                zh="请先签收该告警,再办结或标为误报",
                en="acknowledge the alarm before it is resolved or called false",
            )
        session.add(
            AlertDecision(
                at=now,
                event_id=event.id,
                seq=seq,
                state=body.state,
                account_id=caller.account_id,
                reason=body.reason,
            )
        )
        session.flush()
        reason = sha256(body.reason.encode()).hexdigest()
        record(session, now, caller.actor, f"alarm_{body.state}", f"audit_event:{event.id}", reason_sha256=reason)
        return _alarm(event, body.state)


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
def list_alarms(centre: CentreDep, caller: Reader, any_age: bool = False) -> list[Alarm]:
    """`any_age`: also undecided ones of the record older than a day."""
    return alarms(centre, caller, any_age=any_age)


@router.post("/alarms/{event_id}/decisions", status_code=201)
def decide_alarm(
    event_id: Annotated[int, Path(ge=1, lt=2**63)], body: AlertDecisionIn, centre: CentreDep, caller: Reader
) -> Alarm:
    return decide(centre, caller, event_id, body)
