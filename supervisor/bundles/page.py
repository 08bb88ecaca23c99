"""The page inside a bundle: clip and verdict for whoever opens it, without any server, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from config.clock import CHINA
from config.profile import RegionProfile
from storage.evidence.bundle import clip_name
from supervisor.lessons.repository import LessonRow
from supervisor.rules.evidence import CameraEvidence, LessonEvidence
from supervisor.rules.explain import STATES, explain
from supervisor.rules.verdict import LessonVerdict

_WIDTH, _HEIGHT = 900, 160


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html")


def page(
    row: LessonRow,
    evidence: LessonEvidence,
    verdict: LessonVerdict,
    profile: RegionProfile,
    manifests: Sequence[dict[str, Any]],
    witnessed_at: datetime,
    *,
    media: bool,
) -> str:
    """`manifests`: of the clips (ClipManifest); `media`: whether their files are in the bundle too."""
    return _template().render(
        row=row,
        evidence=evidence,
        verdict=verdict,
        profile=profile,
        state=STATES[verdict.state],
        words=list(zip(explain(verdict, "zh"), explain(verdict, "en"), strict=True))[1:],  # the first is the state
        media=media,
        clips=[(clip_name(manifest["sha256"]), manifest["sha256"], manifest) for manifest in manifests],
        charts=[(camera.camera_id, *_chart(camera, evidence.duration_ms, verdict)) for camera in evidence.cameras],
        width=_WIDTH,
        height=_HEIGHT,
        day=row.hour.start.astimezone(CHINA).strftime("%Y-%m-%d"),
        begins=_clock(row.hour.start),
        ends=_clock(row.hour.end),
        witnessed=witnessed_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        at=lambda ms: _clock(row.hour.start + timedelta(milliseconds=ms)),
    )


def _clock(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%H:%M:%S")


def _chart(
    camera: CameraEvidence, duration_ms: int, verdict: LessonVerdict
) -> tuple[str, list[tuple[float, float]], float | None, int]:
    """Points of the count curve, recorded stretches (x, width), height of what is required, top of the scale."""
    counts = [sample.count for sample in camera.samples]
    top = max([*counts, verdict.required or 0, 1])
    scale = _WIDTH / duration_ms
    points = " ".join(
        f"{sample.at_ms * scale:.1f},{_HEIGHT - sample.count / top * (_HEIGHT - 20):.1f}" for sample in camera.samples
    )
    inside = [(max(span.start_ms, 0), min(span.end_ms, duration_ms)) for span in camera.spans]
    spans = [(start * scale, (end - start) * scale) for start, end in inside if end > start]
    required = None if verdict.required is None else _HEIGHT - verdict.required / top * (_HEIGHT - 20)
    return points, spans, required, top
