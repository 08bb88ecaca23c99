"""Lesson hours as the console shows them, and the sweep that judges what stayed silent."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from supervisor.attendance.models import CheckIn
from supervisor.attendance.register import register
from supervisor.attendance.repository import check_ins
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json, parse_verdict
from supervisor.contract.log import ClipManifest
from supervisor.contract.state import BoxState, CameraReport
from supervisor.devices.models import Box, Camera
from supervisor.devices.service import is_silent, not_found, state_of
from supervisor.lessons import repository
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow
from supervisor.lessons.moments import moments_of
from supervisor.lessons.replays import replay_checks
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import (
    CameraView,
    CheckInView,
    ClipView,
    LessonPage,
    LessonPhase,
    ProgressView,
    TodayLesson,
    TodayPage,
    VerdictView,
)
from supervisor.lessons.uploads import held_bytes
from supervisor.lessons.verdicts import judged_evidence
from supervisor.lessons.witnessed import witnessed
from supervisor.profiles import profile_named
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.evidence import LessonKind
from supervisor.rules.masking import mask_name
from supervisor.selfies.models import Selfie
from supervisor.selfies.repository import of_session
from supervisor.selfies.schemas import SelfieView
from supervisor.selfies.shown import shown


def today(centre: Centre, caller: Caller, on: date | None = None) -> TodayPage:
    """Lesson hours of `on` (Asia/Shanghai) in the caller's scope, by start. None: of today, with those of yesterday's
    sessions that run now."""
    now = centre.clock.now()
    day = on or now.astimezone(CHINA).date()
    with centre.uow.read() as session:
        rows = repository.lessons_on(session, caller, day, now if on is None else None)
        return TodayPage(date=day, lessons=_lessons(centre, session, rows))


def lesson_page(centre: Centre, caller: Caller, lesson_hour_id: UUID) -> LessonPage:
    """Raises LessonProofError LESSON_NOT_FOUND (404), also for another institution's."""
    with centre.uow.read() as session:
        row = repository.lesson(session, caller, lesson_hour_id)
        if row is None:
            raise not_found("LESSON", "课时", "lesson hour")
        versions = repository.verdicts(session, [row.hour.id]).get(row.hour.id, [])
        counting = _counting(versions)
        latest = repository.latest_evidence(session, row.hour.id)
        evidence = judged_evidence(session, counting) if counting else None
        clips = repository.clips(session, [row.hour.id]).get(row.hour.id, [])
        return LessonPage(
            lesson=_lessons(centre, session, [row])[0],
            session_id=row.session.id,
            session_start=row.session.start,
            session_end=row.session.end,
            teachers=[mask_name(teacher) for teacher in row.session.teachers],
            profile=row.training.profile,
            class_end=row.training.class_end,
            evidence=evidence,
            evidence_received_at=latest.received_at if latest else None,
            witness=witnessed(session, row, latest) if latest else None,
            verdicts=[_verdict(version) for version in versions],
            check_ins=_check_ins(session, row),
            clips=[_clip(centre, clip, camera) for clip, camera in clips],
            moments=moments_of(session, row, counting, clips),
            replay_checks=replay_checks(session, caller, row),
        )


def _lessons(centre: Centre, session: Session, rows: list[LessonRow]) -> list[TodayLesson]:
    now = centre.clock.now()
    hour_ids = [row.hour.id for row in rows]
    versions = repository.verdicts(session, hour_ids)
    clips = repository.clips(session, hour_ids)
    cameras = repository.cameras_of_rooms(session, {row.room.id for row in rows})
    boxes = repository.boxes(session, {camera.box_id for group in cameras.values() for camera in group})
    states = {box_id: state_of(box) for box_id, box in boxes.items()}
    present = register(session, [(row.hour, row.session, row.training) for row in rows])
    entered: dict[UUID, set[UUID]] = {}
    for check_in in check_ins(session, {row.session.id for row in rows}):
        if check_in.direction == "in" and check_in.status != "rejected":
            entered.setdefault(check_in.session_id, set()).add(check_in.roster_entry_id)
    lessons = []
    for row in rows:
        hours = present[row.hour.id]
        counting = _counting(versions.get(row.hour.id, []))
        own = cameras.get(row.room.id, [])
        own_clips = [clip for clip, _ in clips.get(row.hour.id, [])]
        lessons.append(
            TodayLesson(
                lesson_hour_id=row.hour.id,
                class_id=row.training.id,
                class_no=row.training.class_no,
                class_name=row.training.name,
                institution_id=row.institution.id,
                institution=row.institution.name,
                site=row.site.name,
                room=row.room.name,
                slot=row.hour.slot,
                kind=LessonKind(row.session.kind),
                start=row.hour.start,
                end=row.hour.end,
                phase=phase(row, now),
                countable=row.countable,
                demo=profile_named(row.training.profile).demo,
                roster=len(hours),
                checked_in=len(entered.get(row.session.id, ())),
                present=sum(hour.attends for hour in hours),
                on_leave=sum(hour.status is AttendanceStatus.LEAVE for hour in hours),
                cameras=[_camera(centre, camera, boxes[camera.box_id], states[camera.box_id]) for camera in own],
                progress=_progress(row.hour.id, [states[camera.box_id] for camera in own]),
                verdict=_verdict(counting) if counting else None,
                clips_expected=len(own_clips),
                clips_verified=sum(clip.arrived for clip in own_clips),
            )
        )
    return lessons


