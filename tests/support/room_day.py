"""A whole day of one room with several cameras, as its box would report it: eight lesson hours of 45 minutes from
08:30 to 17:45, counts every few seconds, lost lines, a dip, check-ins and check-outs, and, where asked for, clips.

Nobody real is in it: names and ID numbers are made up (sequence 000).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from uuid import UUID

from config.clock import CHINA, ManualClock, epoch_ms
from config.settings import CentreSettings
from supervisor.accounts import service as accounts
from supervisor.attendance import service as attendance
from supervisor.attendance.schemas import CheckInRequest
from supervisor.callers import Caller
from supervisor.centre import Centre, open_centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import Approval, ClassIn, ClassOut, InstitutionIn, PlanRow, RosterRow, SessionOut
from supervisor.contract.evidence import canonical_json, evidence_json, verdict_json
from supervisor.contract.log import ClipManifest, LogAppend, VerdictEntry
from supervisor.devices import service as devices
from supervisor.devices.schemas import CameraIn, RoomIn, SiteIn
from supervisor.lessons import ingest, repository, uploads
from supervisor.lessons.verdicts import own_attendance
from supervisor.openings import approval
from supervisor.profiles import profile_named
from supervisor.rules.checkin import Direction
from supervisor.rules.evidence import (
    EVIDENCE_SCHEMA,
    CameraEvidence,
    Counter,
    Gap,
    GapReason,
    LessonEvidence,
    LessonKind,
    Sample,
    Span,
)
from supervisor.rules.judge import judge
from tests.support.databases import with_tables
from tests.support.drawn_class import HIGH, WIDE, film
from tests.support.seed import ADMIN, _enrolled_box, person

PROFILE = "140521-2024.1"
DAY = date(2026, 11, 24)
HOUR_MS = 45 * 60_000
PEOPLE = 14
CLIP_S = 60
CLIP_AT_MS = 10 * 60_000
"""Clips begin so long after their lesson hour does."""
WORST_MS = 25 * 60_000
"""So long after the third lesson hour began nearly nobody was there."""
SESSIONS = ((time(8, 30), 4), (time(14, 0), 4))


@dataclass(frozen=True, slots=True)
class WatchedDay:
    centre: Centre
    clock: ManualClock
    admin: Caller
    room_id: UUID
    box_id: UUID
    cameras: tuple[UUID, ...]
    training: ClassOut
    lessons: tuple[UUID, ...]  # in the order of time
    starts: tuple[int, ...]

    @property
    def path(self) -> str:
        return f"rooms/{self.room_id}/{DAY}"


def watched_day(settings: CentreSettings, *, cameras: int = 4, every_ms: int = 5000, clips: int = 0) -> WatchedDay:
    """`clips`: so many of the first lesson hours have one of each of the first two cameras. The second camera's lacks
    its first 20 seconds: it was away."""
    clock = ManualClock(datetime.combine(DAY, time(7, 30), CHINA))
    with_tables(settings.engine_url(), "centre")
    centre = open_centre(settings.model_copy(update={"demo": True}), clock)
    token = accounts.first_setup_link(centre).url.rsplit("/", 1)[1]
    admin = accounts.redeem(centre, token, username=ADMIN[0], name="王督导", password=ADMIN[1])
    institution = classes.create_institution(centre, admin, InstitutionIn(name="博远电工学校")).id
    site = devices.create_site(centre, admin, SiteIn(institution_id=institution, name="北校区")).id
    box_id = _enrolled_box(centre, admin, site)
    room = devices.create_room(centre, admin, RoomIn(site_id=site, name="实操间2")).id
    names = ("front", "back", "door", "bench")[:cameras]
    own = tuple(
        devices.create_camera(centre, admin, CameraIn(room_id=room, box_id=box_id, code=name, accepted=True)).id
        for name in names
    )
    training = _class(centre, admin, institution, room)
    sessions = sorted(training.sessions, key=lambda session: session.start)
    hours = [hour for session in sessions for hour in session.lesson_hours]
    made = WatchedDay(
        centre, clock, admin, room, box_id, own, training,
        tuple(hour.id for hour in hours), tuple(epoch_ms(hour.start) for hour in hours),
    )  # fmt: skip
    for session in sessions:
        _attend(made, session)
    clock.step((datetime.combine(DAY, time(18, 30), CHINA) - clock.now()).total_seconds())
    _report(made, every_ms, clips)
    return made


def _class(centre: Centre, admin: Caller, institution: UUID, room: UUID) -> ClassOut:
    plan = [
        PlanRow(
            date=DAY, start=start, end=_later(start, hours * 45), lesson_hours=hours, kind=LessonKind.PRACTICE,
            room_id=room, teachers=["刘老师"],
        )
        for start, hours in SESSIONS
    ]  # fmt: skip
    roster = [RosterRow(name=person(n)[0], id_number=person(n)[1]) for n in range(PEOPLE)]
    wanted = ClassIn(
        institution_id=institution,
        class_no="2026-0112",
        name="电工五级 26-112班",
        profile=PROFILE,
        roster=roster,
        plan=plan,
    )
    training = classes.create_class(centre, admin, wanted)
    approval.submit(centre, admin, training.id)
    approval.approve(centre, admin, training.id, Approval())
    return training


def _later(start: time, minutes: int) -> time:
    return (datetime.combine(DAY, start) + timedelta(minutes=minutes)).time()


def _attend(day: WatchedDay, session: SessionOut) -> None:
    """Everybody but one comes, a few each minute, and goes after the end."""
    for direction, first in ((Direction.IN, session.start - timedelta(minutes=20)), (Direction.OUT, session.end)):
        day.clock.step((first - day.clock.now()).total_seconds())
        for number in range(PEOPLE - 1):
            day.clock.step(25)
            name, identity = person(number)
            wanted = CheckInRequest(
                name=name, id_last4=identity[-4:], direction=direction,
                idempotency_key=f"{session.code}-{direction}-{number:06d}",
            )  # fmt: skip
            attendance.check_in(day.centre, session.code, wanted, None, f"10.0.0.{number}")


def _report(day: WatchedDay, every_ms: int, clips: int) -> None:
    entries, sent = [], []
    for index, (lesson, start) in enumerate(zip(day.lessons, day.starts, strict=True)):
        films = _clips(day, index) if index < clips else []
        sent += [data for _, data in films]
        evidence = _evidence(day, index, lesson, start, every_ms)
        entry = VerdictEntry(
            at=epoch_ms(day.clock.now()),
            lesson_hour_id=lesson,
            evidence=evidence_json(evidence),
            verdict=verdict_json(judge(evidence, profile_named(PROFILE))),
            clips=tuple(manifest for manifest, _ in films),
        )
        entries.append(canonical_json(entry.model_dump(mode="json")).decode())
    for number, entry in enumerate(entries):
        ingest.append_log(day.centre, day.box_id, LogAppend(from_index=number, entries=[entry]))
    for data in sent:
        uploads.receive(day.centre, day.box_id, hashlib.sha256(data).hexdigest(), 0, data)


def seen(index: int, at_ms: int) -> int:
    """People in the room: most of them; few in the third hour, and nearly nobody at one instant of it; one too few in
    the seventh."""
    if index == 2:
        return 2 if at_ms // 5000 == WORST_MS // 5000 else 5 + (at_ms // 60_000) % 3
    return PEOPLE - 1 - (index == 6) - (at_ms // 37_000 + index) % 7 // 6


def _evidence(day: WatchedDay, index: int, lesson: UUID, start: int, every_ms: int) -> LessonEvidence:
    with day.centre.uow.read() as session:
        row = repository.lesson_of_box(session, day.box_id, lesson)
        assert row is not None
        attending = own_attendance(session, row)
    cameras = []
    for number, camera in enumerate(day.cameras):
        spans, gaps = _recorded(index, number)
        samples = tuple(
            Sample(at, max(0, seen(index, at) - number))
            for at in range(0, HOUR_MS, every_ms)
            if any(span.start_ms <= at < span.end_ms for span in spans)
        )
        counter = Counter("yunet", "8f" * 32, "openvino 2026.4.1", 0.7)
        cameras.append(CameraEvidence(str(camera), "room", True, 120, spans, gaps, (), samples, counter))
    return LessonEvidence(
        schema=EVIDENCE_SCHEMA,
        lesson_hour_id=str(lesson),
        class_no=day.training.class_no,
        kind=LessonKind.PRACTICE,
        start=row.hour.start.isoformat().replace("+00:00", "Z"),
        duration_ms=HOUR_MS,
        exempt=None,
        complete=True,
        assessed_ms=HOUR_MS + 30_000,
        delivered_ms=None,
        box_id=str(day.box_id),
        box_version="0.1.0",
        attendance=attending,
        cameras=tuple(cameras),
    )


def _recorded(index: int, camera: int) -> tuple[tuple[Span, ...], tuple[Gap, ...]]:
    """All of it; but the line of every camera is lost in the sixth hour for 34 minutes, the second camera is away for
    some time of each of the first hours, and a few pictures are lost in between."""
    gaps = []
    if index == 5:
        gaps = [Gap(4 * 60_000, 38 * 60_000, GapReason.LINE_LOST)]
    elif camera == 1 and index < 4:
        gaps = [Gap(CLIP_AT_MS - 5 * 60_000, CLIP_AT_MS + 20_000, GapReason.CAMERA_UNREACHABLE)]
    elif (index + camera) % 3 == 0:
        gaps = [Gap(at, at + 4000, GapReason.FRAMES_LOST) for at in range(5 * 60_000, HOUR_MS, 9 * 60_000)]
    starts, ends = [0, *(gap.end_ms for gap in gaps)], [*(gap.start_ms for gap in gaps), HOUR_MS]
    return tuple(Span(start, end) for start, end in zip(starts, ends, strict=True)), tuple(gaps)


def _clips(day: WatchedDay, index: int) -> list[tuple[ClipManifest, bytes]]:
    made = []
    for number, late_s in enumerate((0, 20)):
        if number < len(day.cameras):
            data = _film(60 + 50 * number + 12 * index, CLIP_S - late_s)
            start = day.starts[index] + CLIP_AT_MS + late_s * 1000
            manifest = ClipManifest(
                lesson_hour_id=day.lessons[index],
                camera_id=day.cameras[number],
                sha256=hashlib.sha256(data).hexdigest(),
                bytes=len(data),
                start_ms=start,
                end_ms=start + (CLIP_S - late_s) * 1000,
                media_ms=(CLIP_S - late_s) * 1000,
                codec="h264",
                width=WIDE,
                height=HIGH,
            )
            made.append((manifest, data))
    return made


@cache
def _film(tone: int, seconds: int) -> bytes:
    return film(11, seconds=seconds, tone=tone)
