"""One room's day from what the boxes reported: recorded spans, gaps, counts, verdicts, check-ins, patrols, bookmarks.

Everything is read in a fixed number of queries, however many lesson hours and cameras the day has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA, epoch_ms
from config.profile import RegionProfile
from supervisor.attendance.repository import check_in_facts
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json, parse_evidence, parse_verdict
from supervisor.devices.models import Camera
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.room_counts import room_counts, room_seated
from supervisor.lessons.service import phase
from supervisor.patrol.endpoints import READERS
from supervisor.playback import repository
from supervisor.playback.bookmarks import as_out
from supervisor.playback.schemas import (
    CheckedIn,
    Choices,
    ClipState,
    DayCamera,
    DayClip,
    DayExcluded,
    DayGap,
    DayLesson,
    DayMark,
    DayPatrol,
    Pair,
    RoomChoice,
    RoomDay,
)
from supervisor.playback.spans import merged, steps, without
from supervisor.profiles import profile_named
from supervisor.rules.evidence import CameraEvidence, LessonEvidence, LessonKind
from supervisor.rules.verdict import LessonVerdict
from supervisor.spans import service as spans

EDGE = timedelta(minutes=15)
"""Shown around what there is, so that a late start or an early end can be seen."""
_EMPTY_DAY = time(8), time(18)
_JOINT_MS = 100
"""Two reports of the same recording may differ by so much."""
AFTER_SESSION = timedelta(minutes=30)


def choices(centre: Centre, caller: Caller, on: date | None, text: str) -> Choices:
    """Rooms with lesson hours on `on`; of the search, where there is one and no day; else of the last day with any."""
    today = centre.clock.now().astimezone(CHINA).date()
    wanted = " ".join(text.split())
    with centre.uow.read() as session:
        days = repository.latest_days(session, caller, today)
        if wanted and on is None:
            found = repository.rooms_named(session, caller, wanted, today)
            rows = lessons.lessons_in_rooms(session, caller, found.items())
            return Choices(day=None, days=days, rooms=_rooms(session, rows, ""))
        day = on or (days[0] if days else today)
        return Choices(day=day, days=days, rooms=_rooms(session, lessons.lessons_on(session, caller, day), wanted))


def _rooms(session: Session, rows: Sequence[LessonRow], text: str) -> list[RoomChoice]:
    hour_ids = [row.hour.id for row in rows]
    versions, clips = lessons.verdicts(session, hour_ids), lessons.clips(session, hour_ids)
    found = []
    ordered = sorted(rows, key=lambda row: (row.institution.name, row.site.name, row.room.name, str(row.room.id)))
    for _, group in groupby(ordered, key=lambda row: row.room.id):
        own = sorted(group, key=lambda row: row.hour.start)
        counting = [_counting(versions.get(row.hour.id, [])) for row in own]
        choice = RoomChoice(
            room_id=own[0].room.id,
            room=own[0].room.name,
            site=own[0].site.name,
            institution=own[0].institution.name,
            day=own[0].session.local_date,
            classes=list(dict.fromkeys(row.training.name for row in own)),
            states=[verdict.state if verdict else None for verdict in counting],
            start=own[0].hour.start,
            end=own[-1].hour.end,
            clips=sum(_state(clip) is ClipState.HERE for row in own for clip, _ in clips.get(row.hour.id, [])),
        )
        names = (choice.room, choice.site, choice.institution, *choice.classes, *(row.training.class_no for row in own))
        if not text or any(text.lower() in name.lower() for name in names):
            found.append(choice)
    return found


def room_day(centre: Centre, caller: Caller, room_id: UUID, day: date) -> RoomDay:
    """Raises LessonProofError ROOM_NOT_FOUND (404), also for another institution's."""
    with centre.uow.read() as session:
        place = repository.room(session, caller, room_id)
        if place is None:
            raise not_found("ROOM", "教室", "room")
        rows = lessons.lessons_in_rooms(session, caller, [(room_id, day)])
        hour_ids = [row.hour.id for row in rows]
        versions = lessons.verdicts(session, hour_ids)
        clips = lessons.clips(session, hour_ids)
        evidence = {
            hour: parse_evidence(canonical_json(row.body))
            for hour, row in repository.newest_evidence(session, hour_ids).items()
        }
        told = {UUID(camera.camera_id) for one in evidence.values() for camera in one.cameras}
        own = {camera.id for camera in lessons.cameras_of_rooms(session, [room_id]).get(room_id, [])}
        cameras = lessons.cameras(session, own | told)
        marks, checked_in = _check_ins(session, rows)
        patrols = repository.patrols(session, hour_ids) if caller.role in READERS else []
        pinned = repository.bookmarks(session, caller, hour_ids)
        fetched = spans.of_lessons(centre, session, caller, hour_ids)
    now = centre.clock.now()
    profiles = {row.training.profile: profile_named(row.training.profile) for row in rows}
    every = max((_every(profile) for profile in profiles.values()), default=5000)
    found = [
        _lesson(
            row, now, profiles[row.training.profile], versions.get(row.hour.id, []), clips.get(row.hour.id, []),
            told=row.hour.id in evidence,
        )
        for row in rows
    ]  # fmt: skip
    counts, seated = _counts(rows, evidence, profiles)
    return RoomDay(
        room_id=room_id,
        room=place[0].name,
        site=place[1].name,
        institution=place[2].name,
        day=day,
        whole=_whole(day, rows, marks),
        every=every,
        lessons=found,
        cameras=[_camera(camera, rows, evidence) for camera in cameras],
        counts=counts,
        seated=seated,
        checked_in=checked_in,
        marks=marks,
        patrols=[
            DayPatrol(start=epoch_ms(one.opened_at), end=epoch_ms(closing.at) if closing else None, who=who)
            for one, closing, who in patrols
        ],
        bookmarks=[as_out(one, who) for one, who in pinned],
        spans=fetched,
    )


