"""The target state of a box: what it should be doing, from what the centre knows now."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from config.clock import epoch_ms
from supervisor.attendance.register import register
from supervisor.attendance.repository import roster_sizes
from supervisor.centre import Centre
from supervisor.classes.models import ClassSession, TrainingClass
from supervisor.contract.evidence import sha256_hex
from supervisor.contract.target import TargetAttendance, TargetCamera, TargetLesson, TargetSpan, TargetState
from supervisor.devices import classroom, repository
from supervisor.privacy.repository import withdrawn_faces
from supervisor.profiles import profile_named
from supervisor.retention import repository as retention
from supervisor.rules.attendance import as_evidence
from supervisor.rules.checkin import Direction, SessionTimes, check_in_window
from supervisor.rules.evidence import Attendance, ExemptKind, LessonKind
from supervisor.selfies.service import target_selfies
from supervisor.spans.repository import wanted_of_box

BACK = timedelta(days=2)
AHEAD = timedelta(days=7)
FACES_BACK = timedelta(days=30)  # a template outlives its class by less


def target_state(centre: Centre, box_id: UUID) -> tuple[TargetState, str]:
    """The state and its ETag, which stays the same while nothing but the time changes.

    Every box asks every few seconds: who attends is worked out only where check-in has begun.
    """
    now = centre.clock.now()
    with centre.uow.read() as session:
        cameras = repository.own_cameras(session, box_id)
        rows = repository.own_lessons(session, box_id, now - BACK, now + AHEAD)
        begun = [row for row in rows if _check_in_began(row[1], row[2], now)]
        present = register(session, begun)
        sizes = roster_sizes(session, {training.id for _, _, training in rows})
        held = retention.held_lessons_of_box(session, box_id, now)
        resend = retention.wanted_again(session, box_id)
        withdrawn = withdrawn_faces(session, box_id, now - FACES_BACK)
        sessions = classroom.sessions(centre, session, box_id, rows, present, now)
        to_explain = classroom.to_explain(centre, session, box_id, now)
        selfies = target_selfies(session, box_id)
        spans = wanted_of_box(session, box_id, now)
    lessons = []
    for lesson, plan, training in rows:
        attending = (
            as_evidence(present[lesson.id], 0)
            if lesson.id in present
            else Attendance(present=(), on_leave=(), roster=sizes.get(training.id, 0), teachers_in_zone=0)
        )
        lessons.append(
            TargetLesson(
                lesson_hour_id=lesson.id,
                class_no=training.class_no,
                class_name=training.name,
                room_id=plan.room_id,
                kind=LessonKind(plan.kind),
                start=lesson.start,
                end=lesson.end,
                exempt=ExemptKind(training.exempt) if training.exempt else None,
                profile=training.profile,
                attendance=TargetAttendance(
                    as_of=now,
                    present=attending.present,
                    on_leave=attending.on_leave,
                    roster=attending.roster,
                    teachers=len(plan.teachers),
                ),
            )
        )
    state = TargetState(
        box_id=box_id,
        generated_at=now,
        cameras=tuple(
            TargetCamera(
                camera_id=camera.id,
                code=camera.code,
                room_id=room.id,
                room_name=room.name,
                zone=camera.zone,
                accepted=camera.accepted,
                podium_in_zone=camera.podium_in_zone,
            )
            for camera, room in cameras
        ),
        lessons=tuple(lessons),
        profiles={training.profile: profile_named(training.profile) for _, _, training in rows},
        held=tuple(held),
        resend=tuple(resend),
        faces_withdrawn=tuple(withdrawn),
        sessions=sessions,
        to_explain=to_explain,
        selfies=selfies,
        spans=tuple(
            TargetSpan(
                span_id=span.id,
                camera_id=span.camera_id,
                lesson_hour_id=span.lesson_hour_id,
                start_ms=span.start_ms,
                end_ms=span.end_ms,
                lesson_start_ms=epoch_ms(lesson.start),
                lesson_end_ms=epoch_ms(lesson.end),
            )
            for span, lesson in spans
        ),
    )
    return state, _etag(state)


def _check_in_began(plan: ClassSession, training: TrainingClass, now: datetime) -> bool:
    rules = profile_named(training.profile).checkin
    return check_in_window(Direction.IN, SessionTimes(plan.start, plan.end), rules).opens <= now


def _etag(state: TargetState) -> str:
    content = state.model_dump_json(exclude={"generated_at": True, "lessons": {"__all__": {"attendance": {"as_of"}}}})
    return f'"{sha256_hex(content.encode())[:32]}"'
