"""Whether the clips are what the verdict entry names, decode to their end, last as long as claimed, and stand in the
order and at the time claimed."""

from __future__ import annotations

import hashlib
import itertools
import tempfile
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

from config.errors import LessonProofError
from storage.evidence.bundle import Bundle, clip_name
from storage.evidence.fmp4 import Index, fragments
from supervisor.rules.evidence import LessonEvidence
from supervisor.rules.verdict import LessonVerdict, VerdictState, Window
from supervisor.verifier.report import Report

_GOP_MS = 10_000  # cut at key frames
_DEMUXER = {"err_detect": "explode", "protocol_whitelist": "file", "enable_drefs": "0"}
_MOST_PIXELS = 8192 * 4320
_SLACK_MS = 1000  # the box's clock is disciplined while a run lasts; its own dates drift by that
_NUMBERS = ("bytes", "start_ms", "end_ms", "media_ms", "width", "height")
_TEXTS = ("sha256", "codec", "camera_id", "lesson_hour_id")


def check_clips(
    bundle: Bundle,
    manifests: Any,
    evidence: LessonEvidence,
    verdict: LessonVerdict,
    lesson_start_ms: int,
    report: Report,
    *,
    left_out: bool = False,
) -> None:
    """`left_out`: the centre's own entry says that the clips' files did not go in; that is told, and no failure."""
    named = [one for one in manifests if _is_manifest(one)] if isinstance(manifests, list) else []
    if (
        verdict.state is VerdictState.PASS
        and verdict.window
        and not _show(named, verdict.window, evidence, lesson_start_ms)
    ):
        report.fail("CLIP_MISSING", "clips", "no clips that show the window that passes")
    told = []
    absent = []
    for manifest in manifests if isinstance(manifests, list) else []:
        if not _is_manifest(manifest):
            report.fail("EVIDENCE_INVALID", "clips")
            continue
        name = clip_name(manifest["sha256"])
        if manifest["lesson_hour_id"] != evidence.lesson_hour_id or not _inside(manifest, evidence, lesson_start_ms):
            report.fail("CLIP_ELSEWHERE", name)
        if name not in bundle.names:
            if left_out:
                absent.append(manifest["sha256"])
            else:
                report.fail("CLIP_MISSING", name)
            continue
        with tempfile.TemporaryDirectory(prefix="lessonproof-") as folder:
            file = Path(folder) / "clip.mp4"
            if _unpacked(bundle, name, manifest, file, report):
                _check_file(file, name, manifest, report)
                told.append(
                    {"sha256": manifest["sha256"], "camera": manifest["camera_id"], "media_ms": manifest["media_ms"]}
                )
    report.facts["clips"] = told
    report.facts["clips_left_out"] = absent


def _is_manifest(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), int) for name in _NUMBERS)
        and all(isinstance(value.get(name), str) for name in _TEXTS)
    )


def _show(manifests: list[dict[str, Any]], window: Window, evidence: LessonEvidence, lesson_start_ms: int) -> bool:
    """Whether clips of its cameras reach over the whole window."""
    cameras = {camera.camera_id for camera in evidence.cameras}
    reached_ms = lesson_start_ms + window.start_ms
    for one in sorted((one for one in manifests if one["camera_id"] in cameras), key=lambda one: one["start_ms"]):
        if one["start_ms"] <= reached_ms + _GOP_MS:
            reached_ms = max(reached_ms, one["end_ms"])
    return reached_ms + _GOP_MS >= lesson_start_ms + window.end_ms and bool(manifests)


def _inside(manifest: dict[str, Any], evidence: LessonEvidence, lesson_start_ms: int) -> bool:
    """A-16: a recording serves one lesson hour only, and lies wholly in it."""
    end_ms = lesson_start_ms + evidence.duration_ms
    return bool(lesson_start_ms <= manifest["start_ms"] < manifest["end_ms"] <= end_ms)


def _unpacked(bundle: Bundle, name: str, manifest: dict[str, Any], file: Path, report: Report) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        with file.open("wb") as out:
            for piece in bundle.pieces(name):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
    except LessonProofError as error:
        report.fail(error.code, name, error.en)
        return False
    if digest.hexdigest() != manifest["sha256"] or size != manifest["bytes"]:
        report.fail("CLIP_ALTERED", name)
        return False
    return True


def _check_file(file: Path, name: str, manifest: dict[str, Any], report: Report) -> None:
    try:
        index = fragments(file)
    except LessonProofError as error:
        report.fail("CLIP_STRUCTURE", name, error.en)
        return
    media_ms = index.ms(sum(one.duration for one in index.fragments))
    if not index.fragments or media_ms != manifest["media_ms"]:
        report.fail("CLIP_LENGTH", name, f"{media_ms} ms of pictures, claimed {manifest['media_ms']} ms")
    if (index.codec, index.width, index.height) != (manifest["codec"], manifest["width"], manifest["height"]):
        report.fail("CLIP_STRUCTURE", name, f"{index.codec} {index.width}x{index.height}")
    if index.fragments:
        _check_order(index, name, manifest, report)
    _check_decoding(file, index, name, report)


def _check_order(index: Index, name: str, manifest: dict[str, Any], report: Report) -> None:
    """Each dated picture where its media time puts it, and none before the one it follows."""
    first, last = index.fragments[0], index.fragments[-1]
    ends_ms = manifest["start_ms"] + index.ms(last.tfdt + last.duration) - index.ms(first.tfdt)
    if abs(ends_ms - manifest["end_ms"]) > _SLACK_MS:
        report.fail("CLIP_ORDER", name, f"ends at {ends_ms}, claimed {manifest['end_ms']}")
    dated = [one for one in index.fragments if one.wall_ms is not None]
    for one in dated:
        claimed_ms = manifest["start_ms"] + index.ms(one.tfdt - first.tfdt)
        if one.wall_ms is None or abs(one.wall_ms - claimed_ms) > _SLACK_MS:
            report.fail("CLIP_ORDER", name, f"a picture of {one.wall_ms} where {claimed_ms} is claimed")
            return
    if not dated or any((a.wall_ms or 0) >= (b.wall_ms or 0) for a, b in itertools.pairwise(dated)):
        report.fail("CLIP_ORDER", name, "pictures without a time, or out of order")


def _check_decoding(file: Path, index: Index, name: str, report: Report) -> None:
    decoded = 0
    try:
        with av.open(str(file), format="mp4", options=_DEMUXER) as container:
            stream = container.streams.video[0]
            assert isinstance(stream, VideoStream)
            stream.thread_type = "AUTO"
            stream.codec_context.options = {"err_detect": "explode", "max_pixels": str(_MOST_PIXELS)}
            for frame in container.decode(stream):
                decoded += 1
                if (frame.width, frame.height) != (index.width, index.height):
                    report.fail("CLIP_STRUCTURE", name, f"a picture of {frame.width}x{frame.height}")
                    return
                if frame.is_corrupt:
                    report.fail("CLIP_UNDECODABLE", name, f"picture {decoded} is damaged")
                    return
    except (av.error.FFmpegError, IndexError, OSError, ValueError) as error:
        report.fail("CLIP_UNDECODABLE", name, f"after {decoded} pictures: {type(error).__name__}")
        return
    expected = len(index.fragments)
    if decoded != expected:
        report.fail("CLIP_UNDECODABLE", name, f"{decoded} of {expected} pictures")
