"""A box's log arrives: facts first, exactly once, all of a request or nothing.

Refused is only what no honest box can send: a hole, a fork, an entry that is not one. Whatever an honest box may have
logged but the centre has no use for (a lesson hour it does not know) is kept as log and raised as an alarm, because a
refused entry would block the box's log for ever.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.orm import Session

from config.clock import epoch_ms
from config.errors import LessonProofError
from supervisor.attendance.box_card import take_card
from supervisor.attendance.box_roll_call import take_roll_call
from supervisor.audit.log import tree_of
from supervisor.audit.service import record
from supervisor.centre import Centre
from supervisor.contract.evidence import canonical_json, parse_evidence, parse_verdict, sha256_hex
from supervisor.contract.log import (
    LOG_ENTRY,
    AcceptanceEntry,
    CardEntry,
    ClipManifest,
    LogAppend,
    LogEntry,
    LogReceipt,
    ReplayEntry,
    RollCallEntry,
    SelfieEntry,
    SpanEntry,
    VerdictEntry,
    ZonesEntry,
)
from supervisor.devices.acceptance import take_acceptance, take_zones
from supervisor.devices.models import Box
from supervisor.devices.repository import room_cameras
from supervisor.devices.revocation import working_box
from supervisor.lessons import repository
from supervisor.lessons.models import EvidenceClip, EvidenceRow, LogEntryRow, ReplayCheckRow
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.verdicts import judge_report, rejudge
from supervisor.profiles import profile_named
from supervisor.retention.terms import end_of_term, raise_term, recorded_ms
from supervisor.rules.continuity import whole_ms
from supervisor.rules.evidence import LessonEvidence
from supervisor.rules.verdict import LessonVerdict, VerdictState
from supervisor.selfies.service import take_result
from supervisor.spans.ingest import take_span

MAX_ENTRIES_BYTES = 8 * 1024 * 1024
GOP_MS = 10_000
"""A clip begins and ends with whole groups of pictures: so much may its edges miss of what it shows."""


class LogHole(LessonProofError):
    """409: entries are missing before these; the answer says which one is wanted next."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "LOG_HOLE",
            status=409,
            zh=f"缺少之前的记录:请从第 {size} 条开始上传",
            en=f"entries are missing: continue from index {size}",
        )
        self.size = size

    def problem(self) -> dict[str, object]:
        return super().problem() | {"size": self.size}


class LogFork(LessonProofError):
    """422: another text at an index the centre has already. `offset`: its place in the request."""

    def __init__(self, index: int, offset: int) -> None:
        super().__init__(
            "LOG_FORK",
            status=422,
            where=f"/entries/{offset}",
            zh=f"第 {index} 条记录与中心已保存的不同:盒子的记录被改写",
            en=f"entry {index} differs from the one the centre has: the box's log was rewritten",
        )
        self.index = index


def append_log(centre: Centre, box_id: UUID, batch: LogAppend) -> LogReceipt:
    """Raises LogHole, LogFork, and LOG_ENTRY_INVALID (422) with the index of the entry; nothing is stored then."""
    if sum(len(text) for text in batch.entries) > MAX_ENTRIES_BYTES:
        raise LessonProofError("BODY_TOO_LARGE", status=413, zh="一次上传的记录过大", en="too much in one request")
    entries = [_entry(batch, offset) for offset in range(len(batch.entries))]
    try:
        with centre.uow.write() as session:
            box = working_box(session, box_id)
            return _append(session, box, batch, entries, centre.clock.now())  # the time is read under the lock
    except LogFork as fork:
        with centre.uow.write() as session:  # the request is rolled back, the alarm stays
            record(
                session, centre.clock.now(), f"box:{box_id}", "log_fork", f"box:{box_id}", alarm=True, index=fork.index
            )
        raise


