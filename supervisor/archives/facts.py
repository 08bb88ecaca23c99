"""What an archive tells of a class: one JSON value, `class.json`, from which page and tables are made too.

Names and ID numbers are masked as everywhere (L14): an archive travels. Who did what is an account's id and role.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import CHINA
from config.profile import RegionProfile
from storage.evidence.bundle import ARCHIVE_FORMAT, clip_name
from supervisor.archives import repository
from supervisor.archives.files import Filed
from supervisor.attendance.register import register
from supervisor.audit.models import CentreLogRow
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes import repository as classes
from supervisor.classes.models import Institution, TrainingClass
from supervisor.contract.evidence import canonical_json, parse_verdict
from supervisor.lessons import repository as lessons
from supervisor.lessons.models import EvidenceClip, LessonVerdictRow
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ViewReason
from supervisor.profiles import profile_named
from supervisor.rules.attendance import TraineeHour
from supervisor.rules.explain import REASONS, STATES, Words, explain
from supervisor.rules.masking import mask_id_number, mask_name

Json = dict[str, Any]

WITHOUT_VERDICT: dict[str, Words] = {
    "not_countable": (
        "不计入:不属于已批准的班级,或在批准之前开始",
        "Does not count: not of an approved class, or begun before its approval",
    ),
    "void": ("已调课或停课,不再举行", "Moved or cancelled: not held"),
    "not_yet_held": ("尚未结束", "Not over yet"),
    "waiting": (
        "尚无结论:证据还没有到,逾期由中心判定",
        "No verdict yet: the evidence has not come, and is not overdue",
    ),
}
"""What is said of a lesson hour that the centre has not judged."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A lesson hour's bundle in the archive; `name` None: there is none. `clips`: names of the clips in it. `note`: why
    it is not there, or not whole."""

    name: str | None = None
    sha256: str | None = None
    bytes: int = 0
    clips: frozenset[str] = frozenset()
    note: Words | None = None


@dataclass(frozen=True, slots=True)
class _Class:
    training: TrainingClass
    institution: Institution
    profile: RegionProfile
    hours: list[LessonRow]


def facts(
    centre: Centre,
    session: Session,
    caller: Caller,
    class_id: UUID,
    packed: Mapping[UUID, Packed],
    filed: Sequence[Filed],
    own: Sequence[CentreLogRow],
    *,
    reason: ViewReason,
    media: bool,
    now: datetime,
) -> Json:
    """`packed`: lesson hour → its bundle; `filed`: what was handed in; `own`: the centre's log about the class."""
    row = repository.training_class(session, caller, class_id)
    assert row is not None  # the caller was let in before the first bundle was packed
    one = _Class(*row, profile_named(row[0].profile), lessons.lessons_of_class(session, caller, class_id))
    history = [entry for entry in own if entry.kind != "verdict"]
    return {
        "format": ARCHIVE_FORMAT,
        "archived_at": _iso(now),
        "archived_by": {"account": str(caller.account_id), "role": caller.role.value},
        "reason": reason.value,
        "media": "clips" if media else "hashes",
        "training_class": _training(one),
        "profile": {
            "name": one.profile.name,
            "name_zh": one.profile.name_zh,
            "name_en": one.profile.name_en,
            "sha256": one.profile.digest(),
            "demo": one.profile.demo,
        },
        "approval": _approval(session, one.training),
        "roster": _roster(centre, session, one),
        "sessions": _sessions(one.hours),
        "lesson_hours": _lesson_hours(session, one, packed, now),
        "files": [_filed(handed) for handed in filed],
        "history": _history(session, history),
    }


def _training(one: _Class) -> Json:
    return {
        "id": str(one.training.id),
        "class_no": one.training.class_no,
        "name": one.training.name,
        "status": one.training.status,
        "exempt": one.training.exempt,
        "class_end": _iso(one.training.class_end),
        "institution": {"id": str(one.institution.id), "name": one.institution.name},
    }


def _approval(session: Session, training: TrainingClass) -> Json | None:
    if training.approved_at is None:
        return None
    actor = f"account:{training.approved_by}"
    return {
        "at": _iso(training.approved_at),
        "account": training.approved_by and str(training.approved_by),
        "role": repository.roles(session, [actor] if training.approved_by else []).get(actor),
    }


def _roster(centre: Centre, session: Session, one: _Class) -> list[Json]:
    pattern = one.profile.publicity.id_mask
    return [
        {
            "ref": str(entry.id),
            "no": entry.position + 1,
            "name": mask_name(trainee.name),
            "id_number": mask_id_number(centre.vault.unseal(trainee.id_number_cipher, trainee.id), pattern),
            "status": entry.status,
        }
        for entry, trainee in classes.roster(session, one.training.id)
    ]


