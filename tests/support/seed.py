"""A centre with one invented training site on one invented morning, made through the centre's own services.

Four rooms under the demo rules. First hour 08:30–08:33: one passes with its clip, in one too few people are seen, in
one the line dropped all the time, in one a single head is missing and the clip is still on its way. Second hour
08:37–08:40, looked at from 08:38:20: running, few people, wrong camera password, no picture comes. Names and ID numbers
are made up (sequence 000).
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from uuid import UUID

import av
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.clock import ManualClock, epoch_ms
from config.settings import CentreSettings
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, box_origin
from storage.evidence.note import Signer
from supervisor.accounts import service as accounts
from supervisor.attendance import service as attendance
from supervisor.attendance.schemas import CheckInRequest
from supervisor.audit.log import tree_of
from supervisor.callers import Caller
from supervisor.centre import Centre, open_centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import Approval, ClassIn, ClassOut, InstitutionIn, PlanRow, RosterRow, SessionOut
from supervisor.contract.enrolment import EnrolRequest
from supervisor.contract.evidence import canonical_json, evidence_json, verdict_json
from supervisor.contract.log import ClipManifest, LogAppend, VerdictEntry, VerdictMoment
from supervisor.contract.state import BoxState, CameraReport, CameraStatus, DiskReport, LessonProgress
from supervisor.devices import enrolment, witness
from supervisor.devices import service as devices
from supervisor.devices.schemas import BoxIn, CameraIn, RoomIn, SiteIn
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
    Seated,
    Span,
    Watcher,
)
from supervisor.rules.judge import judge
from supervisor.rules.verdict import LessonVerdict
from tests.support.databases import snapshot, with_tables
from tests.support.drawn_class import HIGH, WIDE, confidence, film, how_seen, in_picture
from tests.support.folders import Files, kept, put

PROFILE = "000000-demo.2"
ADMIN = ("admin", "a-long-password")
MORNING = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 08:00 at the site
NOW = datetime(2026, 11, 23, 0, 38, 20, tzinfo=UTC)
HOUR_MS = 180_000
PEOPLE = 12
CLASSES = ("家政四级 26-031班", "电工五级 26-112班", "养老护理 26-077班", "中式烹调 26-045班")
ROOMS = ("教室A", "教室B", "教室C", "实操间")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫"
_BOX_KEY = Ed25519PrivateKey.from_private_bytes(b"\x5e" * 32)
_COUNTER = Counter("yunet", "8f" * 32, "openvino 2026.4.1", 0.7)
_WATCHER = Watcher("seats/1", replace(_COUNTER, name="person-detection-0303", threshold=0.5), 20, 0.5, "c4" * 32)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Place:
    """One room with its class: the first hour of `first` is over at NOW, that of `second` is running."""

    training: ClassOut
    camera_id: UUID
    first: SessionOut
    second: SessionOut

    @property
    def ended(self) -> UUID:
        return self.first.lesson_hours[0].id

    @property
    def running(self) -> UUID:
        return self.second.lesson_hours[0].id


@dataclass(frozen=True, slots=True)
class Seeded:
    centre: Centre
    clock: ManualClock
    admin: Caller
    box_id: UUID
    places: tuple[Place, ...]


def id_number(number: int) -> str:
    """A well-formed ID number of nobody: born on some day of 1990, sequence 000 (GB 11643)."""
    born = date(1990, 1, 1) + timedelta(days=number)
    head = f"140521{born:%Y%m%d}000"
    return head + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(head, _WEIGHTS, strict=True)) % 11]


def person(number: int) -> tuple[str, str]:
    """Name and ID number of the `number`-th invented person."""
    return f"{_SURNAMES[number % 12]}演{chr(0x4E00 + number)}", id_number(number)


def seed(settings: CentreSettings) -> Seeded:
    """The centre at NOW, on a clock that moves only when told to."""
    files, made = _morning()
    put(settings.data_dir, files)
    clock = ManualClock(NOW)
    return replace(made, centre=open_centre(settings.model_copy(update={"demo": True}), clock), clock=clock)


@cache
def _morning() -> tuple[Files, Seeded]:
    """What the centre's folder holds at NOW; its centre is closed."""
    with tempfile.TemporaryDirectory(prefix="lessonproof-seed-") as folder:
        made = _seeded(CentreSettings(data_dir=Path(folder)))
        snapshot(made.centre.uow.engine)
        return kept(Path(folder)), made


def _seeded(settings: CentreSettings) -> Seeded:
    clock = ManualClock(MORNING)
    with_tables(settings.engine_url(), "centre")
    centre = open_centre(settings.model_copy(update={"demo": True}), clock)
    token = accounts.first_setup_link(centre).url.rsplit("/", 1)[1]
    admin = accounts.redeem(centre, token, username=ADMIN[0], name="王督导", password=ADMIN[1])
    institution = classes.create_institution(centre, admin, InstitutionIn(name="城东家政学校")).id
    site = devices.create_site(centre, admin, SiteIn(institution_id=institution, name="城东校区")).id
    box_id = _enrolled_box(centre, admin, site)
    places = tuple(_place(centre, admin, institution, site, box_id, index) for index in range(len(ROOMS)))
    clock.step(20 * 60)  # 08:20: the doors for check-in are open
    for place in places:
        check_in(centre, place.first, place.training, PEOPLE - 1)
    clock.step(14 * 60)  # 08:34: the first hour is over
    _report_first_hour(centre, box_id, places)
    for place in places:
        check_in(centre, place.second, place.training, PEOPLE - 1)
    clock.step((NOW - clock.now()).total_seconds())
    report_state(centre, box_id, places)
    return Seeded(centre, clock, admin, box_id, places)


