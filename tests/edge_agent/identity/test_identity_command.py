"""`edge-agent identity` from the outside: real photographs, a real store, both languages."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from config.errors import LessonProofError
from edge_agent.cli import app
from edge_agent.identity.templates import Consent, Enrolled, TemplateStore
from edge_agent.vision.models import SFACE as SFACE_MODEL
from supervisor.rules.evidence import Counter
from tests.support.fixtures_models import solvay_path, yunet_path
from tests.support.portraits import portraits, sface_path

FUTURE = "2099-12-18"
SFACE = Counter("sface", SFACE_MODEL.file.sha256, "openvino 2026.4.1", 0.45)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    yunet_path()
    path = tmp_path / "edge.toml"
    path.write_text(
        f'data_dir = "{tmp_path / "data"}"\nmodels_dir = "{sface_path().parent}"\nidentity = true\n', encoding="utf-8"
    )
    return path


def run(config: Path, *arguments: str | Path) -> Result:
    command, *rest = (str(each) for each in arguments)
    return CliRunner().invoke(app, ["identity", command, "--config", str(config), *rest])


def code(result: Result) -> str:
    assert isinstance(result.exception, LessonProofError), result.output
    assert result.exception.zh and result.exception.en
    return result.exception.code


def enrol(config: Path, trainee: str, *photos: Path, consent: str = "C-1", class_end: str = FUTURE) -> Result:
    options = ("--trainee", trainee, "--consent", consent, "--consent-text", "1", "--class-end", class_end, "--json")
    return run(config, "enrol", *options, *photos)


def stored(config: Path) -> list[Path]:
    folder = config.parent / "data" / "identity"
    return sorted(folder.iterdir()) if folder.exists() else []


def keep(config: Path, trainee: str, engine: Counter) -> None:
    """Somebody enrolled at some other time."""
    now = datetime(2026, 9, 1, tzinfo=UTC)
    template = np.eye(128, dtype=np.float32)[0]
    person = Enrolled(trainee, engine, (template,), Consent("C-1", "1", now), now, date(2099, 12, 25))
    TemplateStore(config.parent / "data").enrol(person)


def test_enrol_list_match_withdraw_purge(config: Path) -> None:
    photos = portraits()
    refused = enrol(config, "T-1", photos["obama"], solvay_path())
    assert code(refused) == "PHOTO_FACES" and stored(config) == []
    done = json.loads(enrol(config, "T-1", photos["obama"], photos["obama2"]).stdout)
    assert (done["trainee"], done["delete_on"], done["persons"], done["warning"]) == ("T-1", "2099-12-25", 1, None)
    assert all(each["face_px"] > 64 and each["sharpness"] > 30 for each in done["photographs"])

    seen = json.loads(run(config, "match", "--json", photos["obama3"]).stdout)
    assert [face["trainee"] for face in seen["faces"]] == ["T-1"] and seen["faces"][0]["similarity"] > 0.45
    listed = json.loads(run(config, "list", "--json").stdout)
    assert [person["trainee"] for person in listed["people"]] == ["T-1"]
    assert "templates" not in json.dumps(listed)
    assert "T-1" in run(config, "list").stdout

    assert json.loads(run(config, "purge", "--json").stdout) == {"deleted": 0, "kept": 1, "damaged": []}
    assert "deleted" in run(config, "withdraw", "T-1").stdout
    assert stored(config) == []


def test_turned_off_nothing_is_looked_at_but_deletion_works(config: Path) -> None:
    keep(config, "T-1", SFACE)
    config.write_text(config.read_text().replace("identity = true", "identity = false"))
    for refused in (
        enrol(config, "T-2", portraits()["biden"]),
        run(config, "list"),
        run(config, "match", portraits()["obama"]),
    ):
        assert code(refused) == "IDENTITY_OFF"
    assert run(config, "purge").exit_code == 0
    assert run(config, "withdraw", "T-1").exit_code == 0
    assert stored(config) == []


def test_consent_comes_before_any_photograph(config: Path) -> None:
    nowhere = config.parent / "none.jpg"
    assert code(enrol(config, "T-1", nowhere, consent=" ")) == "CONSENT_MISSING"
    assert code(enrol(config, "T-1", nowhere, class_end="2020-01-01")) == "CLASS_OVER"
    assert run(config, "enrol", "--trainee", "T-1", "--class-end", FUTURE, nowhere).exit_code == 2


def test_damage_is_told(config: Path) -> None:
    keep(config, "T-1", SFACE)
    keep(config, "T-2", SFACE)
    stored(config)[0].write_bytes(b"{}")
    listed = run(config, "list", "--json")
    assert listed.exit_code == 2
    record = json.loads(listed.stdout)
    assert [problem["code"] for problem in record["problems"]] == ["TEMPLATE_DAMAGED"] and len(record["people"]) == 1
    assert run(config, "purge").exit_code == 2


@pytest.mark.face_recognition
def test_templates_of_another_engine_are_told_and_not_compared(config: Path) -> None:
    keep(config, "T-1", SFACE)
    keep(config, "T-2", SFACE)
    stored(config)[0].write_bytes(b"{}")
    config.write_text(config.read_text() + 'face_engine = "face-recognition"\n')
    matched = run(config, "match", "--json", portraits()["biden"])
    assert matched.exit_code == 2
    record = json.loads(matched.stdout)
    assert sorted(problem["code"] for problem in record["problems"]) == ["TEMPLATE_DAMAGED", "TEMPLATE_OTHER_ENGINE"]
    assert [face["trainee"] for face in record["faces"]] == [None]
