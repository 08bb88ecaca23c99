"""The centre's own verdicts: recomputed from the evidence, so that nobody has to believe the box.

Three versions may follow from one report: what the box said; what `judge` says of the very same evidence, with the
time it arrived; and, where the centre knows better (check-ins, acceptance, zones, exemption), what `judge` says with
that.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from config.clock import epoch_ms
from supervisor.attendance.register import register
from supervisor.audit.log import Entry, note
from supervisor.audit.service import CENTRE, record
from supervisor.contract.evidence import canonical_json, evidence_json, parse_evidence, verdict_json
from supervisor.decisions.cache import refresh
from supervisor.decisions.exempt import exempt_of
from supervisor.devices.models import Camera
from supervisor.devices.repository import room_cameras
from supervisor.lessons import repository
from supervisor.lessons.models import EvidenceRow, LessonVerdictRow
from supervisor.lessons.replays import replays_of
from supervisor.lessons.repository import LessonRow
from supervisor.profiles import profile_named
from supervisor.registry.outbox import tell_verdict
from supervisor.rules.attendance import as_evidence
from supervisor.rules.evidence import (
    EVIDENCE_SCHEMA,
    Attendance,
    LessonEvidence,
    LessonKind,
    Watcher,
)
from supervisor.rules.facts import CentreFacts
from supervisor.rules.judge import judge
from supervisor.rules.verdict import RULE_VERSION, RULE_VERSIONS, LessonVerdict

_FACTS = TypeAdapter(CentreFacts)


def judge_report(
    session: Session,
    lesson: LessonRow,
    evidence_id: UUID,
    evidence: LessonEvidence,
    reported: LessonVerdict,
    now: datetime,
) -> None:
    """Append the versions that follow from a box's report. A disagreement is an alarm in the audit record."""
    profile = profile_named(lesson.training.profile)
    _append(session, lesson, now, "box", reported, evidence_id=evidence_id)
    rule = reported.rule_version if reported.rule_version in RULE_VERSIONS else RULE_VERSION  # of the box's time
    agrees = canonical_json(verdict_json(judge(evidence, profile, rule))) == canonical_json(verdict_json(reported))
    subject = f"lesson_hour:{lesson.hour.id}"
    if not agrees:
        record(session, now, f"box:{evidence.box_id}", "verdict_disagrees", subject, alarm=True)
    facts = CentreFacts(delivered_ms=epoch_ms(now) - epoch_ms(lesson.hour.start))
    verdict = judge(facts.apply(evidence), profile)
    _append(session, lesson, now, "centre", verdict, evidence_id=evidence_id, facts=facts, agrees=agrees)
    _rejudge(session, lesson, evidence_id, evidence, facts, now)


def rejudge_session(session: Session, session_id: UUID, now: datetime) -> None:
    """After a check-in: append a version to each lesson hour of the session whose attendance it changes."""
    for lesson in repository.lessons_of_session(session, session_id):
        rejudge(session, lesson, now)


def rejudge(session: Session, lesson: LessonRow, now: datetime) -> None:
    """Append a version if the centre knows something now that the newest of its own was not judged with."""
    repository.lock_lesson(session, lesson.hour.id)  # before it is read what the newest version knows
    versions = repository.verdicts(session, [lesson.hour.id]).get(lesson.hour.id, [])
    last = next((version for version in versions if version.source != "box"), None)
    if last is not None and last.evidence_id is not None and last.facts is not None:
        evidence = parse_evidence(canonical_json(repository.evidence_by_id(session, last.evidence_id).body))
        _rejudge(session, lesson, last.evidence_id, evidence, _FACTS.validate_python(last.facts), now)


def _rejudge(
    session: Session,
    lesson: LessonRow,
    evidence_id: UUID,
    evidence: LessonEvidence,
    last: CentreFacts,
    now: datetime,
) -> None:
    """Append a version if what the centre knows now differs from what the `last` version was judged with. The box
    judged something else, so this version neither agrees with it nor differs."""
    known = _as_of(last, centre_facts(session, lesson, evidence, last.delivered_ms))
    if known.apply(evidence) == last.apply(evidence):
        return
    verdict = judge(known.apply(evidence), profile_named(lesson.training.profile))
    _append(session, lesson, now, "centre", verdict, evidence_id=evidence_id, facts=known)


