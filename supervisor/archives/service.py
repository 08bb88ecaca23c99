"""Pack a class: a bundle of every lesson hour that has evidence, the files that were handed in, then the class's own
page and tables, then the entry in the centre's signed log that names the hash of each of them, with its proof."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from config.errors import LessonProofError
from storage.evidence.bundle import (
    ARCHIVE_FORMAT,
    ARCHIVE_HEAD,
    CLASS,
    INCLUDED,
    LEFT_OUT,
    PAGE,
    SUMS,
    packed_name,
    sums,
)
from supervisor.archives import files, repository, tables
from supervisor.archives.facts import Packed, facts
from supervisor.archives.files import Filed
from supervisor.archives.page import page
from supervisor.audit import log
from supervisor.audit.cosigning import cosigned_head
from supervisor.audit.service import record
from supervisor.bundles import service as bundles
from supervisor.bundles.page import Watermark
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json
from supervisor.devices.service import not_found
from supervisor.lessons import repository as lessons
from supervisor.lessons.models import ViewLog
from supervisor.lessons.register import viewer, viewing
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.sheets.models import SheetView

LESSON_HOURS, ATTENDANCE = "lesson_hours.csv", "attendance.csv"
_PIECE = 1024 * 1024
_WITNESS_S = 2.0  # a lesson hour: one that is away must not cost a class of a hundred of them half an hour
_NO_BUNDLE = ("BUNDLE_NOTHING", "BUNDLE_NOT_WITNESSED")

Progress = Callable[[int, int], None]
"""Called with lesson hours done, and of how many."""


def class_id_of(centre: Centre, caller: Caller, class_no: str) -> UUID:
    """Raises LessonProofError CLASS_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        class_id = repository.class_numbered(session, caller, class_no)
    if class_id is None:
        raise not_found("CLASS", "班级", "class")
    return class_id


def export(
    centre: Centre,
    caller: Caller,
    class_id: UUID,
    reason: ViewReason,
    ip: str,
    out: Path,
    *,
    media: bool = True,
    watermark: Watermark | None = None,
    progress: Progress = lambda done, of: None,
) -> None:
    """Write the archive to `out`, whole or not at all. Not `media`: the bundles come without the clips' files, and the
    archive without the files that were handed in. `watermark`: what lies over its page and theirs.

    The viewing register gets a line for every lesson hour of the class, so that whoever asks who saw a lesson hour
    finds the archive too; and one of the class itself where files that were handed in go with it.

    Raises LessonProofError CLASS_NOT_FOUND (404), ARCHIVE_NO_SPACE (507), ARCHIVE_CHANGED (409: a verdict or a file
    came in while packing).
    """
    order = _Order(centre, caller, class_id, reason, ip, media, watermark)
    with centre.uow.read() as session:
        if repository.training_class(session, caller, class_id) is None:
            raise not_found("CLASS", "班级", "class")
        names = {row.hour.id: _name(row) for row in lessons.lessons_of_class(session, caller, class_id)}
        versions = repository.versions(session, class_id)
        held = repository.class_files(session, class_id)
        sizes = [*repository.clip_bytes(session, class_id), *(file.bytes for file, _ in held)]
        _require_space(out.parent, sizes if media else [])
    with tempfile.TemporaryDirectory(prefix=".archive-", dir=out.parent) as folder:
        draft = Path(folder) / "archive.zip"
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as target:
            archive = _Archive(target)
            packed: dict[UUID, Packed] = {}
            for done, (hour, name) in enumerate(names.items()):
                progress(done, len(names))
                packed[hour] = _pack(order, hour, name, Path(folder), archive)
            progress(len(names), len(names))
            filed = files.pack(centre, caller, held, Path(folder), archive.file, media=media)
            _close(order, archive, packed, filed, versions)
            target.writestr(SUMS, sums(archive.hashes))
        draft.replace(out)


