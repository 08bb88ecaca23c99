"""Sites and devices over HTTP pages: what a form does, what it leaves alone, and that a code is shown once."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.devices.models import Box, Camera, RevocationReason
from tests.support.county import County, School, enrol_request, post, problem

CODE = re.compile(r"\b(?:[2-9A-Z]{4}-){2}[2-9A-Z]{4}\b")
HTML = {"accept": "text/html"}


def said(client: httpx.Client, path: str, status: int = 200, **form: object) -> httpx.Response:
    """The page that answers a form; a redirect is 303."""
    answer = client.post(path, data=form, headers=HTML, follow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer


def camera(county: County, school: School) -> Camera:
    with county.centre.uow.read() as session:
        return session.get_one(Camera, UUID(school.camera))


def test_a_code_is_shown_once_with_the_command_and_stands_nowhere_else(county: County) -> None:
    site = county.schools[0].site
    page = said(county.admin, f"/sites/{site}/boxes", name="二号")
    code = CODE.search(page.text)
    assert code is not None and page.headers["cache-control"] == "no-store"
    assert f"edge-agent enrol --centre {county.centre.public_url} --code {code[0]}" in re.sub("<[^>]+>", "", page.text)
    assert not CODE.search(county.admin.get(f"/sites/{site}").text)
    with county.centre.uow.read() as session:
        assert not [one for one in session.scalars(select(AuditEvent)) if code[0] in str(one.details)]
        box = session.scalars(select(Box).where(Box.name == "二号")).one().id
    again = said(county.admin, f"/sites/{site}/boxes", 409, name="二号")
    assert "同名" in again.text and not CODE.search(again.text)
    newer = said(county.admin, f"/sites/{site}/boxes/{box}/code").text
    fresh = CODE.search(newer)
    assert fresh is not None and fresh[0] != code[0]
    assert "以前生成的登记码已作废" in newer and "以前生成的登记码已作废" not in page.text
    old = enrol_request(code[0], Ed25519PrivateKey.generate())
    problem(county.client().post("/api/box/enrol", json=old), 409, "CODE_VOID")
    post(county.client(), "/api/box/enrol", enrol_request(fresh[0], Ed25519PrivateKey.generate()), 201)
    assert not CODE.search(said(county.admin, f"/sites/{site}/boxes/{box}/code", 409).text)


def test_a_name_that_is_taken_is_told_at_its_form(county: County) -> None:
    site = county.schools[0].site
    page = said(county.admin, f"/sites/{site}/rooms", 409, name=" 教室A ").text
    assert "这个培训点已有同名的教室" in page and 'name="name" required maxlength="64" value="教室A"' in page
    assert "同名的现场设备" in said(county.admin, f"/sites/{site}/boxes", 409, name="盒子").text
    county.admin.cookies.set("language", "en")
    assert "this site has a room of this name" in said(county.admin, f"/sites/{site}/rooms", 409, name="教室A").text


def test_a_waiting_box_says_until_when_its_code_holds(county: County) -> None:
    site = county.schools[0].site
    said(county.admin, f"/sites/{site}/boxes", name="二号")
    assert "等待登记" in county.admin.get(f"/sites/{site}").text
    county.clock.step(15 * 60)
    page = county.admin.get(f"/sites/{site}").text
    assert "登记码已过期" in page and "现场设备失联" in page
    listed = county.admin.get("/sites").text
    assert "1 / 2 台失联" in listed and "2 台正常" not in listed


def test_a_camera_keeps_what_its_form_did_not_change(county: County) -> None:
    school = county.schools[0]
    with county.centre.uow.write() as session:
        session.get_one(Camera, UUID(school.camera)).accepted_zones = "0" * 64
    assert "验收测试通过" in county.admin.get(f"/sites/{school.site}").text
    path = f"/sites/{school.site}/cameras/{school.camera}"
    said(county.admin, path, 303, box_id=school.box, zone="front", accepted="yes")
    kept = camera(county, school)
    assert (kept.zone, kept.accepted, kept.accepted_zones) == ("front", True, "0" * 64)
    said(county.admin, path, 303, box_id=school.box, zone="front", podium_in_zone="yes")
    changed = camera(county, school)
    assert (changed.accepted, changed.accepted_zones, changed.podium_in_zone) == (False, None, True)
    assert "没有验收" in county.admin.get(f"/sites/{school.site}").text


def test_a_camera_form_that_is_not_taken_comes_back(county: County) -> None:
    school = county.schools[0]
    wanted = {"room_id": school.room, "box_id": school.box, "code": "room-a", "zone": "后排"}
    page = said(county.admin, f"/sites/{school.site}/cameras", 422, **wanted, podium_in_zone="yes").text
    assert "该盒子已有同名摄像头" in page and 'value="后排"' in page
    assert re.search(r'name="podium_in_zone" value="yes" checked', page)
    said(county.admin, f"/sites/{school.site}/cameras", 303, **wanted | {"code": "room-a2"})
    elsewhere = wanted | {"room_id": county.schools[1].room, "code": "room-a3"}
    said(county.admin, f"/sites/{school.site}/cameras", 404, **elsewhere)


def test_a_box_is_revoked_only_when_it_is_confirmed(county: County) -> None:
    school = county.schools[0]
    path = f"/sites/{school.site}/boxes/{school.box}/revoke"
    page = said(county.admin, path, 422, reason="lost", remark="李某报失").text
    assert "停用后不能恢复" in page and 'value="李某报失"' in page
    said(county.admin, path, 422, reason="", sure="yes")
    assert school.box_client.get("/api/box/target").status_code == 200
    said(county.admin, path, 303, reason="lost", remark="李某报失", sure="yes")
    problem(school.box_client.get("/api/box/target"), 403, "BOX_REVOKED")
    page = county.admin.get(f"/sites/{school.site}").text
    assert "设备已停用" in page and "李某报失" in page and "接在已停用的现场设备上" in page
    assert f"{path}#" not in page


@pytest.mark.rule("A-13")
def test_two_ways_to_check_in_are_always_enabled(county: County) -> None:
    site = county.schools[0].site
    path = f"/sites/{site}/check-in-methods"
    assert "至少启用两种打卡方式" in said(county.admin, path, 422).text
    page = said(county.admin, path, 422, methods=["phone", "rotating_code"]).text
    assert "至少启用一种不需要智能手机" in page
    ticked = re.findall(r'name="methods" value="(\w+)" checked', page)
    assert set(ticked) == {"phone", "rotating_code"}
    said(county.admin, path, 422, methods=["phone", "face"])
    said(county.admin, path, 422, methods=["phone", "pigeon"])
    said(county.admin, path, 303, methods=["phone", "id_card"])
    assert county.admin.get(f"/api/sites/{site}/check-in").json()["methods"] == ["phone", "id_card"]


def test_a_point_is_shown_in_both_datums(county: County) -> None:
    site = county.schools[0].site
    path = f"/sites/{site}/geofence"
    page = said(county.admin, path, 422, lat="91", lon="112.85", datum="GCJ-02", radius_m="80").text
    assert "「纬度」没有填或填得不对" in page and 'value="112.85"' in page and 'value="91"' in page
    said(county.admin, path, 303, lat="35.49", lon="112.85", datum="GCJ-02", radius_m="")
    page = county.admin.get(f"/sites/{site}").text
    assert "35.490000, 112.850000" in page and "没有填,按规则" in page
    moved = re.search(r"<dt>WGS-84</dt><dd>(35\.4[89]\d+), (112\.84\d+)</dd>", page)
    assert moved is not None


def test_what_is_not_in_the_scope_or_at_the_site_is_not_there(county: County) -> None:
    mine, other = county.schools
    assert mine.inspector.get(f"/sites/{mine.site}").status_code == 200
    assert mine.inspector.get(f"/sites/{other.site}").status_code == 404
    listed = mine.inspector.get("/sites").text
    assert mine.site in listed and other.site not in listed
    for path in (f"cameras/{other.camera}", f"boxes/{other.box}/code", f"boxes/{other.box}/revoke"):
        said(county.admin, f"/sites/{mine.site}/{path}", 404, reason="lost", sure="yes", zone="x")
    said(county.admin, f"/sites/{uuid4()}/rooms", 404, name="教室Z")


def test_who_only_looks_finds_no_form(county: County) -> None:
    for role in ("inspector", "approver", "handler", "oversight"):
        page = county.account(role).get(f"/sites/{county.schools[0].site}").text
        assert f'action="/sites/{county.schools[0].site}' not in page
        assert "公钥" in page


def test_an_institution_and_its_site_are_entered(county: County) -> None:
    page = said(county.admin, "/sites/institutions", 409, name="第0培训学校", area="140521", sector="人社").text
    assert "已有同名培训机构" in page and 'value="第0培训学校"' in page and 'value="人社"' in page
    assert "「地区代码」没有填或填得不对" in said(county.admin, "/sites/institutions", 422, name="甲", area="1").text
    onward = said(county.admin, "/sites/institutions", 303, name="甲学校", area="", sector="").headers["location"]
    page = county.admin.get(onward).text
    chosen = re.search(r'<option value="([0-9a-f-]{36})" selected>甲学校', page)
    assert chosen is not None and "机构已登记" in page
    assert "「名称」没有填或填得不对" in said(county.admin, "/sites", 422, institution_id=chosen[1], name=" ").text
    onward = said(county.admin, "/sites", 303, institution_id=chosen[1], name="东校区").headers["location"]
    assert "甲学校" in county.admin.get(onward).text


def test_every_reason_of_a_revocation_is_offered(county: County) -> None:
    page = county.admin.get(f"/sites/{county.schools[0].site}").text
    assert set(re.findall(r'<option value="(\w+)"', page)) >= {reason.value for reason in RevocationReason}
