"""The box's database: what is on the disk, what was seen, and the append-only log that is also the outbox.

`*_ms` are milliseconds since 1970 UTC on the box's wall clock unless a comment says otherwise.
"""

from __future__ import annotations

from enum import StrEnum
from typing import cast

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database.base import BoxBase
from storage.database.types import Big


class Fate(StrEnum):
    """What became of a file that the index still names."""

    DELETING = "deleting"  # decided and written down; the file may be gone already, its row goes next
    LOST = "lost"  # gone or damaged, and nobody meant it; the row stays


class Run(BoxBase):
    """One unbroken stretch of media of one camera. wall time of a picture = start_ms + its media time in the run."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64))
    boot_id: Mapped[str] = mapped_column(String(36))
    start_ms: Mapped[int] = mapped_column(Big)
    media_ms: Mapped[int] = mapped_column(Big)  # grows; up to the end of the last picture known to the database
    end_reason: Mapped[str | None] = mapped_column(String(32))  # GapReason; None: still running
    codec: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    clock_offset_ms: Mapped[int | None] = mapped_column(Big)  # camera clock minus box clock; None: no sender report yet
    octets_lost: Mapped[int | None] = mapped_column(Big)  # on the way, at least (sender reports); None: not told
    # The box's own clock, as well as it was known during the run (a step would have ended it); None: never told.
    clock_synchronised: Mapped[bool | None]  # by NTP
    clock_offset_us: Mapped[int | None] = mapped_column(Big)  # what NTP had still to correct
    clock_uncertainty_ms: Mapped[int | None] = mapped_column(Big)  # the largest possible error
    __table_args__ = (Index("ix_run_camera_start", "camera_id", "start_ms"),)


class Segment(BoxBase):
    """One file on disk, part of one run. Inserted when the file is opened; when it is closed, hash, size and
    final name are filled in."""

    __tablename__ = "segment"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    camera_id: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(Text, unique=True)  # relative to the recordings folder
    start_ms: Mapped[int] = mapped_column(Big)
    media_ms: Mapped[int] = mapped_column(Big)
    bytes: Mapped[int] = mapped_column(Big)
    sha256: Mapped[str | None] = mapped_column(String(64))
    closed: Mapped[bool] = mapped_column(default=False)
    fate: Mapped[str | None] = mapped_column(String(16))  # Fate; None: on disk
    __table_args__ = (
        Index("ix_segment_camera_start", "camera_id", "start_ms"),
        CheckConstraint("NOT closed OR sha256 IS NOT NULL", name="closed_has_hash"),
    )


class GapRow(BoxBase):
    """A stretch in which a camera that should record did not. end_ms None: still lasting."""

    __tablename__ = "gap"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64))
    start_ms: Mapped[int] = mapped_column(Big)
    end_ms: Mapped[int | None] = mapped_column(Big)
    reason: Mapped[str] = mapped_column(String(32))  # supervisor.rules.evidence.GapReason
    __table_args__ = (Index("ix_gap_camera_start", "camera_id", "start_ms"),)


class SampleRow(BoxBase):
    """People counted in one key frame. No pictures, no features: numbers, and until the lesson hour is judged the boxes
    (`sighting`)."""

    __tablename__ = "sample"
    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(Big, primary_key=True)
    people: Mapped[int] = mapped_column(Integer)
    counter_id: Mapped[int] = mapped_column(ForeignKey("counter.id"))
    seated: Mapped[int | None] = mapped_column(Integer)  # people in their places; None: nobody kept account
    confidence: Mapped[float | None]  # 0..1, of `seated`
    watcher_id: Mapped[int | None] = mapped_column(ForeignKey("watcher.id"))
    conditions: Mapped[str | None] = mapped_column(Text)  # of the picture, comma between; None: not looked at


class SightingRow(BoxBase):
    """Where the people of one sample were: JSON list of `SeenPerson`. Deleted once its lesson hour is judged."""

    __tablename__ = "sighting"
    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(Big, primary_key=True)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    people: Mapped[str] = mapped_column(Text)


class WatcherRow(BoxBase):
    """How `SampleRow.seated` came about: canonical JSON of `supervisor.rules.evidence.Watcher`."""

    __tablename__ = "watcher"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    body: Mapped[str] = mapped_column(Text, unique=True)


class CameraViewRow(BoxBase):
    """What the installer taught the box about a camera's picture: canonical JSON of `CameraZones`, the scale faces are
    looked for at, and the reference scene."""

    __tablename__ = "camera_view"
    camera_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    at_ms: Mapped[int] = mapped_column(Big)
    zones: Mapped[str] = mapped_column(Text)
    scale: Mapped[float]
    reference: Mapped[bytes | None] = mapped_column(LargeBinary)  # None: not learnt


class RecognitionRow(BoxBase):
    """Trainees who consented to recognition and are expected in a lesson hour that asks for it; `seen_ms`: when they
    were first recognised, None: not yet. The row without a name says that somebody looked. Deleted once the lesson hour
    is judged."""

    __tablename__ = "recognition"
    lesson_hour_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    trainee: Mapped[str] = mapped_column(String(64), primary_key=True)
    counter_id: Mapped[int] = mapped_column(ForeignKey("counter.id"))
    until_ms: Mapped[int] = mapped_column(Big)  # the end of the lesson hour
    seen_ms: Mapped[int | None] = mapped_column(Big)


class AcceptanceRow(BoxBase):
    """One session of a camera's acceptance (A-22): JSON of `AcceptanceSession`, and what the installer sees of it."""

    __tablename__ = "acceptance"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    camera_id: Mapped[str] = mapped_column(String(64), index=True)
    zones_sha256: Mapped[str] = mapped_column(String(64))
    session: Mapped[str] = mapped_column(Text)
    seats: Mapped[str] = mapped_column(Text)  # JSON: where people sat, how often each place was seen


