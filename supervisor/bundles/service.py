"""Pack a lesson hour. The export is entered in the viewing register and, with the hash of every file that people will
look at, in the centre's signed log: so the bundle carries the centre's word for what it shows."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from config.clock import epoch_ms
from config.errors import LessonProofError
from storage.evidence.bundle import (
    EVIDENCE,
    FORMAT,
    HEAD,
    INCLUDED,
    LEFT_OUT,
    PAGE,
    PROFILE,
    VERDICT,
    clip_name,
    entry_name,
    proof_name,
)
from storage.evidence.checkpoint import InclusionProof, parse_checkpoint
from storage.evidence.note import Note, parse_note
from supervisor.audit import log
from supervisor.audit.cosigning import WITHIN_S, cosigned_head, first_cosigned
from supervisor.audit.models import CentreLogRow, Receipt
from supervisor.audit.service import record
from supervisor.bundles import repository
from supervisor.bundles.page import Watermark, page
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json, parse_evidence, parse_verdict, sha256_hex
from supervisor.contract.log import VerdictEntry
from supervisor.devices.service import not_found
from supervisor.devices.witness import receipt_covering
from supervisor.lessons import repository as lessons
from supervisor.lessons.models import EvidenceClip, EvidenceRow, LessonVerdictRow, LogEntryRow
from supervisor.lessons.register import viewing
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.lessons.verdicts import judged_evidence
from supervisor.profiles import profile_named

_REACH_MS = 10_000  # a run may begin that long before the bell and still be counted from it


@dataclass(frozen=True, slots=True)
class _Contents:
    """What goes in, but for the centre's own entries. `clips`: those whose files go in. `shown`: files for people, by
    name."""

    row: LessonRow
    report: EvidenceRow
    entries: list[tuple[LogEntryRow, Receipt]]
    clips: list[EvidenceClip]
    shown: dict[str, bytes]


def export(
    centre: Centre,
    caller: Caller,
    lesson_hour_id: UUID,
    reason: ViewReason,
    ip: str,
    out: Path,
    *,
    media: bool = True,
    within_s: float = WITHIN_S,
    watermark: Watermark | None = None,
) -> None:
    """Write the bundle to `out`, whole or not at all. Not `media`: without the clips' files; its entry says so.
    `within_s`: how long to wait for witnesses outside. `watermark`: what lies over the page.

    Raises LessonProofError LESSON_NOT_FOUND (404), BUNDLE_NOTHING (409: no box has reported), BUNDLE_NOT_WITNESSED
    (409: the box's checkpoint over it has not come yet), CLIP_NOT_HERE (409: a clip is still on its way, or was deleted
    after its term).
    """
    now = centre.clock.now()
    with centre.uow.write() as session:
        contents = _contents(session, caller, lesson_hour_id, watermark, media=media)
        files = {name: sha256_hex(data) for name, data in contents.shown.items()}
        files |= {clip_name(clip.sha256): clip.sha256 for clip in contents.clips}
        session.add(viewing(caller, lesson_hour_id, "export", reason, ip, now))
        subject = f"lesson_hour:{lesson_hour_id}"
        own = _own_entries(session, contents)
        export_id = str(uuid4())
        record(
            session,
            now,
            caller.actor,
            "bundle_exported",
            subject,
            id=export_id,
            reason=reason.value,
            files=files,
            box=[entry.idx for entry, _ in contents.entries],
            centre=[row.idx for row in own],
            media=INCLUDED if media else LEFT_OUT,
        )
    head = cosigned_head(centre, within_s)
    with centre.uow.read() as session:
        exported = next(row for row in log.entries_about(session, subject) if export_id in row.body)
        own.append(exported)
        logged = [*_proven_box(session, contents), *proven_centre(centre, session, own, head)]
    about = {"lesson_hour_id": str(lesson_hour_id), "box": str(contents.report.box_id)}
    told = canonical_json({"format": FORMAT, "export": exported.idx} | about)
    _write(centre, out, {HEAD: told} | contents.shown | dict(logged), contents.clips)


def _contents(
    session: Session, caller: Caller, lesson_hour_id: UUID, watermark: Watermark | None, *, media: bool
) -> _Contents:
    row = lessons.lesson(session, caller, lesson_hour_id)
    if row is None:
        raise not_found("LESSON", "课时", "lesson hour")
    counting, report = _counting(session, lesson_hour_id)
    start_ms, end_ms = epoch_ms(row.hour.start), epoch_ms(row.hour.end)
    cameras = [str(camera["camera_id"]) for camera in report.body["cameras"]]
    chosen = [repository.entry(session, report.box_id, report.idx)]
    for camera in cameras:
        chosen += repository.camera_entries(
            session, report.box_id, camera, report.idx, start_ms - _REACH_MS, end_ms + _REACH_MS
        )
    chosen += repository.about_lesson(session, report.box_id, lesson_hour_id)
    first = min(entry.idx for entry in chosen)
    chosen += repository.of_the_machine(session, report.box_id, first, report.idx)
    unique = {entry.idx: entry for entry in chosen}
    entries = [
        (entry, receipt)
        for idx, entry in sorted(unique.items())
        if (receipt := _receipt(session, report, idx)) is not None
    ]
    clips = _clips(session, report, lesson_hour_id) if media else []
    shown = _shown(session, row, counting, entries, clips, watermark, media=media)
    return _Contents(row, report, entries, clips, shown)


def _counting(session: Session, lesson_hour_id: UUID) -> tuple[LessonVerdictRow, EvidenceRow]:
    """The verdict that counts, and the report it was judged from."""
    versions = lessons.verdicts(session, [lesson_hour_id]).get(lesson_hour_id, [])
    for version in versions:
        if version.source != "box" and version.evidence_id is not None:
            return version, lessons.evidence_by_id(session, version.evidence_id)
    raise LessonProofError(
        "BUNDLE_NOTHING",
        status=409,
        zh="现场设备还没有报来这一学时的证据,没有可以打包的内容",
        en="no box has reported this lesson hour: there is nothing to pack",
    )


def _receipt(session: Session, report: EvidenceRow, idx: int) -> Receipt | None:
    """The first receipt over entry `idx`. None: it is of after the report, and not countersigned yet."""
    receipt = receipt_covering(session, report.box_id, idx)
    if receipt is None and idx <= report.idx:
        raise LessonProofError(
            "BUNDLE_NOT_WITNESSED",
            status=409,
            zh="盒子的检查点还没有送到,请一分钟后再试",
            en="the box's checkpoint over this has not come yet: try again in a minute",
        )
    return receipt


def _clips(session: Session, report: EvidenceRow, lesson_hour_id: UUID) -> list[EvidenceClip]:
    """Those that the packed report names."""
    entry = json.loads(repository.entry(session, report.box_id, report.idx).body)
    named = {manifest["sha256"] for manifest in entry["clips"]}
    own = [clip for clip, _ in lessons.clips(session, [lesson_hour_id]).get(lesson_hour_id, [])]
    found = {clip.sha256: clip for clip in own if clip.box_id == report.box_id and clip.state == "verified"}
    if named - found.keys():
        raise LessonProofError(
            "CLIP_NOT_HERE",
            status=409,
            zh="取证片段还没有全部送到中心,或已在期满后删除",
            en="not all clips are at the centre: still on their way, or deleted after their term",
        )
    return [found[sha256] for sha256 in sorted(named)]


def _shown(
    session: Session,
    row: LessonRow,
    counting: LessonVerdictRow,
    entries: list[tuple[LogEntryRow, Receipt]],
    clips: list[EvidenceClip],
    watermark: Watermark | None,
    *,
    media: bool,
) -> dict[str, bytes]:
    evidence = judged_evidence(session, counting)
    assert evidence is not None
    profile = profile_named(row.training.profile)
    verdict = parse_verdict(canonical_json(counting.body))
    reported, witnessed = next((entry, receipt) for entry, receipt in entries if entry.kind == "verdict")
    manifests = json.loads(reported.body)["clips"]
    moments = VerdictEntry.model_validate_json(reported.body).moments
    told = parse_evidence(canonical_json(evidence))
    return {
        EVIDENCE: canonical_json(evidence),
        VERDICT: canonical_json(counting.body),
        PROFILE: canonical_json(profile.model_dump(mode="json")),
        PAGE: page(
            row, told, verdict, profile, manifests, moments, clips, witnessed.at, media=media, watermark=watermark
        ).encode(),
    }


def _own_entries(session: Session, contents: _Contents) -> list[CentreLogRow]:
    """What the centre's log says about everything that the bundle speaks of."""
    row, report = contents.row, contents.report
    subjects = [
        f"lesson_hour:{row.hour.id}",
        f"training_class:{row.training.id}",
        f"profile:{row.training.profile}",
        f"box:{report.box_id}",
        *(f"camera:{camera['camera_id']}" for camera in report.body["cameras"]),
        *(f"clip:{clip.sha256}" for clip in contents.clips),
        *(f"receipt:{report.box_id}:{receipt.size}" for _, receipt in contents.entries),
    ]
    found = {one.idx: one for subject in subjects for one in log.entries_about(session, subject)}
    return [found[idx] for idx in sorted(found)]


