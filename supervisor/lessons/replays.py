"""What the boxes found when they looked for replays: as a lesson hour's evidence tells it, and as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from config.clock import epoch_ms, from_epoch_ms
from supervisor.callers import Caller
from supervisor.contract.log import ClipManifest, ReplayEntry, ReplayFinding
from supervisor.devices.models import Camera
from supervisor.devices.repository import cameras
from supervisor.lessons import repository
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import ReplayCameraView, ReplayCheckView, ReplayView, TwinView
from supervisor.rules.evidence import Replay


def replays_of(session: Session, lesson: LessonRow) -> dict[str, tuple[Replay, ...]]:
    """Camera id → its media that looks like other media."""
    zero = epoch_ms(lesson.hour.start)
    found: dict[str, tuple[Replay, ...]] = {}
    for check in repository.replay_checks(session, lesson.hour.id):
        entry = ReplayEntry.model_validate(check.body)
        for finding in entry.findings:
            camera_id = str(finding.camera)
            found[camera_id] = (*found.get(camera_id, ()), _replay(finding, entry, zero))
    return found


def _replay(finding: ReplayFinding, entry: ReplayEntry, zero: int) -> Replay:
    return Replay(
        start_ms=finding.start_ms - zero,
        end_ms=finding.end_ms - zero,
        kind=finding.kind,
        twin_camera_id=str(finding.twin_camera),
        twin_lesson_hour_id=str(finding.twin_lesson_hour_id),
        twin_start_ms=finding.twin_start_ms - zero,
        twin_end_ms=finding.twin_end_ms - zero,
        distance=finding.distance,
        threshold=entry.threshold,
        detector=entry.detector,
    )


def replay_checks(session: Session, caller: Caller, lesson: LessonRow) -> list[ReplayCheckView]:
    """Of a twin in another institution's lesson hour the caller learns the time and nothing else."""
    entries = [ReplayEntry.model_validate(check.body) for check in repository.replay_checks(session, lesson.hour.id)]
    twins = {finding.twin_lesson_hour_id for entry in entries for finding in entry.findings} - {lesson.hour.id}
    seen = repository.lessons_seen(session, caller, twins)
    clips = repository.clips(session, seen)
    codes = {camera.id: camera.code for camera in cameras(session, caller)}
    return [
        ReplayCheckView(
            at=from_epoch_ms(entry.at),
            detector=entry.detector,
            threshold=entry.threshold,
            compared=entry.compared,
            since=None if entry.since_ms is None else from_epoch_ms(entry.since_ms),
            cameras=[
                ReplayCameraView(
                    camera_code=codes.get(one.camera, "?"), not_checked=one.not_checked, nearest=one.nearest
                )
                for one in entry.cameras
            ],
            findings=[
                _view(finding, codes, seen, clips.get(finding.twin_lesson_hour_id, []), lesson)
                for finding in entry.findings
            ],
        )
        for entry in entries
    ]


def _view(
    finding: ReplayFinding,
    codes: Mapping[UUID, str],
    seen: Mapping[UUID, LessonRow],
    clips: Sequence[tuple[EvidenceClip, Camera]],
    lesson: LessonRow,
) -> ReplayView:
    twin = seen.get(finding.twin_lesson_hour_id)
    return ReplayView(
        camera_code=codes.get(finding.camera, "?"),
        kind=finding.kind,
        start=from_epoch_ms(finding.start_ms),
        end=from_epoch_ms(finding.end_ms),
        distance=finding.distance,
        twin=TwinView(
            camera_code=codes.get(finding.twin_camera),
            start=from_epoch_ms(finding.twin_start_ms),
            end=from_epoch_ms(finding.twin_end_ms),
            lesson_hour_id=twin.hour.id if twin else None,
            place=f"{twin.site.name} {twin.room.name} · {twin.training.name}" if twin else None,
            has_clip=any(_shows(clip, finding) for clip, _ in clips),
            same_lesson=finding.twin_lesson_hour_id == lesson.hour.id,
        ),
    )


def _shows(clip: EvidenceClip, finding: ReplayFinding) -> bool:
    """Whether the clip can be played and shows some of the twin."""
    manifest = ClipManifest.model_validate(clip.manifest)
    return (
        clip.state == "verified"
        and clip.playlist is not None
        and clip.camera_id == finding.twin_camera
        and max(manifest.start_ms, finding.twin_start_ms) < min(manifest.end_ms, finding.twin_end_ms)
    )
