"""Made-up lesson hours as the centre's services describe them, for tests of how pages present them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from config.clock import epoch_ms
from config.profile import load_profile
from supervisor.contract.log import ClipManifest
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import (
    CameraView,
    CheckInView,
    ClipView,
    LessonPage,
    LessonPhase,
    ProgressView,
    TodayLesson,
    VerdictView,
)
from supervisor.rules.evidence import LessonKind
from supervisor.rules.verdict import LessonVerdict, ReasonCode, VerdictState, Window

NOW = datetime(2026, 11, 23, 2, 24, 38, tzinfo=UTC)  # 10:24:38 at the site
CAMERA_ID = UUID("00000000-0000-4000-8000-00000000000a")
PROFILE = load_profile("140521-2024.1")


def camera(status: CameraStatus | None = CameraStatus.RECORDING, **changes: Any) -> CameraView:
    values: dict[str, Any] = {
        "camera_id": CAMERA_ID,
        "code": "room-a",
        "zone": "seats",
        "accepted": True,
        "status": status,
        "since": NOW - timedelta(seconds=95),
        "detail": "",
        "people": 28,
        "people_at": NOW - timedelta(seconds=3),
        "last_picture_at": NOW - timedelta(seconds=2),
        "box_silent": False,
    }
    return CameraView(**values | changes)


def verdict(state: VerdictState = VerdictState.PASS, *reasons: ReasonCode, **changes: Any) -> LessonVerdict:
    values: dict[str, Any] = {
        "schema": "lessonproof/verdict/1",
        "rule_version": "judge/4",
        "profile": PROFILE.name,
        "profile_sha256": PROFILE.digest(),
        "lesson_hour_id": str(uuid4()),
        "state": state,
        "reasons": reasons,
        "exempt": None,
        "required": 29,
        "present": 29,
        "roster": 30,
        "window": Window(620_000, 1_220_000, 600_000, 0, 0),
        "clip_start_ms": 615_000,
        "clip_end_ms": 1_225_000,
        "moments": 3,
        "peak": 29,
        "median": 29.0,
        "raw_peak": 30,
        "samples": 120,
        "samples_expected": 120,
        "media_ms": 2_640_000,
        "longest_strict_ms": 1_500_000,
        "longest_joined_ms": 1_500_000,
    }
    return LessonVerdict(**values | changes)


def version(body: LessonVerdict, source: str = "centre", number: int = 2, agrees: bool | None = True) -> VerdictView:
    return VerdictView(version=number, source=source, created_at=NOW, agrees=agrees, verdict=body)


def lesson(phase: LessonPhase = LessonPhase.RUNNING, **changes: Any) -> TodayLesson:
    start = {
        LessonPhase.RUNNING: NOW - timedelta(minutes=12),
        LessonPhase.UPCOMING: NOW + timedelta(minutes=30),
        LessonPhase.ENDED: NOW - timedelta(minutes=90),
    }[phase]
    progress = ProgressView(longest_joined_ms=380_000, needed_ms=600_000, required=29, people=29)
    values: dict[str, Any] = {
        "lesson_hour_id": uuid4(),
        "class_id": uuid4(),
        "class_no": "2026-0031",
        "class_name": "家政四级 26-031班",
        "institution_id": uuid4(),
        "institution": "城东家政学校",
        "site": "城东校区",
        "room": "教室A",
        "slot": 3,
        "kind": LessonKind.THEORY,
        "start": start,
        "end": start + timedelta(minutes=45),
        "phase": phase,
        "countable": True,
        "demo": False,
        "roster": 30,
        "checked_in": 29,
        "present": 29,
        "on_leave": 0,
        "cameras": [camera(CameraStatus.RECORDING if phase is LessonPhase.RUNNING else CameraStatus.IDLE)],
        "progress": progress if phase is LessonPhase.RUNNING else None,
        "verdict": None,
        "clips_expected": 0,
        "clips_verified": 0,
    }
    return TodayLesson(**values | changes)


def evidence(start: datetime, counts: list[tuple[int, int]], gaps: list[tuple[int, int, str]]) -> dict[str, Any]:
    """One camera, recorded from 0 to 44 min but for `gaps` (start_ms, end_ms, reason)."""
    edges = [0, *(edge for gap in gaps for edge in gap[:2]), 2_640_000]
    counter = {"name": "yunet", "model_sha256": "8f" * 32, "engine": "openvino 2026.4.1", "threshold": 0.7}
    return {
        "schema": "lessonproof/evidence/1",
        "lesson_hour_id": str(uuid4()),
        "class_no": "2026-0031",
        "kind": "theory",
        "start": start.isoformat().replace("+00:00", "Z"),
        "duration_ms": 2_700_000,
        "exempt": None,
        "complete": True,
        "assessed_ms": 2_760_000,
        "delivered_ms": None,
        "box_id": str(uuid4()),
        "box_version": "0.1.0",
        "attendance": {"present": ["a", "b"], "on_leave": [], "roster": 30, "teachers_in_zone": 0},
        "cameras": [
            {
                "camera_id": str(CAMERA_ID),
                "zone": "seats",
                "accepted": True,
                "clock_offset_ms": 300,
                "spans": [{"start_ms": a, "end_ms": b} for a, b in zip(edges[::2], edges[1::2], strict=True)],
                "gaps": [{"start_ms": a, "end_ms": b, "reason": reason} for a, b, reason in gaps],
                "excluded": [],
                "samples": [{"at_ms": at, "count": count} for at, count in counts],
                "counter": counter,
            }
        ],
    }


def page(
    body: LessonVerdict | None, clip_state: str = "verified", agrees: bool | None = True, **changes: Any
) -> LessonPage:
    """An ended lesson hour with its evidence, a clip and three check-ins."""
    said = version(body, agrees=agrees) if body else None
    ended = lesson(LessonPhase.ENDED, verdict=said, cameras=[camera(CameraStatus.IDLE)])
    gap = (1_500_000, 1_560_000, "line_lost")
    counts = [(at, 29 - (at // 400_000) % 3) for at in range(0, 2_640_000, 5000) if not gap[0] <= at < gap[1]]
    manifest = ClipManifest(
        lesson_hour_id=ended.lesson_hour_id,
        camera_id=CAMERA_ID,
        sha256="9f" * 32,
        bytes=41_200_000,
        start_ms=epoch_ms(ended.start) + 615_000,
        end_ms=epoch_ms(ended.start) + 1_225_000,
        media_ms=610_000,
        codec="h264",
        width=1920,
        height=1080,
    )
    clip = ClipView(
        sha256=manifest.sha256,
        camera_id=CAMERA_ID,
        camera_code="room-a",
        state=clip_state,
        playable=clip_state == "verified",
        bytes=manifest.bytes,
        bytes_held=manifest.bytes if clip_state == "verified" else 12_000_000,
        retain_until=NOW + timedelta(days=741),
        manifest=manifest,
    )
    checkins = [
        CheckInView(
            roster_ref=uuid4(), name=name, direction=direction, method="phone",
            at=ended.start + timedelta(minutes=offset), status=status, reasons=reasons,
            shared_device=False,
        )
        for name, direction, offset, status, reasons in (
            ("张*华", "in", -8, "accepted", []),
            ("李*", "in", -6, "review", ["DEVICE_SHARED"]),
            ("张*华", "out", 44, "accepted", []),
        )
    ]  # fmt: skip
    values: dict[str, Any] = {
        "lesson": ended,
        "session_id": uuid4(),
        "session_start": ended.start - timedelta(minutes=100),
        "session_end": ended.end + timedelta(minutes=50),
        "teachers": ["王老师"],
        "profile": PROFILE.name,
        "class_end": NOW + timedelta(days=10),
        "evidence": json.loads(json.dumps(evidence(ended.start, counts, [gap]))) if body else None,
        "evidence_received_at": NOW,
        "verdicts": [said, version(body, "box", 1, None)] if body and said else [],
        "check_ins": checkins,
        "clips": [clip] if body else [],
        "replay_checks": [],
    }
    return LessonPage(**values | changes)