def _sessions(hours: Iterable[LessonRow]) -> list[Json]:
    """In the order of their first lesson hours."""
    held = {row.session.id: row for row in hours}
    return [
        {
            "id": str(row.session.id),
            "date": row.session.local_date.isoformat(),
            "start": _iso(row.session.start),
            "end": _iso(row.session.end),
            "kind": row.session.kind,
            "site": row.site.name,
            "room": row.room.name,
            "teachers": [mask_name(str(name)) for name in row.session.teachers],
        }
        for row in held.values()
    ]


def _lesson_hours(session: Session, one: _Class, packed: Mapping[UUID, Packed], now: datetime) -> list[Json]:
    ids = [row.hour.id for row in one.hours]
    attendance = register(session, [(row.hour, row.session, row.training) for row in one.hours])
    verdicts, clips = lessons.verdicts(session, ids), lessons.clips(session, ids)
    told = []
    for row in one.hours:
        hour = row.hour
        counting = next((version for version in verdicts.get(hour.id, []) if version.source != "box"), None)
        bundle = packed.get(hour.id, Packed())
        told.append(
            {
                "id": str(hour.id),
                "session": str(row.session.id),
                "date": row.session.local_date.isoformat(),
                "slot": hour.slot,
                "start": _iso(hour.start),
                "end": _iso(hour.end),
                **_state(row, counting, now),
                "attendance": [_attended(trainee) for trainee in attendance[hour.id]] if hour.end <= now else [],
                "bundle": bundle.name,
                "bundle_sha256": bundle.sha256,
                "bundle_bytes": bundle.bytes,
                "bundle_note": None if bundle.note is None else _said(bundle.note),
                "clips": [_clip(clip, camera.code, bundle) for clip, camera in clips.get(hour.id, [])],
            }
        )
    return told


def _unjudged(row: LessonRow, now: datetime) -> str:
    if row.session.voided_at is not None:
        return "void"
    return "not_countable" if not row.countable else "not_yet_held" if row.hour.end > now else "waiting"


def _state(row: LessonRow, counting: LessonVerdictRow | None, now: datetime) -> Json:
    if counting is not None:
        verdict = parse_verdict(canonical_json(counting.body))
        words = STATES[verdict.state]
        reasons = [{"code": code.value} | _said(REASONS[code]) for code in verdict.reasons]
        sentences = list(zip(explain(verdict, "zh"), explain(verdict, "en"), strict=True))[1 + len(reasons) :]
        state = verdict.state.value
    else:
        state = _unjudged(row, now)
        words, reasons, sentences = WITHOUT_VERDICT[state], [], []
    return {
        "state": state,
        "state_words": _said(words),
        "reasons": reasons,
        "explained": [_said(sentence) for sentence in sentences],
        "verdict": None if counting is None else counting.body,
        "verdict_version": None if counting is None else counting.version,
        "verdict_source": None if counting is None else counting.source,
        "verdict_at": None if counting is None else _iso(counting.created_at),
    }


def _attended(one: TraineeHour) -> Json:
    return {"ref": one.trainee, "status": one.status.value, "attends": one.attends, "flagged": one.flagged}


def _clip(clip: EvidenceClip, camera: str, bundle: Packed) -> Json:
    return {
        "sha256": clip.sha256,
        "bytes": clip.bytes,
        "media_ms": clip.manifest["media_ms"],
        "camera": camera,
        "state": clip.state,
        "in_bundle": clip_name(clip.sha256) in bundle.clips,
        "retain_until": _iso(clip.retain_until),
    }


def _filed(one: Filed) -> Json:
    return {
        "sha256": one.file.sha256,
        "kind": one.file.kind,
        "bytes": one.file.bytes,
        "at": _iso(one.file.at),
        "account": str(one.file.account_id),
        "role": one.role,
        "file": one.name,
        "note": None if one.note is None else _said(one.note),
    }


def _history(session: Session, rows: Sequence[CentreLogRow]) -> list[Json]:
    """Applications, approvals, decisions: what people did, by the centre's signed log."""
    actors = {row.idx: json.loads(row.body)["actor"] for row in rows}
    roles = repository.roles(session, actors.values())
    return [
        {
            "index": row.idx,
            "at": _iso(row.at),
            "kind": row.kind,
            "subject": row.subject,
            "actor": actors[row.idx],
            "role": roles.get(actors[row.idx]),
        }
        for row in rows
    ]


def _said(words: Words) -> Json:
    return {"zh": words[0], "en": words[1]}


def _iso(at: datetime) -> str:
    """At the site's own time, with its offset: 2026-11-23T09:00:00+08:00."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")
