"""A box's world for tests: its real database in a temporary folder, a target state, recorded rows. Nothing mocked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from uuid import UUID, uuid5

import av
import numpy as np
from numpy.typing import NDArray

from config.clock import ManualClock, SystemClock, epoch_ms
from config.profile import RegionProfile, load_profile
from device_adapters.interfaces import StreamInfo, VideoPacket
from edge_agent.capture.ledger import Ledger
from edge_agent.capture.writer import ConnectionWriter
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, remember
from storage.database.engine import UnitOfWork, open_engine
from storage.evidence.tables import CounterRow, GapRow, Run, SampleRow, Segment
from supervisor.contract.target import TargetAttendance, TargetCamera, TargetLesson, TargetState
from supervisor.rules.evidence import GapReason, LessonKind
from tests.support.databases import with_tables

NAMES = UUID("5d1b3c1e-7f0a-4a51-9d0c-2f6a6d1f0001")
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in China
DEMO = load_profile("000000-demo.1")


def uuid_of(name: str) -> UUID:
    return uuid5(NAMES, name)


def camera_of(code: str = "room-a", room: str = "A", **changes: object) -> TargetCamera:
    fields: dict[str, object] = {
        "camera_id": uuid_of(f"camera {code}"),
        "code": code,
        "room_id": uuid_of(f"room {room}"),
        "room_name": room,
        "zone": "seats",
        "accepted": True,
        "podium_in_zone": False,
    }
    return TargetCamera.model_validate(fields | changes)


def lesson_of(
    name: str = "one",
    room: str = "A",
    start: datetime = START,
    minutes: float = 3,
    present: int = 3,
    as_of: datetime | None = None,
    **changes: object,
) -> TargetLesson:
    """A lesson hour with `present` trainees. `as_of` defaults to its end: the attendance is settled."""
    end = start + timedelta(minutes=minutes)
    fields: dict[str, object] = {
        "lesson_hour_id": uuid_of(f"lesson {name}"),
        "class_no": "2026-001",
        "class_name": "焊工初级班",
        "room_id": uuid_of(f"room {room}"),
        "kind": LessonKind.THEORY,
        "start": start,
        "end": end,
        "exempt": None,
        "profile": DEMO.name,
        "attendance": TargetAttendance(
            as_of=as_of or end,
            present=tuple(f"trainee {n}" for n in range(present)),
            on_leave=(),
            roster=max(present, 4),
            teachers=1,
        ),
    }
    return TargetLesson.model_validate(fields | changes)


def target_of(
    lessons: Sequence[TargetLesson],
    cameras: Sequence[TargetCamera] = (),
    at: datetime = START,
    profile: RegionProfile = DEMO,
) -> TargetState:
    return TargetState(
        box_id=uuid_of("box"),
        generated_at=at,
        cameras=tuple(cameras) or (camera_of(),),
        lessons=tuple(lessons),
        profiles={profile.name: profile},
    )


@dataclass
class Box:
    work: UnitOfWork
    paths: BoxPaths
    clock: ManualClock
    plans: PlanStore

    def told(self, state: TargetState, etag: str | None = '"1"') -> None:
        """As the uplink does when a target arrives."""
        self.plans.replace(state, etag, self.clock.now())

    def recorded(
        self,
        start: datetime,
        seconds: float,
        *,
        camera: TargetCamera | None = None,
        boot: str = "boot-1",
        end_reason: str | None = None,
        offset_ms: int | None = None,
    ) -> None:
        """One run without a file."""
        with self.work.write() as session:
            session.add(
                Run(
                    camera_id=str((camera or camera_of()).camera_id),
                    boot_id=boot,
                    start_ms=epoch_ms(start),
                    media_ms=round(seconds * 1000),
                    end_reason=end_reason,
                    codec="h264",
                    width=1280,
                    height=720,
                    clock_offset_ms=offset_ms,
                )
            )

    def gap(self, start: datetime, seconds: float | None, reason: str, *, camera: TargetCamera | None = None) -> None:
        end = None if seconds is None else epoch_ms(start) + round(seconds * 1000)
        with self.work.write() as session:
            session.add(
                GapRow(
                    camera_id=str((camera or camera_of()).camera_id),
                    start_ms=epoch_ms(start),
                    end_ms=end,
                    reason=reason,
                )
            )

    def counted(
        self, start: datetime, seconds: float, people: int, *, every_s: float = 2, model: str = "a" * 64,
        camera: TargetCamera | None = None,
    ) -> None:  # fmt: skip
        with self.work.write() as session:
            versions = {"name": "yunet", "model_sha256": model, "engine": "openvino", "threshold": 0.6}
            row = session.query(CounterRow).filter_by(**versions).one_or_none()
            if row is None:
                row = CounterRow(**versions)
                session.add(row)
                session.flush()
            at = 0.0
            while at < seconds:
                session.add(
                    SampleRow(
                        camera_id=str((camera or camera_of()).camera_id),
                        at_ms=epoch_ms(start) + round(at * 1000),
                        people=people,
                        counter_id=row.id,
                    )
                )
                at += every_s

    def open_segment(self, start: datetime, *, camera: TargetCamera | None = None) -> int:
        """A segment that the recorder is still writing; its id."""
        with self.work.write() as session:
            run = session.query(Run).order_by(Run.id.desc()).first()
            assert run is not None, "a segment belongs to a run"
            row = Segment(
                run_id=run.id,
                camera_id=str((camera or camera_of()).camera_id),
                path=f"{epoch_ms(start)}.mp4",
                start_ms=epoch_ms(start),
                media_ms=0,
                bytes=0,
            )
            session.add(row)
            session.flush()
            return row.id


def new_box(folder: Path, at: datetime = START - timedelta(minutes=5)) -> Box:
    """Enrolled just now; knows no target yet."""
    paths = BoxPaths(folder)
    engine = open_engine(with_tables(paths.database_url, "box"))
    work = UnitOfWork(engine)
    with work.write() as session:
        remember(session, Fact.BOX_ID, str(uuid_of("box")))
        remember(session, Fact.ENROLLED_MS, epoch_ms(at))
    return Box(work, paths, ManualClock(at), PlanStore(work))


def film(
    box: Box,
    start: datetime,
    seconds: int,
    *,
    camera: TargetCamera | None = None,
    segment_s: float = 20,
    look: Callable[[float], NDArray[np.uint8]] = lambda second: np.full((96, 160), second * 5 % 250, np.uint8),
    fps: int = 5,
    group: int = 5,
) -> None:
    """Really record: pictures encoded now, muxed, sealed and indexed by the recorder's own parts, dated from `start`.

    `look`: second → uint8[H, W], grey, or uint8[H, W, 3], BGR. `group`: pictures from key frame to key frame. The run
    ends as when nobody wants the camera any more.
    """
    high, wide = look(0).shape[:2]
    colours = "gray" if look(0).ndim == 2 else "bgr24"
    camera_id = str((camera or camera_of()).camera_id)
    moving = ManualClock(start)
    ledger = Ledger(box.work, box.paths.recordings, "boot-1", SystemClock())
    ledger.start()
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = wide, high, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(group)}
    encoder.open()
    info = StreamInfo("h264", wide, high, encoder.extradata or b"", (1, fps))
    writer = ConnectionWriter(camera_id, info, box.paths.recordings / camera_id, ledger, moving, segment_s)
    for number in range(seconds * fps):
        frame = av.VideoFrame.from_ndarray(look(number / fps), format=colours).reformat(format="yuv420p")
        frame.pts = number
        for packet in encoder.encode(frame):
            assert packet.pts is not None and packet.dts is not None
            writer.feed(
                VideoPacket(bytes(packet), packet.pts, packet.dts, packet.is_keyframe, moving.monotonic(), None)
            )
        moving.sleep(1 / fps)
    writer.end(GapReason.NOT_RECORDED, wanted=False)
    assert ledger.stop(limit_s=20)