def _as_of(last: CentreFacts, now: CentreFacts) -> CentreFacts:
    """Whether a camera was accepted is told of the time its evidence came, not of a later test."""
    if last.cameras is None or now.cameras is None:
        return now
    before = last.cameras
    cameras = {
        camera: (zone, before[camera][1] if camera in before else accepted)
        for camera, (zone, accepted) in now.cameras.items()
    }
    return replace(now, cameras=cameras)


def centre_facts(session: Session, lesson: LessonRow, evidence: LessonEvidence, delivered_ms: int) -> CentreFacts:
    cameras = room_cameras(session, lesson.room.id)
    watchers = {camera.camera_id: camera.watcher for camera in evidence.cameras}
    return CentreFacts(
        delivered_ms=delivered_ms,
        attendance=own_attendance(session, lesson),
        exempt=exempt_of(session, lesson),
        cameras={
            str(camera.id): (camera.zone, camera.accepted and _as_accepted(camera, watchers.get(str(camera.id))))
            for camera in cameras
        },
        replays=replays_of(session, lesson),
    )


def _as_accepted(camera: Camera, watcher: Watcher | None) -> bool:
    """Whether people were counted with the zones that passed acceptance. Without a watcher there were no zones yet."""
    return watcher is None or camera.accepted_zones in (None, watcher.zones_sha256)


def own_attendance(session: Session, lesson: LessonRow) -> Attendance:
    """Who attends, from the centre's own check-ins; teachers are required where a zone shows the podium (Q12)."""
    hours = register(session, [(lesson.hour, lesson.session, lesson.training)])[lesson.hour.id]
    podium = any(camera.podium_in_zone for camera in room_cameras(session, lesson.room.id))
    return as_evidence(hours, len(lesson.session.teachers) if podium else 0)


def judge_silence(session: Session, lesson: LessonRow, now: datetime) -> None:
    """Nothing came within the grace: the verdict on no evidence at all (RULES 1.5)."""
    start = epoch_ms(lesson.hour.start)
    evidence = LessonEvidence(
        schema=EVIDENCE_SCHEMA,
        lesson_hour_id=str(lesson.hour.id),
        class_no=lesson.training.class_no,
        kind=LessonKind(lesson.session.kind),
        start=lesson.hour.start.isoformat().replace("+00:00", "Z"),
        duration_ms=epoch_ms(lesson.hour.end) - start,
        exempt=exempt_of(session, lesson),
        complete=False,
        assessed_ms=epoch_ms(now) - start,
        delivered_ms=None,
        box_id="",
        box_version="",
        attendance=own_attendance(session, lesson),
        cameras=(),
    )
    verdict = judge(evidence, profile_named(lesson.training.profile))
    _append(session, lesson, now, "sweep", verdict)


def judged_evidence(session: Session, row: LessonVerdictRow) -> dict[str, Any] | None:
    """Exactly the evidence a version was judged with; None for the sweep."""
    if row.evidence_id is None:
        return None
    body = repository.evidence_by_id(session, row.evidence_id).body
    if row.facts is None:
        return body
    return evidence_json(_FACTS.validate_python(row.facts).apply(parse_evidence(canonical_json(body))))


def _append(
    session: Session,
    lesson: LessonRow,
    now: datetime,
    source: str,
    verdict: LessonVerdict,
    *,
    evidence_id: UUID | None = None,
    facts: CentreFacts | None = None,
    agrees: bool | None = None,
) -> None:
    repository.lock_lesson(session, lesson.hour.id)
    row = LessonVerdictRow(
        created_at=now,
        lesson_hour_id=lesson.hour.id,
        version=repository.last_version(session, lesson.hour.id) + 1,
        source=source,
        evidence_id=evidence_id,
        state=verdict.state,
        body=verdict_json(verdict),
        facts=None if facts is None else _FACTS.dump_python(facts, mode="json"),
        agrees=agrees,
    )
    session.add(row)
    session.flush()
    reported = None if evidence_id is None else repository.evidence_by_id(session, evidence_id)
    tell_verdict(session, now, lesson.training, row)
    note(session, Entry(now, "verdict", f"lesson_hour:{lesson.hour.id}", CENTRE, _told(row, reported)))
    if source != "box":
        refresh(session, lesson.hour.id, now)


def _told(row: LessonVerdictRow, reported: EvidenceRow | None) -> dict[str, Any]:
    """What the centre's log keeps of a version: whose entry it judged, with which facts, and what came out."""
    return {
        "version": row.version,
        "source": row.source,
        "box": None if reported is None else str(reported.box_id),
        "index": None if reported is None else reported.idx,
        "facts": row.facts,
        "verdict": row.body,
    }
