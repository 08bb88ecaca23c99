"""`edge-agent camera accept` and `camera zones`, as an installer meets them: the real commands, a camera on the wire,
the real detector, the box's own database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import Result
from typer.testing import CliRunner

from config.errors import LessonProofError
from edge_agent.cli import app
from edge_agent.commands import acceptance
from storage.evidence.log import entries
from storage.evidence.tables import AcceptanceRow, CameraViewRow
from supervisor.contract.zones import CameraZones
from tests.support.box import Box
from tests.support.practice_class import PEOPLE, box_at_the_class, practice_class
from tests.support.scripted_camera import ScriptedCamera

SHORT = ("--minutes", 0.035, "--every", 0.1)  # 21 pictures


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["camera", *(str(argument) for argument in arguments)])


def refusal(*arguments: object) -> LessonProofError:
    result = invoke(*arguments)
    assert isinstance(result.exception, LessonProofError), (result.exception, result.output)
    return result.exception


def stored(box: Box) -> tuple[int, int, list[str]]:
    with box.work.read() as session:
        kinds = [row.kind for row in entries(session, 0, 100)]
        return session.query(AcceptanceRow).count(), session.query(CameraViewRow).count(), kinds


@pytest.fixture(scope="module")
def camera() -> Iterator[ScriptedCamera]:
    with practice_class() as running:
        yield running


@pytest.fixture
def site(camera: ScriptedCamera, tmp_path: Path) -> tuple[Box, Path]:
    return box_at_the_class(tmp_path, camera.url)


def test_a_session_with_the_number_present_is_good_and_goes_on_the_record(
    site: tuple[Box, Path], tmp_path: Path
) -> None:
    box, config = site
    result = invoke(
        "accept", "room-a", "--known", PEOPLE, *SHORT, "--out", tmp_path / "out", "--config", config, "--json"
    )
    assert result.exit_code == 0, (result.exception, result.stderr)
    told = json.loads(result.stdout)
    assert (told["session"]["samples"], told["session"]["good"], told["session"]["blind_seats"]) == (21, True, 0)
    assert len(told["places"]) == PEOPLE and all(place["share"] > 0.9 for place in told["places"])
    assert 20 < told["session"]["smallest_face_px"] < 40  # the room's back row, of room.py, is 27 px wide
    assert told["acceptance"] == {"sessions": 1, "times_of_day": 1, "missing": 2, "again": [], "passed": False}
    assert stored(box) == (1, 1, ["zones", "acceptance"])
    heat, figures = (tmp_path / "out" / f"room-a.{suffix}" for suffix in ("heat.jpg", "json"))
    assert cv2.imread(str(heat)).shape == (720, 1280, 3)
    assert json.loads(figures.read_text()) == {key: told[key] for key in told if key != "files"}
    assert "21/21" in result.stderr


def test_with_one_more_than_sits_there_it_is_not_good_and_the_advice_says_why(site: tuple[Box, Path]) -> None:
    box, config = site
    result = invoke("accept", "room-a", "--known", PEOPLE + 1, *SHORT, "--config", config)
    assert result.exit_code == 1 and result.exception.__class__ is SystemExit
    assert "FEWER_THAN_PRESENT" in result.stdout and "hardly ever seen: 1" in result.stdout
    assert "本次不合格" in result.stdout and "在同一时段" in result.stdout
    assert stored(box) == (1, 1, ["zones", "acceptance"])  # it speaks for its time of day


def test_zones_are_set_and_shown(site: tuple[Box, Path], tmp_path: Path) -> None:
    box, config = site
    corner = {"seats": [[[0, 0], [0.01, 0], [0.01, 0.01]]]}
    (tmp_path / "zones.json").write_text(json.dumps(corner))
    told = invoke("zones", "room-a", "--set", tmp_path / "zones.json", "--config", config)
    assert told.exit_code == 0 and "acceptance begins anew" in told.stderr
    shown = CameraZones.model_validate_json(invoke("zones", "room-a", "--config", config).stdout)
    assert shown.seats == (((0, 0), (0.01, 0), (0.01, 0.01)),)
    assert stored(box)[2] == ["zones"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("room-a", "--known", 0), "KNOWN_INVALID"),
        (("room-a", "--known", 501), "KNOWN_INVALID"),
        (("room-a", "--known", 1, "--minutes", "nan"), "SESSION_LENGTH"),
        (("room-b", "--known", 1), "CAMERA_NOT_REGISTERED"),
        (("room-c", "--known", 1), "CAMERA_NOT_CONFIGURED"),
        (("room-a", "--known", 1, "--zones", "nowhere.json"), "FILE_NOT_FOUND"),
        (("room-a", "--known", 1, "--out", "/proc/self/out"), "OUT_FOLDER"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(site: tuple[Box, Path], arguments: tuple[Any, ...], code: str) -> None:
    box, config = site
    assert refusal("accept", *arguments, "--config", config).code == code
    assert stored(box) == (0, 0, [])


def test_a_box_that_is_not_enrolled_says_so(tmp_path: Path) -> None:
    _, config = box_at_the_class(tmp_path, "rtsp://127.0.0.1:9/video", enrolled=False)
    assert refusal("accept", "room-a", "--known", 1, "--config", config).code == "NOT_ENROLLED"
    assert refusal("zones", "room-a", "--config", config).code == "NOT_ENROLLED"


def test_a_camera_that_cannot_be_reached_leaves_nothing(tmp_path: Path) -> None:
    box, config = box_at_the_class(tmp_path, "rtsp://127.0.0.1:9/video")
    error = refusal("accept", "room-a", "--known", 1, "--config", config)
    assert error.code == "CAMERA_UNREACHABLE" and "check power" in error.en
    assert stored(box) == (0, 0, [])


def test_a_session_that_a_person_stops_leaves_nothing(site: tuple[Box, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    box, config = site

    class Impatient(acceptance.Console):
        def print(self, *words: Any, **how: Any) -> None:
            if str(words[0]).startswith("3/"):
                raise KeyboardInterrupt

    monkeypatch.setattr(acceptance, "Console", Impatient)
    assert refusal("accept", "room-a", "--known", 12, *SHORT, "--config", config).code == "ACCEPTANCE_STOPPED"
    assert stored(box) == (0, 0, [])