def _lesson(
    row: LessonRow,
    now: datetime,
    profile: RegionProfile,
    versions: list[LessonVerdictRow],
    clips: list[tuple[EvidenceClip, Camera]],
    *,
    told: bool,
) -> DayLesson:
    verdict = _counting(versions)
    window, start = verdict.window if verdict else None, epoch_ms(row.hour.start)
    return DayLesson(
        lesson_hour_id=row.hour.id,
        class_id=row.training.id,
        class_name=row.training.name,
        slot=row.hour.slot,
        kind=LessonKind(row.session.kind),
        start=start,
        end=epoch_ms(row.hour.end),
        phase=phase(row, now),
        demo=profile.demo,
        state=verdict.state if verdict else None,
        reasons=list(verdict.reasons) if verdict else [],
        required=verdict.required if verdict else None,
        window=(start + window.start_ms, start + window.end_ms) if window else None,
        peak=verdict.peak if verdict else None,
        told=told,
        raw_until=(row.hour.end + timedelta(days=profile.retention.raw_days)).astimezone(CHINA).date(),
        clips=[
            DayClip(
                camera_id=camera.id,
                sha256=clip.sha256,
                start=clip.manifest["start_ms"],
                end=clip.manifest["end_ms"],
                state=_state(clip),
            )
            for clip, camera in clips
        ],
    )


def _counting(versions: list[LessonVerdictRow]) -> LessonVerdict | None:
    row = next((version for version in versions if version.source != "box"), None)
    return None if row is None else parse_verdict(canonical_json(row.body))


def _state(clip: EvidenceClip) -> ClipState:
    if clip.state == "verified":
        return ClipState.HERE if clip.playlist is not None else ClipState.DAMAGED
    if clip.state in ("deleting", "deleted"):
        return ClipState.DELETED
    return ClipState.AGAIN if clip.repairs else ClipState.WAITING


