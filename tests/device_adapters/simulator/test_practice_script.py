"""A script says what happens when; a wrong one is refused with the name of the field."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from config.errors import LessonProofError
from device_adapters.simulator.script import Drop, DropEvery, People, ServerSpec, load_spec
from device_adapters.simulator.server import credentials


def write(folder: Path, content: object) -> Path:
    file = folder / "cameras.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_a_script_is_read_from_json(tmp_path: Path) -> None:
    steps = [
        {"at_s": 60, "action": {"do": "people", "count": 8}},
        {"at_s": 90, "action": {"do": "drop", "for_s": 5}},
        {"at_s": 120, "action": {"do": "drop_every", "period_s": 25, "down_s": 4}},
    ]
    spec = load_spec(write(tmp_path, {"cameras": [{"path": "/room-101", "people": 12, "script": steps}]}))
    actions = [step.action for step in spec.cameras[0].script]
    assert actions == [People(count=8), Drop(for_s=5), DropEvery(period_s=25, down_s=4)]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ({"cameras": [{"path": "/a", "people": 99}]}, "cameras.0.people"),
        ({"cameras": [{"path": "no slash"}]}, "cameras.0.path"),
        (
            {"cameras": [{"path": "/a", "script": [{"at_s": 1, "action": {"do": "dance"}}]}]},
            "cameras.0.script.0.action",
        ),
        ({"cameras": [{"path": "/a", "peple": 3}]}, "cameras.0.peple"),
        ({"cameras": []}, "cameras"),
        ({"cameras": [{"path": "/a"}, {"path": "/a"}]}, ""),
        ({"cameras": [{"path": "/a", "script_starts": "2026-01-01T00:00:00"}]}, "cameras.0.script_starts"),
        ("not json", ""),
    ],
)
def test_a_wrong_script_is_refused_with_the_field(tmp_path: Path, content: object, where: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        load_spec(write(tmp_path, content))
    assert refused.value.code == "PRACTICE_CAMERA_CONFIG"
    assert (refused.value.where or "") == where


def test_a_missing_file_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(LessonProofError, match="No such file"):
        load_spec(tmp_path / "nothing.json")


def test_a_password_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    spec = ServerSpec.model_validate({"cameras": [{"path": "/a"}]})
    first, file = credentials(spec, tmp_path / "deep" / "password")
    again, _ = credentials(spec, tmp_path / "deep" / "password")
    assert first == again
    assert len(first.password) >= 16
    assert file is not None
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    spec = ServerSpec.model_validate({"cameras": [{"path": "/a"}], "password_file": str(tmp_path / "password")})
    with pytest.raises(LessonProofError) as refused:
        credentials(spec, tmp_path / "unused")
    assert refused.value.code == "PRACTICE_CAMERA_PASSWORD"