def _append(session: Session, box: Box, batch: LogAppend, entries: list[LogEntry], now: datetime) -> LogReceipt:
    if batch.from_index > box.log_size:
        raise LogHole(box.log_size)
    stop = batch.from_index + len(batch.entries)
    known = repository.log_hashes(session, box.id, batch.from_index, stop)
    new: list[bytes] = []
    for index, (text, entry) in enumerate(zip(batch.entries, entries, strict=True), start=batch.from_index):
        sha256 = sha256_hex(text.encode())
        if index < box.log_size:
            if known[index] != sha256:
                raise LogFork(index, index - batch.from_index)
            continue
        _check_chain(session, box, entry, index, now)
        new.append(text.encode())
        session.add(
            LogEntryRow(
                box_id=box.id,
                idx=index,
                received_at=now,
                kind=entry.kind,
                camera_id=_chain(entry)[0],
                n=_chain(entry)[1],
                body=text,
                sha256=sha256,
            )
        )
        session.flush()
        if isinstance(entry, VerdictEntry):
            _take_verdict(session, box, index, entry, now)
        if isinstance(entry, ReplayEntry):
            _take_replays(session, box, index, entry, now)
        if isinstance(entry, ZonesEntry):
            take_zones(session, box, index, entry, now)
        if isinstance(entry, AcceptanceEntry):
            take_acceptance(session, box, index, entry, now)
        if isinstance(entry, RollCallEntry):
            take_roll_call(session, box, index, entry, now)
        if isinstance(entry, SelfieEntry):
            take_result(session, box, entry, now)
        if isinstance(entry, CardEntry):
            take_card(session, box, index, entry, now)
        if isinstance(entry, SpanEntry):
            take_span(session, box, index, entry, now)
    tree_of(session, str(box.id)).append(box.log_size, new)
    box.log_size = max(box.log_size, stop)
    if new:  # else a replay, perhaps by somebody else: no sign of life
        box.last_seen = now
    return LogReceipt(size=box.log_size, received_at=now)


def _parse(text: str) -> LogEntry:
    try:
        if canonical_json(json.loads(text)) != text.encode():
            raise _Malformed("", "not canonical JSON (RFC 8785)")
        if "\\u0000" in text:
            raise _Malformed("", "a NUL character")
        entry = LOG_ENTRY.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _Malformed("".join(f"/{part}" for part in first["loc"]), first["msg"]) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise _Malformed("", f"not JSON: {error}") from None
    if isinstance(entry, VerdictEntry):
        _parsed(entry)
    return entry


def _parsed(entry: VerdictEntry) -> tuple[LessonEvidence, LessonVerdict]:
    try:
        evidence = parse_evidence(canonical_json(entry.evidence))
        verdict = parse_verdict(canonical_json(entry.verdict))
    except LessonProofError as error:
        part = "evidence" if error.code == "EVIDENCE_INVALID" else "verdict"
        raise _Malformed(f"/{part}{error.where}", error.en) from None
    for name, other in (("evidence", evidence.lesson_hour_id), ("verdict", verdict.lesson_hour_id)):
        if other != str(entry.lesson_hour_id):
            raise _Malformed(f"/{name}/lesson_hour_id", "not the entry's lesson hour")
    for number, clip in enumerate(entry.clips):
        if clip.lesson_hour_id != entry.lesson_hour_id:
            raise _Malformed(f"/clips/{number}/lesson_hour_id", "not the entry's lesson hour")
        if not clip.start_ms < clip.end_ms:
            raise _Malformed(f"/clips/{number}/end_ms", "a clip ends before it starts")
    return evidence, verdict


def _take_verdict(session: Session, box: Box, index: int, entry: VerdictEntry, now: datetime) -> None:
    lesson = repository.lesson_of_box(session, box.id, entry.lesson_hour_id)
    if lesson is None or not lesson.countable:
        _alarm(session, box, now, "verdict_of_unknown_lesson", entry, index)
        return
    evidence, verdict = _parsed(entry)
    evidence_row = EvidenceRow(
        lesson_hour_id=lesson.hour.id, box_id=box.id, idx=index, body=entry.evidence, received_at=now
    )
    session.add(evidence_row)
    session.flush()
    cameras = {camera.id for camera in room_cameras(session, lesson.room.id) if camera.box_id == box.id}
    for manifest in entry.clips:
        if manifest.camera_id in cameras:
            _expect_clip(session, box, lesson, manifest, now)
        else:
            _alarm(session, box, now, "clip_of_unknown_camera", entry, index)
    if not _clips_show(lesson, entry.clips, verdict):
        _alarm(session, box, now, "clip_does_not_show_window", entry, index)
    if _misplaced(lesson, box, evidence):
        _alarm(session, box, now, "evidence_of_another_lesson", entry, index)
        return
    judge_report(session, lesson, evidence_row.id, evidence, verdict, now)


def _take_replays(session: Session, box: Box, index: int, entry: ReplayEntry, now: datetime) -> None:
    """A further verdict is made with what was found; it never says more than that a person should compare."""
    lesson = repository.lesson_of_box(session, box.id, entry.lesson_hour_id)
    if lesson is None:
        _alarm(session, box, now, "replay_of_unknown_lesson", entry, index)
        return
    session.add(
        ReplayCheckRow(
            lesson_hour_id=lesson.hour.id,
            box_id=box.id,
            idx=index,
            body=entry.model_dump(mode="json"),
            received_at=now,
        )
    )
    session.flush()
    rejudge(session, lesson, now)