def _proven_box(session: Session, contents: _Contents) -> Iterable[tuple[str, bytes]]:
    tree = log.tree_of(session, str(contents.report.box_id))
    for entry, receipt in contents.entries:
        hashes = tuple(tree.inclusion_proof(entry.idx, receipt.size))
        yield entry_name("box", entry.idx), entry.body.encode()
        yield proof_name("box", entry.idx), str(InclusionProof(entry.idx, hashes, parse_note(receipt.note))).encode()


def proven_centre(
    centre: Centre, session: Session, own: Iterable[CentreLogRow], head: Note
) -> Iterable[tuple[str, bytes]]:
    """Files of the centre's entries with their proofs, by name: each in the oldest checkpoint that a quorum of
    witnesses outside cosigned, so that it shows since when they knew; else in `head`, the newest."""
    tree = log.tree_of(session)
    for entry in own:
        note = first_cosigned(centre, session, entry.idx) or head
        hashes = tuple(tree.inclusion_proof(entry.idx, parse_checkpoint(note).size))
        yield entry_name("centre", entry.idx), entry.body.encode()
        yield proof_name("centre", entry.idx), str(InclusionProof(entry.idx, hashes, note)).encode()


def _write(centre: Centre, out: Path, texts: dict[str, bytes], clips: Iterable[EvidenceClip]) -> None:
    """Clips are stored as they are: they do not shrink, and a reader can play them in place."""
    descriptor, name = tempfile.mkstemp(prefix=".bundle-", dir=out.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, data in texts.items():
                archive.writestr(path, data)
            for clip in clips:
                info = zipfile.ZipInfo(clip_name(clip.sha256))
                assert clip.object_key is not None
                with archive.open(info, "w", force_zip64=True) as target:
                    for piece in centre.store.get_range(clip.object_key, 0, clip.bytes):
                        target.write(piece)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
