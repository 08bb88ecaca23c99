"""Photos of what a person saw on site: of a room's verification, of the truth of an opening; who reads them, and that a
look is entered."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from supervisor.audit.models import AuditEvent
from supervisor.contract.evidence import sha256_hex
from supervisor.openings.models import VerificationView
from supervisor.sheets.models import SheetView
from tests.support.county import County, School, id_number, post, problem
from tests.support.opening import complete

JPEG, PNG, PDF = b"\xff\xd8\xff a room", b"\x89PNG\r\n\x1a\n a bench", b"%PDF-1.7 a protocol"
VISIT = {"day": "2026-11-01", "passed": True, "capacity": 40, "inspectors": ["检查员00", "检查员01"]}
FORM = {"day": "2026-11-02", "passed": "yes", "capacity": "30", "inspectors": "检查员00\n检查员01"}
HTML = {"accept": "text/html"}


@pytest.fixture
def handler(county: County) -> httpx.Client:
    return county.account("handler")


def entered(client: httpx.Client, school: School, *bodies: bytes) -> str:
    """A verification by the interface, which names photos and has none."""
    visit = VISIT | {"photos": [sha256_hex(body) for body in bodies]}
    made: str = post(client, f"/api/rooms/{school.room}/verifications", visit, 201)["id"]
    return made


def visits(client: httpx.Client, school: School) -> list[dict[str, Any]]:
    (room,) = client.get(f"/api/institutions/{school.institution}").json()["room_list"]
    found: list[dict[str, Any]] = room["verifications"]
    return found


def attached(*bodies: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    """As a browser sends them; the type it claims is not believed."""
    return [("photos", (f"{number}.bin", body, "text/plain")) for number, body in enumerate(bodies)]


@pytest.mark.rule("A-09")
def test_a_photo_that_the_verification_names_is_kept_and_read(county: County, handler: httpx.Client) -> None:
    school, other = county.schools
    path = f"/api/verifications/{entered(handler, school, JPEG, PDF)}/photos"
    problem(handler.post(path, content=PNG), 422, "PHOTO_NOT_NAMED")
    problem(county.inspector.post(path, content=JPEG), 403, "ROLE_NOT_ALLOWED")
    problem(handler.post(f"/api/verifications/{uuid4()}/photos", content=JPEG), 404, "VERIFICATION_NOT_FOUND")
    one = f"{path}/{sha256_hex(JPEG)}"
    problem(county.inspector.get(one), 404, "FILE_NOT_FOUND")
    for _ in range(2):
        told = handler.post(path, content=JPEG)
        assert (told.status_code, told.json()["kind"], told.json()["bytes"]) == (201, "jpeg", len(JPEG))
    (visit,) = visits(county.inspector, school)
    assert (len(visit["photos"]), [kept["sha256"] for kept in visit["kept"]]) == (2, [sha256_hex(JPEG)])
    for client in (handler, county.approver, county.inspector, school.inspector):
        answer = client.get(one)
        assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    problem(other.inspector.get(one), 404, "VERIFICATION_NOT_FOUND")
    problem(school.teacher.get(one), 403, "ROLE_NOT_ALLOWED")
    county.inspector.get(one, params={"reason": "complaint"})
    with county.centre.uow.read() as session:
        views = session.scalars(select(VerificationView)).all()
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "verification_photo_added")).all()
    assert sorted(view.reason for view in views) == ["complaint", *["routine"] * 4]
    assert [event.subject for event in events] == [f"room:{school.room}"]
    auditor = county.account("audit_admin")
    lines = auditor.get("/api/privacy/compliance/2026").json()["lines"]
    assert {line["name"]: line["count"] for line in lines}["verification_views"] == 5


def test_looking_again_within_ten_minutes_is_the_same_look(county: County, handler: httpx.Client) -> None:
    path = f"/api/verifications/{entered(handler, county.schools[0], JPEG, PNG)}/photos"
    for body in (JPEG, PNG):
        handler.post(path, content=body)
    for wait in (0, 60, 700):
        county.clock.step(wait)
        for body in (JPEG, PNG):
            assert county.inspector.get(f"{path}/{sha256_hex(body)}").content == body
    with county.centre.uow.read() as session:
        assert len(session.scalars(select(VerificationView)).all()) == 2


def test_what_is_no_picture_and_no_paper_is_not_taken(county: County, handler: httpx.Client) -> None:
    film = b"\0\0\0\x18ftypmp42"
    path = f"/api/verifications/{entered(handler, county.schools[0], film, JPEG)}/photos"
    problem(handler.post(path, content=film), 415, "FILE_TYPE")
    problem(handler.post(path, content=b"\0" * (21 * 1024 * 1024)), 413, "BODY_TOO_LARGE")
    post(handler, f"/api/institutions/{county.schools[0].institution}/secret", None, 204)
    problem(handler.post(path, content=JPEG), 403, "SECRET_UNIT")


def test_photos_and_looks_are_never_changed(county: County, handler: httpx.Client) -> None:
    path = f"/api/verifications/{entered(handler, county.schools[0], JPEG)}/photos"
    handler.post(path, content=JPEG)
    county.inspector.get(f"{path}/{sha256_hex(JPEG)}")
    for change in (
        "UPDATE verification_photo SET bytes = 1", "DELETE FROM verification_photo",
        "UPDATE verification_view SET ip = ''", "DELETE FROM verification_view",
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), county.centre.uow.write() as session:
            session.execute(text(change))


def test_the_form_keeps_its_photos_and_the_page_leads_to_them(county: County, handler: httpx.Client) -> None:
    school = county.schools[0]
    page = f"/institutions/{school.institution}"
    form = FORM | {"room_id": school.room}
    handler.headers.update(HTML)
    refused = handler.post(f"{page}/verifications", data=form, files=attached(JPEG, b"MZ"))
    assert (refused.status_code, "只收 PDF、JPEG、PNG 文件" in refused.text) == (415, True)
    assert visits(handler, school) == []
    taken = handler.post(f"{page}/verifications", data=form, files=attached(JPEG, PDF, JPEG))
    assert "实地核实已登记" in taken.text
    (visit,) = visits(handler, school)
    assert visit["photos"] == [sha256_hex(JPEG), sha256_hex(PDF)]
    assert {kept["kind"] for kept in visit["kept"]} == {"jpeg", "pdf"}
    link = f"/verifications/{visit['id']}/photos/{sha256_hex(JPEG)}"
    for client in (handler, county.inspector):
        shown = client.get(page, headers=HTML).text
        assert f'href="{link}"' in shown and "只有指纹" not in shown
        assert client.get(link).content == JPEG
    assert school.teacher.get(link, headers=HTML).status_code == 403


def test_a_verification_of_before_gets_its_originals_on_the_page(county: County, handler: httpx.Client) -> None:
    school = county.schools[0]
    page, made = f"/institutions/{school.institution}", entered(handler, school, JPEG, PNG)
    path = f"{page}/verifications/{made}/photos"
    handler.headers.update(HTML)
    assert f'action="{path}#rooms"' in handler.get(page).text
    assert "补交原照片" not in county.inspector.get(page, headers=HTML).text
    for bodies, status, said in (
        ((), 422, "请选择照片"), ((PDF,), 422, "指纹不符"), ((b"MZ",), 415, "只收 PDF"),
    ):  # fmt: skip
        answer = handler.post(path, files=attached(*bodies) if bodies else None)
        assert (answer.status_code, said in answer.text) == (status, True)
    scripted = handler.post(path, files=attached(PDF), headers={"hx-request": "true"})
    assert (scripted.status_code, "指纹不符" in scripted.text, "<html" in scripted.text) == (200, True, False)
    assert "照片已补交" in handler.post(path, files=attached(JPEG)).text
    assert handler.get(page).text.count("只有指纹") == 1
    handler.post(path, files=attached(JPEG, PNG))
    assert "补交原照片" not in handler.get(page).text
    assert len(visits(handler, school)[0]["kept"]) == 2


@pytest.fixture
def submitted(county: County) -> str:
    """Path of a class whose opening the county looks into."""
    school = county.schools[0]
    draft = {
        "institution_id": school.institution, "class_no": "n-1", "name": "电工", "profile": "000000-demo.3",
        "roster": [{"name": "周某", "id_number": id_number(100)}], "opening_day": "2026-12-21",
    }  # fmt: skip
    made = post(school.teacher, "/api/classes", draft, 201)
    who = ["教室A", "张老师", id_number(900), "教材,某出版社"]
    rows = [["2026-12-21", "安全、消防、法制、普通话", "2", "09:00", "09:07", *who, "理论"]]
    complete(school.teacher, county.account("responsible", school.institution), made, rows)
    post(school.teacher, f"/api/classes/{made['id']}/submit", None, 200)
    return f"/classes/{made['id']}"


@pytest.mark.rule("A-03")
def test_the_truth_of_an_element_comes_with_photos(county: County, handler: httpx.Client, submitted: str) -> None:
    said = {"element": "plan", "result": "true", "photos": [sha256_hex(JPEG)]}
    problem(handler.post(f"/api{submitted}/reviews", json=said), 404, "FILE_NOT_FOUND")
    assert handler.post(f"/api{submitted}/files", content=JPEG).status_code == 201
    post(handler, f"/api{submitted}/reviews", said, 204)
    handler.headers.update(HTML)
    answer = handler.post(
        f"{submitted}/opening", data={"element": "teachers", "answer": "true"}, files=attached(PNG, PDF)
    )
    assert answer.status_code == 200
    link = f"{submitted}/files/{sha256_hex(PNG)}"
    assert f'href="{link}"' in county.inspector.get(submitted, headers=HTML).text
    assert county.inspector.get(link).content == PNG
    reviews = handler.get(f"/api{submitted}/opening").json()["reviews"]
    truths = {one["element"]: one["photos"] for one in reviews if one["kind"] == "truth"}
    assert truths == {"plan": [sha256_hex(JPEG)], "teachers": [sha256_hex(PNG), sha256_hex(PDF)]}
    of_school = county.schools[0].inspector.get(submitted, headers=HTML).text
    assert "2 张照片" in of_school and link not in of_school
    problem(county.schools[0].inspector.get(f"/api{link}"), 404, "FILE_NOT_FOUND")
    with county.centre.uow.read() as session:
        assert len(session.scalars(select(SheetView).where(SheetView.what == "papers")).all()) == 1


def test_photos_are_stored_only_with_words_that_will_do(county: County, handler: httpx.Client, submitted: str) -> None:
    handler.headers.update(HTML)
    for said, bodies, status, code in (
        ({"answer": "false"}, (JPEG,), 422, "请说明理由"),
        ({"answer": "return", "reason": "请核对"}, (JPEG,), 422, "批准和退回不带照片"),
        ({"answer": "true", "element": "other"}, (JPEG,), 422, "没有这个要素"),
        ({"answer": "true"}, (JPEG, b"MZ"), 415, "只收 PDF"),
        ({"answer": "true"}, tuple(b"%PDF-" + bytes([n]) for n in range(51)), 422, "最多 50 张"),
    ):
        answer = handler.post(f"{submitted}/opening", data={"element": "plan"} | said, files=attached(*bodies))
        assert (answer.status_code, code in answer.text) == (status, True), answer.text[-300:]
    with county.centre.uow.read() as session:
        added = session.scalars(select(AuditEvent).where(AuditEvent.action == "class_file_added")).all()
    assert added == []
