"""What the timeline draws and what the table beneath it says: the same facts, from the evidence alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from config.clock import epoch_ms
from config.profile import RegionProfile
from supervisor.console.i18n import Words
from supervisor.console.state_words import EXCLUDED, GAPS, verdict_mark
from supervisor.console.views import CountRow, StretchRow
from supervisor.lessons.room_counts import room_counts, room_seated
from supervisor.lessons.schemas import LessonPage
from supervisor.rules.evidence import CameraEvidence, ExcludedReason, LessonEvidence
from supervisor.rules.verdict import LessonVerdict, VerdictState

DEFAULT_EVERY_MS = 5000
_ALIKE = EXCLUDED[ExcludedReason.REPLAY_SUSPECT]
_EDGE_MS = 15_000
"""Shown around what there is, so that a late start or an early end can be seen."""


def timeline_data(
    page: LessonPage,
    evidence: LessonEvidence,
    verdict: LessonVerdict | None,
    profile: RegionProfile,
    names: Mapping[str, str],
    words: Words,
) -> dict[str, Any]:
    """The JSON of `<lesson-timeline>` (TimelineData in timeline-painter.ts); all times epoch milliseconds."""
    zero = epoch_ms(page.lesson.start)
    end = zero + evidence.duration_ms
    window = verdict.window if verdict else None
    mark = verdict_mark(verdict.state if verdict else VerdictState.NO_DATA_YET, words)
    marks = [epoch_ms(one.at) for one in page.check_ins if one.status != "rejected"]
    first, last = min([zero, *marks]) - _EDGE_MS, max([end, *marks]) + _EDGE_MS
    every = round(profile.visible.sample_every_s * 1000)
    return {
        "lessons": [
            {
                "start": zero,
                "end": end,
                "tone": mark.tone,
                "name": (name := words("第{n}课时", n=page.lesson.slot)),
                "words": f"{name} {mark.text}",
                "window": [zero + window.start_ms, zero + window.end_ms] if window else None,
                "windowWords": words("最佳连续片段 {n}", n=words.duration(window.media_ms)) if window else "",
                "required": verdict.required if verdict else None,
            }
        ],
        "view": [max(first, zero - evidence.duration_ms // 4), min(last, end + evidence.duration_ms // 4)],
        "whole": [first, last],
        "everyMs": every,
        "cameras": [_camera(page, camera, zero, names, words) for camera in evidence.cameras],
        "counts": [[zero + at, count] for at, count in room_counts(evidence.cameras, every)],
        "seated": [[zero + at, count] for at, count in room_seated(evidence.cameras, every)],
        "checkedIn": [],
        "marks": [
            {"at": epoch_ms(one.at), "direction": one.direction} for one in page.check_ins if one.status != "rejected"
        ],
        "patrols": [],
        "bookmarks": [],
    }


def _camera(
    page: LessonPage, camera: CameraEvidence, zero: int, names: Mapping[str, str], words: Words
) -> dict[str, Any]:
    return {
        "name": names.get(camera.camera_id, camera.zone),
        "spans": [[zero + span.start_ms, zero + span.end_ms] for span in camera.spans],
        "gaps": [
            {"start": zero + gap.start_ms, "end": zero + gap.end_ms, "words": words(GAPS[gap.reason])}
            for gap in camera.gaps
        ],
        "excluded": [
            {"start": zero + part.start_ms, "end": zero + part.end_ms, "words": words(EXCLUDED[part.reason])}
            for part in camera.excluded
        ]
        + [
            {"start": zero + part.start_ms, "end": zero + part.end_ms, "words": words(_ALIKE)}
            for part in camera.replays
        ],
        "clips": [
            [clip.manifest.start_ms, clip.manifest.end_ms]
            for clip in page.clips
            if clip.playable and str(clip.camera_id) == camera.camera_id
        ],
    }


def stretches(start: datetime, evidence: LessonEvidence, names: Mapping[str, str], words: Words) -> list[StretchRow]:
    """Recorded, missing and not counted, in the order of time."""
    rows = []
    for camera in evidence.cameras:
        parts = [(span.start_ms, span.end_ms, words("有录像")) for span in camera.spans]
        parts += [(gap.start_ms, gap.end_ms, words("缺录像:{why}", why=words(GAPS[gap.reason]))) for gap in camera.gaps]
        parts += [(part.start_ms, part.end_ms, words(EXCLUDED[part.reason])) for part in camera.excluded]
        parts += [(part.start_ms, part.end_ms, words(_ALIKE)) for part in camera.replays]
        name = names.get(camera.camera_id, camera.zone)
        rows += [StretchRow(name, _after(start, begin), _after(start, end), text) for begin, end, text in parts]
    return sorted(rows, key=lambda row: (row.start, row.camera))


def count_rows(start: datetime, evidence: LessonEvidence) -> list[CountRow]:
    seated = dict(room_seated(evidence.cameras, DEFAULT_EVERY_MS))
    counts = room_counts(evidence.cameras, DEFAULT_EVERY_MS)
    return [CountRow(_after(start, at), count, seated.get(at)) for at, count in counts]


def _after(start: datetime, ms: int) -> datetime:
    return start + timedelta(milliseconds=ms)