class CounterRow(BoxBase):
    """The versions behind the numbers: model file hash, engine, threshold."""

    __tablename__ = "counter"
    id: Mapped[int] = mapped_column(Big, primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    model_sha256: Mapped[str] = mapped_column(String(64))
    engine: Mapped[str] = mapped_column(String(64))
    threshold: Mapped[float]
    __table_args__ = (UniqueConstraint("name", "model_sha256", "engine", "threshold"),)


class LogRow(BoxBase):
    """The append-only log: `body` is canonical JSON (RFC 8785), `idx` runs from 0 without holes; nothing is ever
    updated."""

    __tablename__ = "log_entry"
    idx: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    camera_id: Mapped[str | None] = mapped_column(String(64))
    n: Mapped[int | None] = mapped_column(Big)  # the camera's own running number
    body: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))  # of body
    __table_args__ = (UniqueConstraint("camera_id", "n"),)


class TreeNode(BoxBase):
    """The log's Merkle tree (RFC 6962): the hash over entries idx * 2^level … (idx + 1) * 2^level - 1, written once,
    when the last of them is."""

    __tablename__ = "log_tree"
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    __table_args__ = ({"sqlite_with_rowid": False},)


TREE: Table = cast("Table", TreeNode.__table__)


class CheckpointRow(BoxBase):
    """The log as the box signed it at a moment. `note`: C2SP signed note; once the centre cosigned, with its line."""

    __tablename__ = "checkpoint"
    size: Mapped[int] = mapped_column(Big, primary_key=True, autoincrement=False)
    at_ms: Mapped[int] = mapped_column(Big)
    note: Mapped[str] = mapped_column(Text)
    cosigned_ms: Mapped[int | None] = mapped_column(Big)  # the centre's time; None: not yet


class ClipRow(BoxBase):
    """A clip waiting to be, or already, at the centre. The file stays until retention says otherwise."""

    __tablename__ = "clip"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    lesson_hour_id: Mapped[str] = mapped_column(String(36), index=True)
    camera_id: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(Text)  # relative to the clips folder
    bytes: Mapped[int] = mapped_column(Big)
    delivered: Mapped[bool] = mapped_column(default=False)  # the centre has it, digest checked
    fate: Mapped[str | None] = mapped_column(String(16))  # Fate; None: on disk


class SpanRow(BoxBase):
    """A stretch of raw recording that the centre asked for and that was answered with entry `log_idx`. `sha256` None:
    there was nothing to cut. Row and file go when the centre wants it no more; the recording stays."""

    __tablename__ = "span"
    span_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    log_idx: Mapped[int] = mapped_column(ForeignKey("log_entry.idx"))
    path: Mapped[str | None] = mapped_column(Text)  # relative to the spans folder
    sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int | None] = mapped_column(Big)
    delivered: Mapped[bool] = mapped_column(default=False)  # the centre has it, digest checked
    __table_args__ = (
        CheckConstraint("(path IS NULL) = (sha256 IS NULL) AND (path IS NULL) = (bytes IS NULL)", name="whole_file"),
    )


class LessonRow(BoxBase):
    """Lesson hours this box has judged, so that each is judged once and the log gets one entry."""

    __tablename__ = "lesson"
    lesson_hour_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    end_ms: Mapped[int] = mapped_column(Big)
    start_ms: Mapped[int | None] = mapped_column(Big)  # None: judged before the box kept it
    raw_days: Mapped[int | None] = mapped_column(Integer)  # its profile's term of raw recordings; None: as above
    log_idx: Mapped[int] = mapped_column(ForeignKey("log_entry.idx"))
    replay_idx: Mapped[int | None] = mapped_column(Big)  # the log's entry about replays; None: not looked for yet


class KeyValue(BoxBase):
    """Small facts: `box_id`, `target` (last target state), `target_etag`, `log_delivered` (entries the centre has)."""

    __tablename__ = "key_value"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