def _enrolled_box(centre: Centre, admin: Caller, site: UUID) -> UUID:
    made = enrolment.create_box(centre, admin, BoxIn(site_id=site, name="城东 1 号"))
    key = base64.b64encode(_BOX_KEY.public_key().public_bytes_raw()).decode()
    request = EnrolRequest(code=made.code, public_key=key, hostname="box-1", version="0.1.0")
    return enrolment.enrol(centre, request, "127.0.0.1").box_id


def _place(centre: Centre, admin: Caller, institution: UUID, site: UUID, box_id: UUID, index: int) -> Place:
    room = devices.create_room(centre, admin, RoomIn(site_id=site, name=ROOMS[index])).id
    camera = CameraIn(room_id=room, box_id=box_id, code=f"room-{'abcd'[index]}", accepted=True)
    camera_id = devices.create_camera(centre, admin, camera).id
    roster = [RosterRow(name=person(n)[0], id_number=person(n)[1]) for n in range(index * PEOPLE, (index + 1) * PEOPLE)]
    plan = [
        PlanRow(
            date=date(2026, 11, 23), start=start, end=end, lesson_hours=1, kind=LessonKind.THEORY, room_id=room,
            teachers=["刘老师"],
        )
        for start, end in ((time(8, 30), time(8, 33)), (time(8, 37), time(8, 40)), (time(8, 50), time(8, 53)))
    ]  # fmt: skip
    wanted = ClassIn(
        institution_id=institution, class_no=f"2026-{index:04d}", name=CLASSES[index], profile=PROFILE, roster=roster,
        plan=plan,
    )  # fmt: skip
    training = classes.create_class(centre, admin, wanted)
    approval.submit(centre, admin, training.id)
    approval.approve(centre, admin, training.id, Approval())
    first, second = sorted(training.sessions, key=lambda session: session.start)[:2]
    return Place(training, camera_id, first, second)


def check_in(centre: Centre, session: SessionOut, training: ClassOut, people: int) -> None:
    """The first `people` of the roster, each with a phone of their own."""
    index = CLASSES.index(training.name)
    for number in range(index * PEOPLE, index * PEOPLE + people):
        name, identity = person(number)
        wanted = CheckInRequest(
            name=name, id_last4=identity[-4:], direction=Direction.IN, idempotency_key=f"{session.code}-{number:08d}"
        )
        attendance.check_in(centre, session.code, wanted, None, f"10.0.0.{number}")