def _misplaced(lesson: LessonRow, box: Box, evidence: LessonEvidence) -> bool:
    """Whether the evidence speaks of another stretch of time, class or box than the plan does: then it proves
    nothing."""
    try:
        start = datetime.fromisoformat(evidence.start)
    except ValueError:
        return True
    length_ms = epoch_ms(lesson.hour.end) - epoch_ms(lesson.hour.start)
    return (
        start != lesson.hour.start
        or evidence.duration_ms != length_ms
        or evidence.class_no != lesson.training.class_no
        or evidence.kind != lesson.session.kind
        or evidence.box_id != str(box.id)
    )


def _clips_show(lesson: LessonRow, clips: tuple[ClipManifest, ...], verdict: LessonVerdict) -> bool:
    """Whether the clips lie wholly inside the lesson hour (A-16) and, taken together, hold as much media as is asked
    for and reach over the verdict's window. True when there are none and nothing passes: then nothing is claimed."""
    start_ms, end_ms = epoch_ms(lesson.hour.start), epoch_ms(lesson.hour.end)
    if any(clip.start_ms < start_ms or clip.end_ms > end_ms for clip in clips):
        return False
    if verdict.window is None or (not clips and verdict.state is not VerdictState.PASS):
        return True
    if sum(clip.media_ms for clip in clips) < whole_ms(profile_named(lesson.training.profile).lesson.clip_min_s):
        return False
    reached_ms = start_ms + verdict.window.start_ms
    for clip in sorted(clips, key=lambda clip: clip.start_ms):
        if clip.start_ms <= reached_ms + GOP_MS:
            reached_ms = max(reached_ms, clip.end_ms)
    return reached_ms + GOP_MS >= start_ms + verdict.window.end_ms


def _expect_clip(session: Session, box: Box, lesson: LessonRow, manifest: ClipManifest, now: datetime) -> None:
    known = [
        clip
        for clip in repository.clips_of_box(session, box.id, manifest.sha256)
        if clip.lesson_hour_id == lesson.hour.id
    ]
    for clip in known:
        raise_term(session, clip, lesson.training, now, f"box:{box.id}", end_ms=manifest.end_ms)
    if not known:
        session.add(
            EvidenceClip(
                created_at=now,
                sha256=manifest.sha256,
                lesson_hour_id=lesson.hour.id,
                box_id=box.id,
                camera_id=manifest.camera_id,
                manifest=manifest.model_dump(mode="json"),
                bytes=manifest.bytes,
                state="expected",
                retain_until=end_of_term(recorded_ms(manifest.end_ms, now), lesson.training),
            )
        )


def _chain(entry: LogEntry) -> tuple[str | None, int | None]:
    """(None, None): an entry of no camera, or about a camera but not linked in its chain."""
    n = getattr(entry, "n", None)
    return (None, None) if n is None else (str(getattr(entry, "camera", None)), n)


def _check_chain(session: Session, box: Box, entry: LogEntry, index: int, now: datetime) -> None:
    """Each camera's entries are linked; a broken link is kept, and raised."""
    camera, n = _chain(entry)
    if camera is None:
        return
    end = repository.chain_end(session, box.id, camera)
    expected = (0, None) if end is None else (end[0] + 1, end[1])
    if (n, getattr(entry, "prev", None)) != expected:
        record(session, now, f"box:{box.id}", "log_chain_broken", f"camera:{camera}", alarm=True, index=index)


def _alarm(
    session: Session, box: Box, now: datetime, action: str, entry: VerdictEntry | ReplayEntry, index: int
) -> None:
    subject = f"lesson_hour:{entry.lesson_hour_id}"
    record(session, now, f"box:{box.id}", action, subject, alarm=True, index=index)


class _Malformed(Exception):
    def __init__(self, where: str, message: str) -> None:
        self.where = where
        self.message = message


def _entry(batch: LogAppend, offset: int) -> LogEntry:
    try:
        return _parse(batch.entries[offset])
    except _Malformed as fault:
        index = batch.from_index + offset
        raise LessonProofError(
            "LOG_ENTRY_INVALID",
            status=422,
            where=f"/entries/{offset}{fault.where}",
            zh=f"第 {index} 条记录格式不正确:{fault.where} {fault.message}",
            en=f"entry {index} is malformed: {fault.where} {fault.message}",
        ) from None
