"""`edge-agent count` as a command: what it prints, and with which status it ends."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import pytest
from typer.testing import CliRunner

from config.errors import LessonProofError
from edge_agent.cli import app
from edge_agent.vision.models import YUNET
from tests.support.fixtures_models import SOLVAY_FACES, solvay_path, yunet_path


def run(*arguments: str | Path):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def folder() -> Path:
    return yunet_path().parent


def test_a_bad_file_does_not_keep_the_good_ones_from_being_counted(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    result = run("count", tmp_path / "notes.jpg", tmp_path / "absent.png", solvay_path(), "--models", folder)
    assert result.exit_code == 2
    assert f"solvay_conference_1927.jpg: {SOLVAY_FACES} 人 people" in result.stdout
    assert "FILE_NOT_PICTURE" in result.stderr
    assert "FILE_NOT_FOUND" in result.stderr


@pytest.mark.parametrize("engine", ["openvino", "opencv"])
def test_json_holds_every_box_in_pixels_and_what_counted(engine: str, folder: Path) -> None:
    result = run("count", solvay_path(), "--json", "--engine", engine, "--models", folder)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["counter"]["model_sha256"] == YUNET.file.sha256
    assert answer["counter"]["engine"].startswith(engine)
    (file,) = answer["files"]
    (picture,) = file["pictures"]
    assert file["error"] is None
    assert (picture["at_s"], picture["width"], picture["height"]) == (None, 3000, 2171)
    assert picture["people"] == len(picture["faces"]) == SOLVAY_FACES
    for face in picture["faces"]:
        assert 0 <= face["x"] < face["x"] + face["w"] <= 3000
        assert 0 <= face["y"] < face["y"] + face["h"] <= 2171
        assert 0.6 < face["score"] <= 1
        assert len(face["landmarks"]) == 5
    assert (picture["bodies"], picture["seated"], picture["conditions"]) == ([], None, [])
    assert answer["persons"]["name"] == "picodet"


def test_json_names_what_is_wrong_with_a_file(folder: Path, tmp_path: Path) -> None:
    result = run("count", tmp_path / "absent.png", "--json", "--models", folder)
    assert result.exit_code == 2
    (file,) = json.loads(result.stdout)["files"]
    assert file["pictures"] == []
    assert file["error"]["code"] == "FILE_NOT_FOUND"


def test_boxes_are_drawn_on_request(folder: Path, tmp_path: Path) -> None:
    assert run("count", solvay_path(), "--models", folder, "--boxes", tmp_path / "seen").exit_code == 0
    drawn = cv2.imread(str(tmp_path / "seen" / "solvay_conference_1927.jpg.boxes.jpg"))
    green = (drawn[:, :, 1].astype(int) - drawn[:, :, 2]) > 80  # the photograph itself is grey
    assert drawn.shape == (2171, 3000, 3)
    assert cv2.connectedComponents(green.astype("uint8"))[0] >= SOLVAY_FACES


def test_without_the_model_the_command_to_run_is_named(tmp_path: Path) -> None:
    result = run("count", solvay_path(), "--models", tmp_path)
    assert isinstance(result.exception, LessonProofError)
    assert "edge-agent models fetch" in result.exception.zh


def test_a_video_tells_who_is_in_their_place_and_what_is_wrong_with_a_picture(folder: Path, tmp_path: Path) -> None:
    full = cv2.resize(cv2.imread(str(solvay_path())), (1200, 868), interpolation=cv2.INTER_AREA)
    video = tmp_path / "lesson.mp4"
    with av.open(str(video), "w") as container:
        stream = container.add_stream("libx264", rate=1, options={"g": "1", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1200, 868, "yuv420p"
        for second in range(6):
            frame = av.VideoFrame.from_ndarray(full if second < 4 else full * 0, format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    result = run("count", video, "--json", "--faces-only", "--models", folder)
    (file,) = json.loads(result.stdout)["files"]
    told = [(one["people"], one["seated"]) for one in file["pictures"]]
    assert told == [(SOLVAY_FACES, 0)] + [(SOLVAY_FACES, SOLVAY_FACES)] * 3 + [(0, SOLVAY_FACES)] * 2
    assert ["black" in one["conditions"] for one in file["pictures"]] == [False] * 4 + [True] * 2
    shown = run("count", video, "--faces-only", "--models", folder).stdout.splitlines()
    assert f"按座位 in places {SOLVAY_FACES}" in shown[-1]
    assert shown[-1].endswith("black")
