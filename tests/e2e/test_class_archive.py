"""A class that went through the real parts, as an archive: it verifies whole, and what is done to it is found out."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from sqlalchemy import select, update
from typer.testing import CliRunner

from storage.evidence.bundle import ARCHIVE_HEAD, CLASS, PAGE, SUMS, entry_name, sums
from supervisor.accounts.models import Account
from supervisor.accounts.service import caller_named
from supervisor.archives.service import export
from supervisor.cli import app
from supervisor.lessons.models import EvidenceClip
from supervisor.lessons.schemas import ViewReason
from supervisor.verifier.cli import words
from supervisor.verifier.report import Report
from supervisor.verifier.verify import verify
from tests.support.archive_forgeries import FORGERIES, PDF, PNG, csv_edited, packed, paper
from tests.support.forger import Files, centre_log
from tests.support.witnessed import WitnessedLesson, witnessed_lesson


@dataclass
class Scene:
    lesson: WitnessedLesson
    whole: Path
    hashes_only: Path
    folder: Path

    def files(self) -> Files:
        return Files.of(self.whole)

    def verify(self, files: Files) -> Report:
        return verify(files.pack(self.folder / "forged.zip"), self.lesson.policy)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("class")
    lesson = witnessed_lesson(folder)
    county, path = lesson.county, f"/api/classes/{lesson.school.training['id']}/files"
    assert county.account("responsible", lesson.school.institution).post(path, content=PDF).status_code == 201
    assert county.account("handler").post(path, content=PNG).status_code == 201
    scene = Scene(lesson, folder / "whole.zip", folder / "hashes.zip", folder)
    archive(lesson, scene.whole)
    archive(lesson, scene.hashes_only, media=False)
    return scene


@pytest.fixture
def scene(made: Scene, tmp_path: Path) -> Scene:
    return Scene(made.lesson, made.whole, made.hashes_only, tmp_path)


def inspector(lesson: WitnessedLesson) -> str:
    with lesson.county.centre.uow.read() as session:
        return session.scalars(select(Account.username).where(Account.role == "inspector")).first() or ""


def archive(lesson: WitnessedLesson, out: Path, *, media: bool = True) -> None:
    centre = lesson.county.centre
    caller = caller_named(centre, inspector(lesson))
    export(centre, caller, UUID(lesson.school.training["id"]), ViewReason.ROUTINE, "cli", out, media=media)


def codes(report: Report) -> set[str]:
    return {failure.code for failure in report.failures}


# Intact


def test_the_whole_archive_verifies_and_says_what_it_proves(scene: Scene) -> None:
    report = verify(scene.whole, scene.lesson.policy)
    assert report.failures == []
    assert report.facts["class_no"] == "2026-0"
    first, second = report.facts["lesson_hours"]
    assert (first["id"], first["state"], first["ok"]) == (scene.lesson.school.lesson, "pass", True)
    assert (second["state"], second["bundle"]) == (None, None)
    assert words(report).startswith("核验通过 VERIFIED")
    assert {one["file"] for one in report.facts["files"]} == {paper(PDF, "pdf"), paper(PNG, "png")}


def test_each_bundle_in_it_verifies_alone(scene: Scene) -> None:
    files = scene.files()
    (scene.folder / "one.zip").write_bytes(files.data[packed(files)])
    report = verify(scene.folder / "one.zip", scene.lesson.policy)
    assert report.failures == []
    assert len(report.facts["clips"]) == 1


def test_sha256sum_checks_it(scene: Scene) -> None:
    with zipfile.ZipFile(scene.whole) as archive:
        archive.extractall(scene.folder)
    command = ["sha256sum", "--check", "--strict", SUMS]
    done = subprocess.run(command, cwd=scene.folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    assert len(done.stdout.splitlines()) == len(scene.files().data) - 1, "every file but the list itself"


def test_with_hashes_only_the_records_hold_and_nothing_is_said_of_the_recordings(scene: Scene) -> None:
    report = verify(scene.hashes_only, scene.lesson.policy)
    assert report.failures == []
    assert len(report.facts["clips_left_out"]) == 1
    assert [one["file"] for one in report.facts["files"]] == [None, None]
    assert f"附件 file {hashlib.sha256(PDF).hexdigest()} · 未含在内,未核验 NOT INCLUDED" in words(report)
    assert words(report).startswith("记录核验通过;1 个录像片段未含在内,未核验 RECORDS VERIFIED")
    files = Files.of(scene.hashes_only)
    (scene.folder / "one.zip").write_bytes(files.data[packed(files)])
    alone = verify(scene.folder / "one.zip", scene.lesson.policy)
    assert (alone.failures, alone.facts["clips"]) == ([], [])
    assert "NOT INCLUDED" in words(alone)
    inner = Files.of(scene.folder / "one.zip")
    assert "<video" not in inner.data[PAGE].decode()
    assert report.facts["clips_left_out"][0] in inner.data[PAGE].decode()


def test_a_clip_still_on_its_way_is_left_out_and_said(scene: Scene) -> None:
    with scene.lesson.county.centre.uow.write() as session:
        session.execute(update(EvidenceClip).values(state="uploading"))
    try:
        archive(scene.lesson, scene.folder / "early.zip")
    finally:
        with scene.lesson.county.centre.uow.write() as session:
            session.execute(update(EvidenceClip).values(state="verified"))
    report = verify(scene.folder / "early.zip", scene.lesson.policy)
    assert report.failures == []
    assert len(report.facts["clips_left_out"]) == 1
    hour = json.loads(Files.of(scene.folder / "early.zip").data[CLASS])["lesson_hours"][0]
    assert hour["clips"][0]["in_bundle"] is False
    assert "clips" in hour["bundle_note"]["en"]


def test_the_command_line_makes_one_that_verifies(scene: Scene) -> None:
    out, policy = scene.folder / "cli.zip", scene.folder / "policy.json"
    policy.write_text(scene.lesson.policy.model_dump_json())
    data = str(scene.lesson.county.centre.settings.data_dir)
    asked = [
        "archive",
        "2026-0",
        "-o",
        str(out),
        "--by",
        inspector(scene.lesson),
        "--reason",
        "routine",
        "--data",
        data,
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(app, ["verify", str(out), "--policy", str(policy)]).exit_code == 0


# Who has the archive alone


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_who_has_the_archive_alone_is_found_out(scene: Scene, forge: Callable[[Files], None]) -> None:
    files = scene.files()
    forge(files)
    report = scene.verify(files)
    assert FORGERIES[forge] <= codes(report)
    assert {failure.where for failure in report.failures} != {""}, "each failure says where"


def test_what_is_changed_without_touching_the_list_is_named(scene: Scene) -> None:
    files = scene.files()
    csv_edited(files)
    assert [(one.code, one.where) for one in scene.verify(files).failures] == [
        ("FILE_ALTERED", "attendance.csv"),
        ("FILE_ALTERED", SUMS),
    ]


def test_an_archive_is_no_bundle_of_another(scene: Scene) -> None:
    """Zips in zips end here."""
    files = scene.files()
    files.data[packed(files)] = scene.whole.read_bytes()
    report = scene.verify(files)
    assert {"FILE_ALTERED", "BUNDLE_INCOMPLETE"} <= codes(report)


def test_files_that_share_their_bytes_are_not_opened(scene: Scene) -> None:
    """A zip bomb without compression: two names in the directory, one content."""
    path = scene.files().pack(scene.folder / "shared.zip")
    with zipfile.ZipFile(path, "a") as archive:
        large = max(archive.infolist(), key=lambda info: info.file_size)
        for number in range(3):
            twin = copy.copy(large)
            twin.filename = twin.orig_filename = f"lesson-hours/2026-11-23-{number + 2}-{'a' * 36}.zip"
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive._didModify = True  # type: ignore[attr-defined]
    assert codes(verify(path, scene.lesson.policy)) == {"BUNDLE_TOO_LARGE"}


# Who has the centre's key too


def hour_left_out(told: dict[str, Any]) -> None:
    del told["lesson_hours"][1]


def verdict_made_up(told: dict[str, Any]) -> None:
    told["lesson_hours"][1]["verdict"] = {"state": "pass", "reasons": []}


def bundle_for_another_hour(told: dict[str, Any]) -> None:
    first, second = told["lesson_hours"]
    first["bundle"], second["bundle"] = None, first["bundle"]


def bundle_not_listed(told: dict[str, Any]) -> None:
    told["lesson_hours"][0]["bundle"] = None


def paper_not_listed(told: dict[str, Any]) -> None:
    del told["files"][0]


def paper_listed_as_left_out(told: dict[str, Any]) -> None:
    told["files"][0]["file"] = None


CONTRADICTIONS = (
    hour_left_out, verdict_made_up, bundle_for_another_hour, bundle_not_listed, paper_not_listed,
    paper_listed_as_left_out,
)  # fmt: skip


@pytest.mark.parametrize("change", CONTRADICTIONS)
def test_who_has_the_centres_key_contradicts_himself(scene: Scene, change: Callable[[dict[str, Any]], None]) -> None:
    report = scene.verify(signed_again(scene, change))
    assert codes(report) == {"ARCHIVE_DIFFERS"}


def test_what_he_adds_is_sound_in_itself(scene: Scene) -> None:
    assert scene.verify(signed_again(scene, lambda told: None)).failures == []


def signed_again(scene: Scene, change: Callable[[dict[str, Any]], None]) -> Files:
    """The listing changed, and everything that vouches for it made anew."""
    files = scene.files()
    told = json.loads(files.data[CLASS])
    change(told)
    files.data[CLASS] = json.dumps(told).encode()
    entries = [files.entry("centre", index) for index in files.indexes("centre")]
    export = next(entry for entry in entries if entry["kind"] == "class_archived")
    export["details"]["files"][CLASS] = hashlib.sha256(files.data[CLASS]).hexdigest()
    export["details"]["centre"] = list(range(len(entries) - 1))
    head = json.loads(files.data[ARCHIVE_HEAD]) | {"export": entries.index(export)}
    kept = {name: data for name, data in files.data.items() if not name.startswith("centre/") and name != SUMS}
    signed = centre_log([rfc8785.dumps(entry) for entry in entries], scene.lesson.county.centre.log_signer)
    made = Files(kept | signed | {ARCHIVE_HEAD: rfc8785.dumps(head)})
    assert entry_name("centre", head["export"]) in made.data
    made.data[SUMS] = sums({name: hashlib.sha256(data).hexdigest() for name, data in made.data.items()})
    return made