def _name(row: LessonRow) -> str:
    return packed_name(row.session.local_date.isoformat(), row.hour.slot, str(row.hour.id))


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be packed, for whom, and why."""

    centre: Centre
    caller: Caller
    class_id: UUID
    reason: ViewReason
    ip: str
    media: bool
    watermark: Watermark | None

    def bundle(self, hour: UUID, out: Path, *, media: bool) -> None:
        bundles.export(
            self.centre, self.caller, hour, self.reason, self.ip, out,
            media=media, within_s=_WITNESS_S, watermark=self.watermark,
        )  # fmt: skip

    def viewed(self, hour: UUID, now: datetime) -> ViewLog:
        return viewing(self.caller, hour, "export", self.reason, self.ip, now)


class _Archive:
    """The zip being written, and the SHA-256 of what is in it, by name."""

    def __init__(self, target: zipfile.ZipFile) -> None:
        self._zip = target
        self.hashes: dict[str, str] = {}

    def text(self, name: str, data: bytes) -> None:
        self.hashes[name] = hashlib.sha256(data).hexdigest()
        self._zip.writestr(name, data)

    def file(self, name: str, source: Path) -> None:
        """Stored as it is: a bundle is packed already."""
        digest = hashlib.sha256()
        with source.open("rb") as data, self._zip.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
            while piece := data.read(_PIECE):
                digest.update(piece)
                target.write(piece)
        self.hashes[name] = digest.hexdigest()


def _pack(order: _Order, hour: UUID, name: str, folder: Path, archive: _Archive) -> Packed:
    """The lesson hour's bundle; without its clips where these are not all at the centre."""
    file, note = folder / "bundle.zip", None
    try:
        order.bundle(hour, file, media=order.media)
    except LessonProofError as error:
        if error.code in _NO_BUNDLE:
            return Packed(note=(error.zh, error.en))
        if error.code != "CLIP_NOT_HERE":
            raise
        note = (error.zh, error.en)
        order.bundle(hour, file, media=False)
    archive.file(name, file)
    with zipfile.ZipFile(file) as bundle:
        clips = frozenset(one for one in bundle.namelist() if one.startswith("clips/"))
    size = file.stat().st_size
    file.unlink()
    return Packed(name, archive.hashes[name], size, clips, note)


def _close(
    order: _Order, archive: _Archive, packed: dict[UUID, Packed], filed: list[Filed], versions: dict[UUID, int]
) -> None:
    """Everything but the bundles and the files handed in."""
    centre, class_id = order.centre, order.class_id
    now, subject = centre.clock.now(), f"training_class:{class_id}"
    with centre.uow.write() as session:
        own = repository.logged(session, [subject, *(f"lesson_hour:{hour}" for hour in packed)])
        told = facts(
            centre, session, order.caller, class_id, packed, filed, own,
            reason=order.reason, media=order.media, now=now,
        )  # fmt: skip
        known = {one.file.id for one in filed}
        if (
            repository.versions(session, class_id) != versions
            or {file.id for file, _ in repository.class_files(session, class_id)} != known
        ):
            raise LessonProofError(
                "ARCHIVE_CHANGED",
                status=409,
                zh="打包期间有新的结论或附件,请再导出一次",
                en="a verdict or a file came in while packing: export again",
            )
        archive.text(CLASS, json.dumps(told, ensure_ascii=False, indent=1).encode())
        archive.text(LESSON_HOURS, tables.lesson_hours(told))
        archive.text(ATTENDANCE, tables.attendance(told))
        archive.text(PAGE, page(told, archive.hashes, order.watermark).encode())
        without = [hour for hour, one in packed.items() if one.name is None]
        session.add_all(order.viewed(hour, now) for hour in without)  # a bundle's export is in the register already
        if any(one.name for one in filed):
            by = viewer(order.caller, order.reason, order.ip, now)
            session.add(SheetView(class_id=class_id, roster_entry_id=None, what="export", **by))
        record(
            session,
            now,
            order.caller.actor,
            "class_archived",
            subject,
            reason=order.reason.value,
            files=dict(archive.hashes),
            centre=[row.idx for row in own],
            media=INCLUDED if order.media else LEFT_OUT,
        )
    head = cosigned_head(centre)
    with centre.uow.read() as session:
        exported = next(row for row in log.entries_about(session, subject) if archive.hashes[PAGE] in row.body)
        for name, data in bundles.proven_centre(centre, session, [*own, exported], head):
            archive.text(name, data)
    about = {"format": ARCHIVE_FORMAT, "class_id": str(class_id), "export": exported.idx}
    archive.text(ARCHIVE_HEAD, canonical_json(about))


def _require_space(folder: Path, clips: list[int]) -> None:
    """For the archive, and for one bundle at a time beside it."""
    needed = sum(clips) + max(clips, default=0)
    if shutil.disk_usage(folder).free < needed:
        raise LessonProofError(
            "ARCHIVE_NO_SPACE",
            status=507,
            zh=f"磁盘空间不足:需要 {needed} 字节",
            en=f"not enough disk space: {needed} bytes are needed",
        )
