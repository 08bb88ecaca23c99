"""The three pictures say what the evidence says of the same instants, or the verifier says where they do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.profile import load_profile
from storage.evidence.checkpoint import Checkpoint, InclusionProof
from storage.evidence.note import Note
from supervisor.rules.evidence import LessonEvidence, Seated
from supervisor.rules.judge import judge
from supervisor.verifier.entries import Logged
from supervisor.verifier.judgement import start_ms
from supervisor.verifier.moments import check_moments
from supervisor.verifier.report import Report
from tests.support.lesson_evidence import camera, lesson

PEOPLE = 22
AT_MS = 300_000


def evidence() -> LessonEvidence:
    seats = camera(PEOPLE)
    kept = tuple(Seated(sample.at_ms, PEOPLE + 1, 0.97) for sample in seats.samples)
    return lesson(replace(seats, seated=kept), present=PEOPLE)


def moment(**changes: Any) -> dict[str, Any]:
    face = {"x": 1, "y": 1, "w": 9, "h": 9, "how": "face", "confidence": 0.9}
    told = {
        "camera_id": "camera-1", "at": start_ms(evidence()) + AT_MS, "width": 640, "height": 360, "count": PEOPLE,
        "seated": PEOPLE + 1, "confidence": 0.97, "people": [face] * PEOPLE,
    }  # fmt: skip
    return told | changes


def found(told: dict[str, Any], of: LessonEvidence | None = None) -> list[str]:
    said = of or evidence()
    entry = Logged("box", 3, b"", told, InclusionProof(3, (), Note("", ())), Checkpoint("box", 4, b""))
    report = Report()
    check_moments(entry, said, judge(said, load_profile("140521-2024.1")), start_ms(said), report)
    return [f"{failure.code} {failure.detail}" for failure in report.failures]


def test_what_an_honest_box_tells_is_believed() -> None:
    assert found({"moments": [moment()]}) == []
    assert found({"moments": []}) == []
    assert found({}) == [], "an entry of before there were moments"


def test_without_account_of_places_there_is_none_in_the_moment_either() -> None:
    alone = lesson(camera(PEOPLE), present=PEOPLE)
    assert found({"moments": [moment(seated=None, confidence=None)]}, alone) == []
    assert found({"moments": [moment()]}, alone) != []


@pytest.mark.parametrize(
    "changes",
    [
        {"count": PEOPLE + 1},
        {"seated": PEOPLE},
        {"confidence": 1.0},
        {"seated": None, "confidence": None},
        {"at": start_ms(evidence()) + AT_MS + 1},
        {"at": start_ms(evidence()) + 2_600_000},
        {"camera_id": "another"},
        {"people": []},
        {"people": [{"x": 0}]},
        {"count": "all"},
    ],
)
def test_whatever_contradicts_the_evidence_is_named(changes: dict[str, Any]) -> None:
    (failure,) = found({"moments": [moment(), moment(**changes)]})
    assert failure.startswith("MOMENT_DIFFERS")


@pytest.mark.parametrize("told", ["none", 5, {"at": 1}])
def test_moments_that_are_none_are_a_failure_and_no_crash(told: object) -> None:
    assert found({"moments": told})[0].startswith("MOMENT_DIFFERS")
