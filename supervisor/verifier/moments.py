"""Whether what the three pictures are said to show is what the evidence says of the very same instants."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from supervisor.rules.evidence import CameraEvidence, LessonEvidence
from supervisor.rules.verdict import LessonVerdict
from supervisor.verifier.entries import Logged
from supervisor.verifier.report import Report

_MOST_TOLD = 500  # boxes of one picture


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    x: int
    y: int
    w: int
    h: int
    how: Literal["face", "person", "held", "outside"]
    confidence: float


class _Moment(BaseModel):
    """As `supervisor.contract.log.VerdictMoment`, on which the verifier does not lean."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    camera_id: str
    at: int
    width: int
    height: int
    count: int
    seated: int | None
    confidence: float | None
    people: tuple[_Person, ...]


_MOMENTS = TypeAdapter(tuple[_Moment, ...])


def check_moments(
    entry: Logged, evidence: LessonEvidence, verdict: LessonVerdict, start_ms: int, report: Report
) -> None:
    """`verdict`: the box's own; `start_ms`: of the lesson hour, since 1970. An entry of before there were moments, or
    without any, claims nothing."""
    told: Any = entry.value.get("moments", [])
    try:
        moments = _MOMENTS.validate_python(told)
    except ValidationError as error:
        report.fail("MOMENT_DIFFERS", entry.where, str(error).splitlines()[0])
        return
    cameras = {camera.camera_id: camera for camera in evidence.cameras}
    for moment in moments:
        camera, at_ms = cameras.get(moment.camera_id), moment.at - start_ms
        why = "a camera without evidence" if camera is None else _differs(moment, camera, at_ms, verdict)
        if why:
            report.fail("MOMENT_DIFFERS", entry.where, f"{at_ms} ms: {why}")


def _differs(moment: _Moment, camera: CameraEvidence, at_ms: int, verdict: LessonVerdict) -> str:
    """What contradicts the evidence, in words; nothing: it is as the evidence says."""
    first, last = verdict.clip_start_ms, verdict.clip_end_ms
    if first is None or last is None or not first <= at_ms <= last:
        return "outside the stretch that is shown"
    counted = [sample.count for sample in camera.samples if sample.at_ms == at_ms]
    if moment.count not in counted:
        return f"{moment.count} people, sampled {counted}"
    seated = [one for one in camera.seated if one.at_ms == at_ms]
    said = [(one.count, one.confidence) for one in seated] if seated else [(None, None)]
    if (moment.seated, moment.confidence) not in said:
        return f"{moment.seated} in their places, sampled {[one.count for one in seated]}"
    boxes = sum(person.how in ("face", "person") for person in moment.people)
    if moment.count > boxes and len(moment.people) < _MOST_TOLD:
        return f"{moment.count} people, {boxes} boxes"
    return ""
