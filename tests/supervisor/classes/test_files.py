"""Files that go with what is said of a class: who hands them in, who reads them, and that a look is entered."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from supervisor.classes import files
from supervisor.contract.evidence import sha256_hex
from supervisor.sheets.models import SheetView
from tests.support.county import County, problem

PDF = b"%PDF-1.7 a notice"
PNG = b"\x89PNG\r\n\x1a\n a photo"


def test_an_institution_reads_its_own_files_and_the_county_all(county: County) -> None:
    school, other = county.schools
    path = f"/api/classes/{school.training['id']}/files"
    responsible, handler = county.account("responsible", school.institution), county.account("handler")
    problem(school.teacher.post(path, content=PDF), 403, "ROLE_NOT_ALLOWED")
    problem(county.account("responsible", other.institution).post(path, content=PDF), 404, "CLASS_NOT_FOUND")
    problem(handler.post(path, content=b"MZ"), 415, "FILE_TYPE")
    for _ in range(2):
        told = responsible.post(path, content=PDF)
        assert (told.status_code, told.json()["kind"], told.json()["bytes"]) == (201, "pdf", len(PDF))
    assert handler.post(path, content=PNG).json()["kind"] == "png"
    own, of_county = f"{path}/{sha256_hex(PDF)}", f"{path}/{sha256_hex(PNG)}"
    for client in (responsible, school.teacher, handler, county.approver, county.inspector):
        answer = client.get(own)
        assert (answer.content, answer.headers["content-type"]) == (PDF, "application/pdf")
    assert county.inspector.get(of_county).content == PNG
    problem(responsible.get(of_county), 404, "FILE_NOT_FOUND")
    problem(school.inspector.get(of_county), 404, "FILE_NOT_FOUND")
    problem(other.teacher.get(own), 404, "CLASS_NOT_FOUND")
    problem(county.account("finance").get(own), 403, "ROLE_NOT_ALLOWED")
    with county.centre.uow.read() as session:
        views = session.scalars(select(SheetView).where(SheetView.what == "papers")).all()
    assert len(views) == 5  # of each person one in ten minutes
    assert {str(one.class_id) for one in views} == {school.training["id"]}
    assert handler.post(path, content=PDF).is_success  # and now the county's copy, too
    assert responsible.get(own).content == PDF


def test_there_is_an_end_to_files_and_none_is_changed(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    path, handler = f"/api/classes/{county.schools[0].training['id']}/files", county.account("handler")
    monkeypatch.setattr(files, "MOST_FILES", 1)
    assert handler.post(path, content=PDF).status_code == 201
    problem(handler.post(path, content=PNG), 409, "TOO_MANY_FILES")
    assert handler.post(path, content=PDF).status_code == 201
    for change in ("UPDATE class_file SET bytes = 1", "DELETE FROM class_file"):
        with pytest.raises(DatabaseError), county.centre.uow.write() as session:
            session.execute(text(change))
