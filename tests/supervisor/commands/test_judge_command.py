"""`supervisor judge`: from a file alone to a verdict; one clear sentence for what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from config.errors import LessonProofError
from config.profile import load_profile
from supervisor.commands.judge import judge
from supervisor.contract.evidence import evidence_json
from tests.support.lesson_evidence import camera, lesson

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"

app = typer.Typer()
app.command()(judge)


def run(*arguments: str, **more) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False, **more)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_worked_example_gives_its_golden_verdict() -> None:
    printed = json.loads(run(str(EXAMPLES / "evidence-pass.json"), "--json"))
    assert printed == json.loads((EXAMPLES / "verdict-pass.json").read_text(encoding="utf-8"))


def test_the_verdict_is_told_in_words_of_both_languages() -> None:
    said = run(str(EXAMPLES / "evidence-pass.json"))
    assert said.startswith("PASS\n")
    assert "应当可见 22 人" in said and "22 people have to be visible" in said


def test_a_proposed_fail_is_a_verdict_too_and_ends_with_zero(tmp_path: Path) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence_json(lesson(camera(20)))), encoding="utf-8")
    assert run(str(file)).startswith("FAIL_PROPOSED COUNT_LOW CHECKIN_MISMATCH\n")


def test_evidence_may_come_by_standard_input() -> None:
    text = json.dumps(evidence_json(lesson(camera(40))))
    assert json.loads(run("-", "--json", input=text))["state"] == "pass"


def test_another_profile_by_name_and_by_file(tmp_path: Path) -> None:
    evidence = str(EXAMPLES / "evidence-pass.json")
    assert json.loads(run(evidence, "--profile", "000000-demo.1", "--json"))["profile"] == "000000-demo.1"
    strict = load_profile("140521-2024.1").model_dump(mode="json")
    strict["profile_version"] = "strict"
    strict["visible"]["auto_pass"] = False
    file = tmp_path / "strict.yaml"
    file.write_text(json.dumps(strict), encoding="utf-8")  # JSON is YAML
    assert json.loads(run(evidence, "--profile", str(file), "--json"))["state"] == "review"


def test_the_schema_describes_every_field_of_the_example() -> None:
    schema = json.loads(run("--schema"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(schema["properties"]) == set(json.loads((EXAMPLES / "evidence-pass.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("text", "pointer"),
    [("", "/"), ('{"schema": 1}', "/schema"), ("\ufeff[]", "/"), ('{"cameras": [{"spans": 3}]}', "/schema")],
)
def test_malformed_evidence_is_one_sentence_with_a_pointer(tmp_path: Path, text: str, pointer: str) -> None:
    file = tmp_path / "evidence.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LessonProofError) as refused:
        run(str(file))
    assert (refused.value.code, refused.value.where) == ("EVIDENCE_INVALID", pointer)
    assert "\n" not in refused.value.en and pointer in refused.value.en


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.json"], "EVIDENCE_NOT_FOUND"),
        (["."], "EVIDENCE_NOT_FOUND"),
        ([], "EVIDENCE_NOT_GIVEN"),
        ([str(EXAMPLES / "evidence-pass.json"), "--profile", "nowhere"], "PROFILE_NOT_FOUND"),
        ([str(EXAMPLES / "evidence-pass.json"), "--profile", "nowhere.yaml"], "PROFILE_NOT_FOUND"),
    ],
)
def test_what_is_not_there_is_named(arguments: list[str], code: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        run(*arguments)
    assert refused.value.code == code
