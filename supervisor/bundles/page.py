"""The page inside a bundle: clip and verdict for whoever opens it, without any server, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from config.clock import CHINA, from_epoch_ms
from config.errors import LessonProofError
from config.profile import RegionProfile
from storage.evidence.bundle import clip_name
from supervisor.contract.log import VerdictMoment
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.moments import nearest_group
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.seat_map import Spot, seat_maps
from supervisor.rules.evidence import CameraEvidence, LessonEvidence, Sample, Seated
from supervisor.rules.explain import STATES, explain
from supervisor.rules.verdict import LessonVerdict

TEMPLATES = Path(__file__).parent
"""`watermark.html` is an archive's page's too."""
_WIDTH, _HEIGHT = 900, 160


@dataclass(frozen=True, slots=True)
class Watermark:
    """Who took the bundle, of which unit, when, for what, and who agreed (L13). It lies over what the page shows; the
    recording itself stays as it is, since its hash must hold."""

    name: str
    unit: str
    at: datetime
    case: str
    approved_by: str

    def __str__(self) -> str:
        return f"{self.unit} {self.name} · {self.at.astimezone(CHINA):%Y-%m-%d %H:%M} · {self.case}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html")


def page(
    row: LessonRow,
    evidence: LessonEvidence,
    verdict: LessonVerdict,
    profile: RegionProfile,
    manifests: Sequence[dict[str, Any]],
    moments: Sequence[VerdictMoment],
    clips: Sequence[EvidenceClip],
    witnessed_at: datetime,
    *,
    media: bool,
    watermark: Watermark | None = None,
) -> str:
    """`manifests`: of the clips (ClipManifest); `media`: whether their files, those of `clips`, are in the bundle
    too."""
    return _template().render(
        row=row,
        evidence=evidence,
        verdict=verdict,
        profile=profile,
        state=STATES[verdict.state],
        words=list(zip(explain(verdict, "zh"), explain(verdict, "en"), strict=True))[1:],  # the first is the state
        media=media,
        watermark=watermark,
        clips=[(clip_name(manifest["sha256"]), manifest["sha256"], manifest) for manifest in manifests],
        charts=[(camera.camera_id, *_chart(camera, evidence.duration_ms, verdict)) for camera in evidence.cameras],
        maps=_maps(moments, clips, verdict.required),
        width=_WIDTH,
        height=_HEIGHT,
        day=row.hour.start.astimezone(CHINA).strftime("%Y-%m-%d"),
        begins=_clock(row.hour.start),
        ends=_clock(row.hour.end),
        witnessed=witnessed_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        at=lambda ms: _clock(row.hour.start + timedelta(milliseconds=ms)),
    )


def _maps(
    moments: Sequence[VerdictMoment], clips: Sequence[EvidenceClip], required: int | None
) -> list[tuple[VerdictMoment, str, str, str, tuple[Spot, ...], str | None]]:
    """Each moment with its time, its numbers in Chinese and English, its map, and where in which clip it is to be
    seen (W3C Media Fragments)."""
    told = []
    for camera_id in dict.fromkeys(moment.camera_id for moment in moments):
        own = sorted((moment for moment in moments if moment.camera_id == camera_id), key=lambda moment: moment.at)
        for moment, spots in zip(own, seat_maps(own), strict=True):
            zh, en = [f"画面中 {moment.count} 人"], [f"{moment.count} in this picture"]
            if moment.seated is not None and moment.confidence is not None:
                sure = int(moment.confidence * 100)
                zh.append(f"按座位 {moment.seated} 人(把握 {sure}%)")
                en.append(f"{moment.seated} in their places ({sure}% certain)")
            if required is not None:
                zh.append(f"应到 {required} 人")
                en.append(f"{required} required")
            at = _clock(from_epoch_ms(moment.at))
            told.append((moment, at, ",".join(zh), ", ".join(en), spots, _place(moment, clips)))
    return told


def _place(moment: VerdictMoment, clips: Sequence[EvidenceClip]) -> str | None:
    for clip in clips:
        if clip.camera_id != moment.camera_id or clip.playlist is None:
            continue
        try:
            _, media_ms = nearest_group(clip.manifest, clip.playlist, moment.at)
        except LessonProofError:
            continue
        return f"{clip_name(clip.sha256)}#t={media_ms / 1000:g}"
    return None


def _clock(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%H:%M:%S")


def _chart(
    camera: CameraEvidence, duration_ms: int, verdict: LessonVerdict
) -> tuple[str, str, list[tuple[float, float]], float | None, int]:
    """Points of both count curves, recorded stretches (x, width), height of what is required, top of the scale."""
    counts = [one.count for one in camera.samples] + [one.count for one in camera.seated]
    top = max([*counts, verdict.required or 0, 1])
    scale = _WIDTH / duration_ms

    def points(series: Sequence[Sample | Seated]) -> str:
        return " ".join(f"{one.at_ms * scale:.1f},{_HEIGHT - one.count / top * (_HEIGHT - 20):.1f}" for one in series)

    inside = [(max(span.start_ms, 0), min(span.end_ms, duration_ms)) for span in camera.spans]
    spans = [(start * scale, (end - start) * scale) for start, end in inside if end > start]
    required = None if verdict.required is None else _HEIGHT - verdict.required / top * (_HEIGHT - 20)
    return points(camera.samples), points(camera.seated), spans, required, top