def _every(profile: RegionProfile) -> int:
    """Between two samples where all is well: once the lesson hour has its minutes, pictures are looked at sparsely."""
    sparse = profile.vision.sparse_s if profile.vision else 0
    return round(max(profile.visible.sample_every_s, sparse) * 1000)


def _counts(
    rows: Sequence[LessonRow], evidence: Mapping[UUID, LessonEvidence], profiles: Mapping[str, RegionProfile]
) -> tuple[list[Pair], list[Pair]]:
    counts: dict[int, int] = {}
    seated: dict[int, int] = {}
    for row in rows:
        if row.hour.id not in evidence:
            continue
        zero, cameras = epoch_ms(row.hour.start), evidence[row.hour.id].cameras
        slot = round(profiles[row.training.profile].visible.sample_every_s * 1000)
        counts |= {zero + at: number for at, number in room_counts(cameras, slot)}
        seated |= {zero + at: number for at, number in room_seated(cameras, slot)}
    return sorted(counts.items()), sorted(seated.items())


def _camera(camera: Camera, rows: Sequence[LessonRow], evidence: Mapping[UUID, LessonEvidence]) -> DayCamera:
    told: list[tuple[int, CameraEvidence]] = [
        (epoch_ms(row.hour.start), one)
        for row in rows
        if row.hour.id in evidence
        for one in evidence[row.hour.id].cameras
        if one.camera_id == str(camera.id)
    ]
    spans = merged(((zero + span.start_ms, zero + span.end_ms) for zero, one in told for span in one.spans), _JOINT_MS)
    gaps, excluded = defaultdict(list), defaultdict(list)
    for zero, one in told:
        for gap in one.gaps:
            gaps[gap.reason].append((zero + gap.start_ms, zero + gap.end_ms))
        for part in one.excluded:
            excluded[part.reason].append((zero + part.start_ms, zero + part.end_ms))
    missing = [
        DayGap(start=start, end=end, reason=reason)
        for reason, group in gaps.items()
        for start, end in without(group, spans)
    ]
    left_out = [
        DayExcluded(start=start, end=end, reason=reason)
        for reason, group in excluded.items()
        for start, end in merged(group, _JOINT_MS)
    ]
    return DayCamera(
        camera_id=camera.id,
        code=camera.code,
        spans=spans,
        gaps=sorted(missing, key=lambda gap: gap.start),
        excluded=sorted(left_out, key=lambda part: part.start),
    )


def _check_ins(session: Session, rows: Sequence[LessonRow]) -> tuple[list[DayMark], list[CheckedIn]]:
    ends = {row.session.id: row.session.end for row in rows}
    events: dict[UUID, list[tuple[int, str, str]]] = {}
    for session_id, entry, direction, at, status, _method in check_in_facts(session, ends):
        if status != "rejected":
            events.setdefault(session_id, []).append((epoch_ms(at), str(entry), direction))
    marks = sorted((at, direction) for group in events.values() for at, _, direction in group)
    lines = [CheckedIn(end=epoch_ms(ends[one] + AFTER_SESSION), steps=steps(group)) for one, group in events.items()]
    return (
        [DayMark(at=at, direction=direction) for at, direction in marks],
        sorted(lines, key=lambda line: line.steps[0]),
    )


def _whole(day: date, rows: Sequence[LessonRow], marks: Sequence[DayMark]) -> Pair:
    if not rows:
        first, last = (datetime.combine(day, at, CHINA) for at in _EMPTY_DAY)
        return epoch_ms(first), epoch_ms(last)
    starts = [epoch_ms(row.hour.start) for row in rows] + [mark.at for mark in marks]
    ends = [epoch_ms(row.hour.end) for row in rows] + [mark.at for mark in marks]
    edge = round(EDGE.total_seconds() * 1000)
    return min(starts) - edge, max(ends) + edge
