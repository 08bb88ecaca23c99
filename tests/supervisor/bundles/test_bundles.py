"""Exporting a bundle: who may, when it can be done, what is written down. What is inside: tests/e2e/test_forgery.py."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, box_origin
from storage.evidence.note import Signer
from supervisor.accounts.models import Account
from supervisor.audit.log import entries_about, tree_of
from supervisor.bundles.trust import policy_of
from supervisor.contract.evidence import sha256_hex
from supervisor.devices.witness import newest_receipt
from supervisor.lessons.models import ViewLog
from tests.support.county import County, School, problem

CLIP = b"not a film, but bytes that are kept" * 100


@pytest.fixture
def school(county: County) -> School:
    """Its first lesson hour is over, reported with a clip, and countersigned."""
    school = county.schools[0]
    county.clock.step(50 * 60)
    for who in range(3):
        county.check_in(school, who)
    county.clock.step(15 * 60)
    county.report(school, county.verdict_entry(school, clip=CLIP))
    path = f"/api/box/clips/{sha256_hex(CLIP)}"
    assert school.box_client.patch(path, content=CLIP, headers={"Upload-Offset": "0"}).status_code == 204
    return school


def countersign(county: County, school: School) -> None:
    origin, size = box_origin(school.box), len(school.log)
    with county.centre.uow.read() as session:
        tree, last = tree_of(session, school.box), newest_receipt(session, UUID(school.box))
        old = 0 if last is None else last.size
        checkpoint, proof = Checkpoint(origin, size, tree.root(size)), tuple(tree.consistency_proof(old, size))
    request = AddCheckpoint(old, proof, checkpoint.signed(Signer(origin, school.key)))
    assert county.client().post("/witness/add-checkpoint", content=str(request).encode()).status_code == 200


def bundle(client: httpx.Client, school: School, reason: str = "appeal") -> httpx.Response:
    return client.get(f"/api/lessons/{school.lesson}/bundle.zip?reason={reason}")


def exports(county: County) -> list[tuple[str, str, str]]:
    with county.centre.uow.read() as session:
        return [(row.unit, row.what, row.reason) for row in session.scalars(select(ViewLog))]


def test_a_countersigned_lesson_hour_is_packed_and_the_export_is_written_down(county: County, school: School) -> None:
    countersign(county, school)
    answer = bundle(county.inspector, school)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        head = json.loads(archive.read("bundle.json"))
        assert archive.read(f"clips/{sha256_hex(CLIP)}.mp4") == CLIP
        assert "学员" not in archive.read("index.html").decode()
    with county.centre.uow.read() as session:
        (entry,) = [
            row for row in entries_about(session, f"lesson_hour:{school.lesson}") if row.kind == "bundle_exported"
        ]
    assert entry.idx == head["export"]
    assert json.loads(entry.body)["details"]["reason"] == "appeal"
    assert exports(county) == [("主管单位", "export", "appeal")]
    assert not list(county.centre.settings.data_dir.glob("package-*")), "nothing is left behind"


def test_before_it_is_countersigned_there_is_nothing_to_prove(county: County, school: School) -> None:
    problem(bundle(county.inspector, school), 409, "BUNDLE_NOT_WITNESSED")
    assert exports(county) == []
    page = county.inspector.get(f"/api/lessons/{school.lesson}").json()
    assert page["witness"] == {"at": None, "worst_s": None, "late": False}


def test_a_lesson_hour_that_nobody_reported(county: County) -> None:
    school = county.schools[0]
    problem(bundle(county.inspector, school), 409, "BUNDLE_NOTHING")
    assert county.inspector.get(f"/api/lessons/{school.lesson}").json()["witness"] is None


def test_a_clip_that_is_still_on_its_way(county: County) -> None:
    school = county.schools[0]
    county.clock.step(65 * 60)
    county.report(school, county.verdict_entry(school, clip=CLIP))
    countersign(county, school)
    problem(bundle(county.inspector, school), 409, "CLIP_NOT_HERE")


def test_who_may_export(county: County, school: School) -> None:
    countersign(county, school)
    assert bundle(school.inspector, school).status_code == 200
    assert bundle(county.admin, school).status_code == 200
    problem(bundle(county.schools[1].inspector, school), 404, "LESSON_NOT_FOUND")
    problem(bundle(school.teacher, school), 403, "ROLE_NOT_ALLOWED")
    problem(bundle(county.client(), school), 401, "NOT_SIGNED_IN")


def test_a_receipt_long_after_the_lesson_is_late_and_shown(county: County, school: School) -> None:
    county.clock.step(3600)
    countersign(county, school)
    witness = county.inspector.get(f"/api/lessons/{school.lesson}").json()["witness"]
    assert witness["late"] is True
    assert witness["worst_s"] > 3600
    assert "迟到" in county.inspector.get(f"/lessons/{school.lesson}").text


def test_the_page_offers_the_export_to_those_who_may(county: County, school: School) -> None:
    address = f"/api/lessons/{school.lesson}/bundle.zip"
    assert address not in county.inspector.get(f"/lessons/{school.lesson}").text
    countersign(county, school)
    text = county.inspector.get(f"/lessons/{school.lesson}").text
    assert (address in text) == ("还没有传到" not in text)
    assert address not in school.teacher.get(f"/lessons/{school.lesson}").text


def test_the_policy_names_keys_rules_and_revoked_boxes(county: County, school: School) -> None:
    county.revoke(school.box)
    policy = policy_of(county.centre)
    assert policy.log_key == county.centre.log_signer.verifier()
    assert [str(one.box) for one in policy.revoked] == [school.box]
    assert policy.revoked_at(school.box) == county.clock.now()
    assert policy.profiles is not None and "140521-2024.1" in policy.profiles


def test_on_the_command_line(county: County, school: School, tmp_path: Path) -> None:
    """By a named account, at the centre's own machine."""
    countersign(county, school)
    with county.centre.uow.read() as session:
        name = session.scalars(select(Account.username).where(Account.role == "inspector")).first()
    settings = county.centre.settings
    environment = {"LESSONPROOF_CENTRE_DATABASE_URL": settings.engine_url(), "PATH": "/usr/bin:/bin"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "supervisor", *arguments, "--data", str(settings.data_dir)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    out = tmp_path / "lesson.zip"
    done = run("bundle", school.lesson, "-o", str(out), "--by", str(name), "--reason", "complaint")
    assert done.returncode == 0, done.stderr
    assert zipfile.is_zipfile(out)
    assert exports(county)[0][1:] == ("export", "complaint")
    nobody = run("bundle", school.lesson, "-o", str(out), "--by", "nobody", "--reason", "complaint")
    assert (nobody.returncode, "ACCOUNT_NOT_FOUND" in nobody.stderr) == (2, True)
    assert json.loads(run("policy").stdout)["format"] == "lessonproof/policy/1"