def _report_first_hour(centre: Centre, box_id: UUID, places: tuple[Place, ...]) -> None:
    need = PEOPLE - 1
    whole, broken = [(0, HOUR_MS)], [(start, start + 24_000) for start in range(0, HOUR_MS, 30_000)]
    stories = [(whole, need, True), (whole, 6, True), (broken, need, False), (whole, need - 1, True)]
    clips = [film(story[1], seconds=64, tone=60 + 40 * index) for index, story in enumerate(stories)]
    entries = []
    for place, (spans, people, has_clip), data in zip(places, stories, clips, strict=True):
        evidence = _evidence(centre, box_id, place, spans, people)
        verdict = judge(evidence, profile_named(PROFILE))
        manifests = (_manifest(place, data),) if has_clip else ()
        entry = VerdictEntry(
            at=epoch_ms(centre.clock.now()),
            lesson_hour_id=place.ended,
            evidence=evidence_json(evidence),
            verdict=verdict_json(verdict),
            clips=manifests,
            moments=_moments(place, evidence, verdict, people),
        )
        entries.append(canonical_json(entry.model_dump(mode="json")).decode())
    ingest.append_log(centre, box_id, LogAppend(from_index=0, entries=entries))
    _countersigned(centre, box_id, len(entries))
    for index, data in enumerate(clips):
        if stories[index][2]:
            arrived = data if index != 3 else data[: len(data) // 3]
            uploads.receive(centre, box_id, hashlib.sha256(data).hexdigest(), 0, arrived)


def _countersigned(centre: Centre, box_id: UUID, size: int) -> None:
    """The box shows the checkpoint over what it told."""
    origin = box_origin(str(box_id))
    with centre.uow.read() as session:
        checkpoint = Checkpoint(origin, size, tree_of(session, str(box_id)).root(size))
    witness.add_checkpoint(centre, str(AddCheckpoint(0, (), checkpoint.signed(Signer(origin, _BOX_KEY)))).encode())


def _evidence(centre: Centre, box_id: UUID, place: Place, spans: list[tuple[int, int]], people: int) -> LessonEvidence:
    with centre.uow.read() as session:
        row = repository.lesson_of_box(session, box_id, place.ended)
        assert row is not None
        attending = own_attendance(session, row)
    ends = [*(start for start, _ in spans[1:]), HOUR_MS]
    gaps = tuple(
        Gap(end, after, GapReason.LINE_LOST) for (_, end), after in zip(spans, ends, strict=True) if after > end
    )
    looked = [at for at in range(0, HOUR_MS, 2000) if any(start <= at < end for start, end in spans)]
    camera = CameraEvidence(
        camera_id=str(place.camera_id),
        zone="room",
        accepted=True,
        clock_offset_ms=180,
        spans=tuple(Span(start, end) for start, end in spans),
        gaps=gaps,
        excluded=(),
        samples=tuple(Sample(at, in_picture(people, at / 1000)) for at in looked),
        counter=_COUNTER,
        seated=tuple(Seated(at, people, confidence(people, at / 1000)) for at in looked),
        watcher=_WATCHER,
    )
    return LessonEvidence(
        schema=EVIDENCE_SCHEMA,
        lesson_hour_id=str(place.ended),
        class_no=place.training.class_no,
        kind=LessonKind.THEORY,
        start=place.first.lesson_hours[0].start.isoformat().replace("+00:00", "Z"),
        duration_ms=HOUR_MS,
        exempt=None,
        complete=True,
        assessed_ms=HOUR_MS + 30_000,
        delivered_ms=None,
        box_id=str(box_id),
        box_version="0.1.0",
        attendance=attending,
        cameras=(camera,),
    )


def _moments(place: Place, evidence: LessonEvidence, verdict: LessonVerdict, people: int) -> tuple[VerdictMoment, ...]:
    """The middle of each third of the best window."""
    if verdict.window is None:
        return ()
    start, length = epoch_ms(place.first.lesson_hours[0].start), verdict.window.end_ms - verdict.window.start_ms
    (camera,) = evidence.cameras
    told = []
    for third in range(3):
        middle = verdict.window.start_ms + (2 * third + 1) * length // 6
        sample, seated = min(
            zip(camera.samples, camera.seated, strict=True), key=lambda pair: abs(pair[0].at_ms - middle)
        )
        told.append(
            VerdictMoment(
                camera_id=place.camera_id,
                at=start + sample.at_ms,
                width=WIDE,
                height=HIGH,
                count=sample.count,
                seated=seated.count,
                confidence=seated.confidence,
                people=how_seen(people, sample.at_ms / 1000),
            )
        )
    return tuple(told)


def _manifest(place: Place, data: bytes) -> ClipManifest:
    start = epoch_ms(place.first.lesson_hours[0].start)
    return ClipManifest(
        lesson_hour_id=place.ended,
        camera_id=place.camera_id,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        start_ms=start,
        end_ms=start + 64_000,
        media_ms=64_000,
        codec="h264",
        width=WIDE,
        height=HIGH,
    )


def clip(seconds: int, brightness: int, fps: int = 10) -> bytes:
    """H.264 in fragmented MP4, a key frame every 2 s: a moving bar on a plain ground."""
    target = BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer"}
    with av.open(target, "w", format="mp4", options=options) as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"preset": "ultrafast", "g": str(2 * fps), "bf": "0"}
        )
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for index in range(seconds * fps):
            picture = np.full((180, 320, 3), brightness, np.uint8)
            left = index * 3 % 300
            picture[60:120, left : left + 20] = (220, 180, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


def report_state(centre: Centre, box_id: UUID, places: tuple[Place, ...]) -> None:
    """What the box says of itself at the centre's present time: one camera has a wrong password, one has stalled."""
    now = centre.clock.now()
    told = [
        (CameraStatus.RECORDING, PEOPLE - 1, 2),
        (CameraStatus.RECORDING, 6, 3),
        (CameraStatus.UNAUTHORIZED, None, None),
        (CameraStatus.STALLED, PEOPLE - 1, 47),
    ]
    cameras = tuple(
        CameraReport(
            camera_id=place.camera_id,
            status=status,
            since=now - timedelta(seconds=80),
            last_picture_at=None if age is None else now - timedelta(seconds=age),
            people=people,
            people_at=None if age is None else now - timedelta(seconds=age),
            bytes_recorded=4_000_000,
        )
        for place, (status, people, age) in zip(places, told, strict=True)
    )
    lessons = tuple(
        LessonProgress(
            lesson_hour_id=place.running,
            longest_joined_ms=(78_000, 78_000, 0, 31_000)[index],
            needed_ms=60_000,
            required=PEOPLE - 1,
            people=told[index][1],
        )
        for index, place in enumerate(places)
    )
    state = BoxState(
        at=now,
        version="0.1.0",
        cameras=cameras,
        lessons=lessons,
        disk=DiskReport(total_bytes=10**12, free_bytes=6 * 10**11, admission_ok=True),
        backlog_entries=0,
        backlog_clips=1,
    )
    devices.report_state(centre, box_id, state)
