"""An institution asks for an exemption; the approver's answer makes it or says why not, and nothing is overwritten."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from supervisor.audit.models import AuditEvent
from supervisor.classes.models import Institution, TrainingClass
from tests.support.county import County, post, problem

PDF = b"%PDF-1.7 the contract"


def asked(county: County, **changes: str) -> tuple[str, dict[str, str]]:
    """The path of requests of the first school's class, and one with its file."""
    school = county.schools[0]
    path = f"/api/classes/{school.training['id']}"
    responsible = county.account("responsible", school.institution)
    file = responsible.post(f"{path}/files", content=PDF).json()["sha256"]
    wanted = {"kind": "enterprise_staff", "basis": "本企业在岗职工", "valid_until": "2026-12-31", "file_sha256": file}
    return f"{path}/exemption-requests", wanted | changes


def test_what_is_granted_becomes_an_exemption_that_names_the_request(county: County) -> None:
    school, other = county.schools
    path, wanted = asked(county)
    responsible = county.account("responsible", school.institution)
    problem(school.teacher.post(path, json=wanted), 403, "ROLE_NOT_ALLOWED")
    problem(county.approver.post(path, json=wanted), 403, "ROLE_NOT_ALLOWED")
    problem(county.account("responsible", other.institution).post(path, json=wanted), 404, "CLASS_NOT_FOUND")
    problem(responsible.post(path, json=wanted | {"valid_until": "2026-11-22"}), 422, "EXEMPTION_OVER")
    problem(responsible.post(path, json=wanted | {"file_sha256": "0" * 64}), 404, "FILE_NOT_FOUND")
    one = post(responsible, path, wanted, 201)
    assert post(responsible, path, wanted, 201)["id"] == one["id"]  # sent twice, asked once
    problem(responsible.post(path, json=wanted | {"basis": "别的依据"}), 409, "EXEMPTION_ASKED")
    assert (one["granted"], one["asked_by"]) == (None, "李某")
    county.clock.step(60)
    secret = post(responsible, path, wanted | {"kind": "secret_unit"}, 201)  # the other kind is another thing
    assert [row["id"] for row in school.teacher.get(path).json()] == [secret["id"], one["id"]]
    problem(county.account("finance").get(path), 403, "ROLE_NOT_ALLOWED")

    answer = f"{path}/{one['id']}/answer"
    problem(responsible.post(answer, json={"granted": True}), 403, "ROLE_NOT_ALLOWED")
    problem(county.approver.post(f"{path}/{other.institution}/answer", json={"granted": True}), 404,
            "REQUEST_NOT_FOUND")  # fmt: skip
    told = post(county.approver, answer, {"granted": True, "words": "同意"}, 201)
    (given,) = school.teacher.get(path.replace("exemption-requests", "exemptions")).json()
    assert (told["granted"], told["exemption_id"]) == (True, given["id"])
    assert (given["request_id"], given["kind"], given["basis"]) == (one["id"], "enterprise_staff", wanted["basis"])
    assert school.teacher.get(f"/api/classes/{school.training['id']}").json()["exempt"] == "enterprise_staff"
    problem(county.approver.post(answer, json={"granted": False, "words": "不"}), 409, "REQUEST_ANSWERED")

    refuse = f"{path}/{secret['id']}/answer"
    problem(county.approver.post(refuse, json={"granted": False, "words": " "}), 422, "REASON_NEEDED")
    told = post(county.approver, refuse, {"granted": False, "words": "不是涉密单位"}, 201)
    assert (told["granted"], told["words"], told["exemption_id"]) == (False, "不是涉密单位", None)
    assert len(school.teacher.get(path.replace("exemption-requests", "exemptions")).json()) == 1
    assert post(responsible, path, wanted | {"kind": "secret_unit"}, 201)["granted"] is None  # with new words
    with county.centre.uow.read() as session:
        query = select(AuditEvent.action).where(AuditEvent.action.like("exemption_%")).order_by(AuditEvent.id)
        actions = session.scalars(query).all()
    assert sorted(set(actions)) == ["exemption_answered", "exemption_asked", "exemption_granted"]
    for table in ("exemption_request", "exemption_answer"):
        with pytest.raises(DatabaseError), county.centre.uow.write() as session:
            session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - two names of our own


def test_a_request_that_runs_out_before_its_answer_is_not_granted(county: County) -> None:
    path, wanted = asked(county, valid_until="2026-11-23")
    one = post(county.account("responsible", county.schools[0].institution), path, wanted, 201)
    county.clock.step(2 * 24 * 3600)
    answer = f"{path}/{one['id']}/answer"
    problem(county.approver.post(answer, json={"granted": True}), 422, "EXEMPTION_OVER")
    assert county.approver.get(path).json()[0]["granted"] is None
    assert post(county.approver, answer, {"granted": False, "words": "已过期"}, 201)["granted"] is False


def test_only_a_class_under_way_asks_and_no_secret_unit(county: County) -> None:
    school = county.schools[0]
    path, wanted = asked(county)
    responsible = county.account("responsible", school.institution)
    with county.centre.uow.write() as session:
        session.get_one(TrainingClass, UUID(school.training["id"])).status = "finished"
    problem(responsible.post(path, json=wanted), 409, "CLASS_STATUS")
    with county.centre.uow.write() as session:
        session.get_one(TrainingClass, UUID(school.training["id"])).status = "running"
        session.get_one(Institution, UUID(school.institution)).secret_related = True
    problem(responsible.post(path, json=wanted), 403, "SECRET_UNIT")