def _counting(versions: list[LessonVerdictRow]) -> LessonVerdictRow | None:
    """The version that counts: the newest that the centre itself came to. `versions`: newest first."""
    return next((version for version in versions if version.source != "box"), None)


def phase(row: LessonRow, now: datetime) -> LessonPhase:
    if now < row.hour.start:
        return LessonPhase.UPCOMING
    return LessonPhase.RUNNING if now < row.hour.end else LessonPhase.ENDED


def _camera(centre: Centre, camera: Camera, box: Box, state: BoxState | None) -> CameraView:
    silent = is_silent(centre, box) or box.revoked_at is not None
    told: CameraReport | None = None
    if state is not None:
        told = next((report for report in state.cameras if report.camera_id == camera.id), None)
    return CameraView(
        camera_id=camera.id,
        code=camera.code,
        zone=camera.zone,
        accepted=camera.accepted,
        status=told.status if told and not silent else None,
        since=told.since if told else None,
        detail=told.detail if told else "",
        people=told.people if told else None,
        people_at=told.people_at if told else None,
        last_picture_at=told.last_picture_at if told else None,
        box_silent=silent,
    )


def _progress(lesson_hour_id: UUID, states: list[BoxState | None]) -> ProgressView | None:
    for state in states:
        for progress in state.lessons if state else ():
            if progress.lesson_hour_id == lesson_hour_id:
                return ProgressView(**progress.model_dump(exclude={"lesson_hour_id"}))
    return None


def _verdict(row: LessonVerdictRow) -> VerdictView:
    return VerdictView(
        version=row.version,
        source=row.source,
        created_at=row.created_at,
        agrees=row.agrees,
        verdict=parse_verdict(canonical_json(row.body)),
    )


def _clip(centre: Centre, clip: EvidenceClip, camera: Camera) -> ClipView:
    return ClipView(
        sha256=clip.sha256,
        camera_id=camera.id,
        camera_code=camera.code,
        state=clip.state,
        playable=clip.state == "verified" and clip.playlist is not None,
        bytes=clip.bytes,
        bytes_held=held_bytes(centre, clip),
        retain_until=clip.retain_until,
        deleted_at=clip.deleted_at,
        repairs=clip.repairs,
        manifest=ClipManifest.model_validate(clip.manifest),
    )


def _check_ins(session: Session, row: LessonRow) -> list[CheckInView]:
    names = repository.names(session, row.training.id)
    found = check_ins(session, [row.session.id])
    selfies = of_session(session, row.session.id)
    people: dict[str, set[UUID]] = {}
    for one in found:
        if one.device_hash and one.status != "rejected":
            people.setdefault(one.device_hash, set()).add(one.roster_entry_id)
    return [
        CheckInView(
            roster_ref=one.roster_entry_id,
            name=mask_name(names[one.roster_entry_id]),
            direction=one.direction,
            at=one.at,
            method=one.method,
            status=one.status,
            reasons=one.reasons,
            shared_device=_shared(one, people),
            selfie=_selfie(one, selfies),
        )
        for one in found
    ]


def _selfie(one: CheckIn, selfies: dict[tuple[UUID, str], Selfie]) -> SelfieView | None:
    found = selfies.get((one.roster_entry_id, one.direction)) if one.status != "rejected" else None
    return shown(found) if found else None


def _shared(one: CheckIn, people: dict[str, set[UUID]]) -> bool:
    return one.device_hash is not None and len(people.get(one.device_hash, ())) > 1
