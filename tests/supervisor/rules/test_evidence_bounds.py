"""Evidence that cannot be: refused with one code and a pointer, before any rule has to bear it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.errors import LessonProofError
from supervisor.contract.evidence import evidence_json, parse_evidence
from tests.support.lesson_evidence import camera, lesson


def with_change(path: str, value: object) -> str:
    """A sound evidence as JSON text, with the value at a JSON pointer put in its place."""
    whole: Any = evidence_json(lesson(camera(40, (0, 600))))
    *way, last = path.strip("/").split("/")
    place = whole
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    place[int(last) if isinstance(place, list) else last] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("/schema", "lessonproof/evidence/9", "/"),
        ("/duration_ms", 0, "/"),
        ("/duration_ms", 86_400_001, "/"),
        ("/start", "today", "/"),
        ("/start", "2026-11-23T08:30:00+08:00", "/"),
        ("/start", "2026-11-23T00:30:00", "/"),
        ("/assessed_ms", 2**53, "/"),
        ("/kind", "lunch", "/kind"),
        ("/complete", None, "/complete"),
        ("/unknown", 1, "/unknown"),
        ("/attendance/roster", -1, "/attendance"),
        ("/attendance/present", ["r1", "r1"], "/attendance"),
        ("/cameras/0/spans/0", {"start_ms": 5, "end_ms": 4}, "/cameras/0/spans/0"),
        ("/cameras/0/spans/0/start_ms", 0.5, "/cameras/0/spans/0/start_ms"),
        ("/cameras/0/samples/3/count", -1, "/cameras/0/samples/3"),
        ("/cameras/0/samples/3/count", 100_001, "/cameras/0/samples/3"),
        ("/cameras/0/samples/3/at_ms", 10**19, "/cameras/0/samples/3"),
        ("/cameras/0/gaps", [{"start_ms": 0, "end_ms": 1, "reason": "bored"}], "/cameras/0/gaps/0/reason"),
        ("/cameras/0/excluded", [{"start_ms": 0, "end_ms": -1, "reason": "frozen"}], "/cameras/0/excluded/0"),
        ("/cameras/0/counter/threshold", float("nan"), "/cameras/0/counter"),
        ("/cameras/0/clock_offset_ms", -(2**60), "/cameras/0"),
        ("/clock", {"vouched_by": "nobody", "uncertainty_ms": None, "untrusted": []}, "/clock/vouched_by"),
        ("/clock", {"vouched_by": "ntp", "uncertainty_ms": -1, "untrusted": []}, "/clock"),
    ],
)
def test_impossible_evidence_is_refused_with_a_pointer(path: str, value: object, pointer: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_evidence(with_change(path, value))
    assert (refused.value.code, refused.value.status, refused.value.where) == ("EVIDENCE_INVALID", 422, pointer)


def test_the_same_camera_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="same camera twice"):
        lesson(camera(1), camera(2))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00", '{"schema": ' * 300])
def test_what_is_no_evidence_at_all_is_refused(text: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_evidence(text)
    assert refused.value.code == "EVIDENCE_INVALID"
