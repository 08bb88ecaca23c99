"""Files that were handed in, in the archive of their class: whose bytes go in, for whom, and that it is entered."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from storage.evidence.bundle import file_name
from supervisor.accounts.models import Account
from supervisor.accounts.service import caller_named
from supervisor.archives import service
from supervisor.archives.service import export
from supervisor.bundles.trust import policy_of
from supervisor.contract.evidence import sha256_hex
from supervisor.lessons.schemas import ViewReason
from supervisor.sheets.models import SheetView
from supervisor.verifier.verify import verify
from tests.support.county import County, School

PDF = b"%PDF-1.7 a notice with 140521199001010008"
PNG = b"\x89PNG\r\n\x1a\n a sheet"
OWN, OF_COUNTY = file_name(sha256_hex(PDF), "pdf"), file_name(sha256_hex(PNG), "png")


@pytest.fixture
def school(county: County) -> School:
    """Its responsible person handed in one file, the county another."""
    one = county.schools[0]
    path = f"/api/classes/{one.training['id']}/files"
    assert county.account("responsible", one.institution).post(path, content=PDF).status_code == 201
    county.clock.step(1)
    assert county.account("handler").post(path, content=PNG).status_code == 201
    return one


def archive_of(client: httpx.Client, school: School, **query: str) -> dict[str, bytes]:
    answer = client.get(f"/api/classes/{school.training['id']}/archive.zip", params=query)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def listed(data: dict[str, bytes]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(data["class.json"])["files"]
    return told


def views(county: County) -> list[SheetView]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(SheetView)))


def test_the_files_go_in_and_the_page_leads_to_them(county: County, school: School, tmp_path: Path) -> None:
    data = archive_of(county.inspector, school, reason="complaint")
    assert (data[OWN], data[OF_COUNTY]) == (PDF, PNG)
    assert [(one["file"], one["role"], one["note"]) for one in listed(data)] == [
        (OWN, "responsible", None),
        (OF_COUNTY, "handler", None),
    ]
    page = data["index.html"].decode()
    assert f'<a href="{OWN}">PDF</a>' in page
    assert "交来附件" in page
    for name in (OWN, OF_COUNTY):
        assert f"  {name}\n" in data["SHA256SUMS"].decode()
    assert [(one.what, one.reason, str(one.class_id)) for one in views(county)] == [
        ("export", "complaint", school.training["id"])
    ]
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, body in data.items():
            archive.writestr(name, body)
    report = verify(tmp_path / "x.zip", policy_of(county.centre))
    assert report.failures == []
    assert [one["file"] for one in report.facts["files"]] == [OWN, OF_COUNTY]


def test_without_recordings_they_are_hashes_too(county: County, school: School) -> None:
    data = archive_of(county.inspector, school, clips="false")
    assert not [name for name in data if name.startswith("files/")]
    assert [(one["sha256"], one["file"]) for one in listed(data)] == [
        (sha256_hex(PDF), None),
        (sha256_hex(PNG), None),
    ]
    assert "140521199001010008" not in b"".join(data.values()).decode()
    assert views(county) == []


def test_nobody_gets_a_file_by_an_archive_that_he_may_not_read_at_the_centre(county: County, school: School) -> None:
    data = archive_of(school.inspector, school)
    assert (OWN in data, OF_COUNTY in data) == (True, False)
    assert [one["file"] for one in listed(data)] == [OWN, None]
    assert "may not read" in listed(data)[1]["note"]["en"]
    assert not [name for name in archive_of(county.admin, school) if name.startswith("files/")]


def test_what_two_people_handed_in_is_there_once_and_listed_twice(county: County, school: School) -> None:
    path = f"/api/classes/{school.training['id']}/files"
    county.clock.step(1)
    assert county.account("handler").post(path, content=PDF).status_code == 201
    data = archive_of(school.inspector, school)
    assert [(one["role"], one["file"]) for one in listed(data)] == [
        ("responsible", OWN),
        ("handler", None),
        ("handler", OWN),
    ]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"%PDF-1.7 another")])
def test_a_file_that_the_centre_lost_is_said_to_be_lost(county: County, school: School, damage: Any) -> None:
    (path,) = county.centre.settings.data_dir.rglob(f"{sha256_hex(PDF)}.pdf")
    path.chmod(0o600)
    damage(path)
    data = archive_of(county.inspector, school)
    assert [one["file"] for one in listed(data)] == [None, OF_COUNTY]
    assert "lost" in listed(data)[0]["note"]["en"]


def test_a_file_that_comes_while_packing_stops_it(
    county: County, school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = service.files.pack

    def packed(*args: Any, **options: Any) -> Any:
        path = f"/api/classes/{school.training['id']}/files"
        assert county.account("handler").post(path, content=b"%PDF-1.7 late").status_code == 201
        return pack(*args, **options)

    monkeypatch.setattr(service.files, "pack", packed)
    with county.centre.uow.read() as session:
        name = session.scalars(select(Account.username).where(Account.role == "inspector")).first() or ""
    caller, out = caller_named(county.centre, name), tmp_path / "x.zip"
    with pytest.raises(LessonProofError, match="ARCHIVE_CHANGED"):
        export(county.centre, caller, UUID(school.training["id"]), ViewReason.ROUTINE, "cli", out)
    assert not out.exists()
