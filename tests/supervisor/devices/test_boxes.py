from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from supervisor.audit.models import AuditEvent
from supervisor.devices.models import EnrolmentCode
from tests.support.county import County, enrol_request, post, problem


def test_a_code_works_once_and_a_lost_answer_can_be_asked_for_again(county: County) -> None:
    made = post(county.admin, "/api/boxes", {"site_id": county.schools[0].site, "name": "二号"})
    key = Ed25519PrivateKey.generate()
    first = post(county.client(), "/api/box/enrol", enrol_request(made["code"], key), 201)
    assert first["box_id"] == made["id"] and first["site_name"] == "本部"
    assert post(county.client(), "/api/box/enrol", enrol_request(made["code"], key), 201)["box_id"] == made["id"]
    other = enrol_request(made["code"], Ed25519PrivateKey.generate())
    problem(county.client().post("/api/box/enrol", json=other), 409, "CODE_USED")
    problem(county.admin.post(f"/api/boxes/{made['id']}/code"), 409, "BOX_ENROLLED")


def test_a_code_lives_a_quarter_of_an_hour_and_is_stored_only_as_a_hash(county: County) -> None:
    made = post(county.admin, "/api/boxes", {"site_id": county.schools[0].site, "name": "二号"})
    with county.centre.uow.read() as session:
        stored = repr([row.code_sha256 for row in session.scalars(select(EnrolmentCode))])
    assert made["code"].replace("-", "") not in stored
    county.clock.step(15 * 60)
    request = enrol_request(made["code"], Ed25519PrivateKey.generate())
    problem(county.client().post("/api/box/enrol", json=request), 409, "CODE_EXPIRED")
    fresh = post(county.admin, f"/api/boxes/{made['id']}/code", None, 201)
    assert post(county.client(), "/api/box/enrol", request | {"code": fresh["code"].lower()})["box_id"] == made["id"]


def test_a_new_code_makes_the_earlier_one_void(county: County) -> None:
    made = post(county.admin, "/api/boxes", {"site_id": county.schools[0].site, "name": "二号"})
    again = f"/api/boxes/{made['id']}/code"
    county.clock.step(60)
    newer = post(county.admin, again, None, 201)
    assert (made["voided"], newer["voided"]) == (0, 1)
    key = Ed25519PrivateKey.generate()
    told = problem(county.client().post("/api/box/enrol", json=enrol_request(made["code"], key)), 409, "CODE_VOID")
    assert told["where"] == "/code"
    county.clock.step(15 * 60)  # both are over, and only one of them was void
    problem(county.client().post("/api/box/enrol", json=enrol_request(made["code"], key)), 409, "CODE_VOID")
    problem(county.client().post("/api/box/enrol", json=enrol_request(newer["code"], key)), 409, "CODE_EXPIRED")
    last = post(county.admin, again, None, 201)
    assert last["voided"] == 0
    for _ in range(2):  # a lost answer is asked for again
        assert post(county.client(), "/api/box/enrol", enrol_request(last["code"], key))["box_id"] == made["id"]
    with county.centre.uow.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"box:{made['id']}")).all()
    assert [one.details for one in events if one.action == "box_codes_voided"] == [{"codes": 1}]
    assert [one.action for one in events].count("box_code_issued") == 2


def test_of_codes_made_at_once_one_is_left(county: County) -> None:
    made = post(county.admin, "/api/boxes", {"site_id": county.schools[0].site, "name": "二号"})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(county.admin, f"/api/boxes/{made['id']}/code", None, 201), range(6)))
    with county.centre.uow.read() as session:
        codes = session.scalars(select(EnrolmentCode).where(EnrolmentCode.box_id == UUID(made["id"]))).all()
    assert len(codes) == 7 and [one.voided_at for one in codes].count(None) == 1
    assert [one["voided"] for one in answers] == [1] * 6


def test_no_two_rooms_and_no_two_working_boxes_of_a_site_have_one_name(county: County) -> None:
    school, other = county.schools
    room = {"site_id": school.site, "name": " 教室A "}
    told = problem(county.admin.post("/api/rooms", json=room), 409, "NAME_TAKEN")
    assert (told["where"], "教室" in told["title_zh"], "room" in told["title"]) == ("/name", True, True)
    post(county.admin, "/api/rooms", room | {"name": "教室B"}, 201)
    problem(county.admin.post("/api/rooms", json=room | {"site_id": other.site}), 409, "NAME_TAKEN")
    second = post(county.admin, "/api/sites", {"institution_id": school.institution, "name": "东校区"}, 201)["id"]
    post(county.admin, "/api/rooms", room | {"site_id": second}, 201)  # another site has names of its own
    box = {"site_id": school.site, "name": "盒子"}
    assert problem(county.admin.post("/api/boxes", json=box), 409, "NAME_TAKEN")["where"] == "/name"
    county.revoke(school.box)
    post(county.admin, "/api/boxes", box, 201)  # what takes its place may have its name


@pytest.mark.parametrize("kind", ["rooms", "boxes"])
def test_of_one_name_told_twice_at_once_one_is_taken(county: County, kind: str) -> None:
    wanted = {"site_id": county.schools[0].site, "name": "二号"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: county.admin.post(f"/api/{kind}", json=wanted), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7, [one.text for one in answers]


def test_guessing_codes_is_slowed_down(county: County) -> None:
    request = enrol_request("AAAA-BBBB-CCCC", Ed25519PrivateKey.generate())
    for _ in range(20):
        problem(county.client().post("/api/box/enrol", json=request), 401, "CODE_UNKNOWN")
    problem(county.client().post("/api/box/enrol", json=request), 429, "TOO_MANY_TRIES")


def test_two_boxes_never_share_a_key(county: County) -> None:
    made = post(county.admin, "/api/boxes", {"site_id": county.schools[0].site, "name": "二号"})
    request = enrol_request(made["code"], county.schools[0].key)
    problem(county.client().post("/api/box/enrol", json=request), 409, "PUBLIC_KEY_TAKEN")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/box/target"),
        ("POST", "/api/box/log"),
        ("POST", "/api/box/state"),
        ("POST", "/api/box/key"),
        ("HEAD", f"/api/box/clips/{'0' * 64}"),
        ("PATCH", f"/api/box/clips/{'0' * 64}"),
    ],
)
def test_unsigned_wrongly_signed_and_revoked_boxes_are_refused_everywhere(
    county: County, method: str, path: str
) -> None:
    school = county.schools[0]
    headers = {"Upload-Offset": "0"}
    wrong = county.box_client(school.box, Ed25519PrivateKey.generate())
    foreign = county.box_client(county.schools[1].box, school.key)
    nobody = county.box_client("not-a-box", school.key)
    for client in (county.client(), county.admin, wrong, foreign, nobody):
        assert client.request(method, path, headers=headers).status_code == 401
    county.revoke(school.box)
    told = school.box_client.request(method, path, headers=headers)
    assert told.status_code == 403 and (method == "HEAD" or told.json()["code"] == "BOX_REVOKED")
    assert wrong.request(method, path, headers=headers).status_code == 401
    assert county.schools[1].box_client.request(method, path, headers=headers).status_code != 401


def test_the_target_changes_its_etag_only_with_its_content(county: County) -> None:
    school = county.schools[0]
    first = school.box_client.get("/api/box/target")
    etag = first.headers["etag"]
    county.clock.step(60)
    same = school.box_client.get("/api/box/target", headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    county.clock.step(40 * 60)
    county.check_in(school)
    changed = school.box_client.get("/api/box/target", headers={"If-None-Match": etag})
    assert changed.status_code == 200 and changed.headers["etag"] != etag
    present = [lesson["attendance"]["present"] for lesson in changed.json()["lessons"]]
    assert present == [[school.training["roster"][0]["id"]]] * 2


def test_a_box_is_told_of_its_own_rooms_only_and_of_names_only_where_a_roll_is_called(county: County) -> None:
    school = county.schools[0]
    target = school.box_client.get("/api/box/target")
    assert {camera["camera_id"] for camera in target.json()["cameras"]} == {school.camera}
    assert {lesson["class_no"] for lesson in target.json()["lessons"]} == {"2026-0"}
    assert list(target.json()["profiles"]) == ["000000-demo.1"]
    told = target.json()
    assert {person["name"] for one in told.pop("sessions") for person in one["people"]} == {
        name for name, _ in school.trainees
    }
    assert "学员" not in str(told) and not any(identity in target.text for _, identity in school.trainees)


def test_lesson_hours_are_sent_from_two_days_back_to_seven_ahead(county: County) -> None:
    school = county.schools[0]

    def sent() -> int:
        return len(school.box_client.get("/api/box/target").json()["lessons"])

    assert sent() == 2
    county.clock.step(49 * 3600)
    assert sent() == 2
    county.clock.step(2 * 3600)
    assert sent() == 0


def state(county: County, camera: str, **changes: object) -> dict[str, object]:
    now = county.clock.now().isoformat()
    report = {
        "camera_id": camera,
        "status": "recording",
        "since": now,
        "last_picture_at": now,
        "people": 3,
        "people_at": now,
        "bytes_recorded": 1,
    }
    return {
        "at": now,
        "version": "1",
        "cameras": [report | changes],
        "lessons": [],
        "disk": {"total_bytes": 2, "free_bytes": 1, "admission_ok": True},
        "backlog_entries": 0,
        "backlog_clips": 0,
    }


def test_what_a_box_says_of_its_cameras_is_on_the_page_until_it_falls_silent(county: County) -> None:
    school = county.schools[0]
    assert school.box_client.post("/api/box/state", json=state(county, school.camera)).status_code == 204

    def camera() -> dict[str, object]:
        seen: dict[str, object] = school.inspector.get(f"/api/lessons/{school.lesson}").json()["lesson"]["cameras"][0]
        return seen

    assert (camera()["status"], camera()["people"], camera()["box_silent"]) == ("recording", 3, False)
    county.clock.step(31)
    assert (camera()["status"], camera()["box_silent"]) == (None, True)


def test_a_box_cannot_speak_for_another_boxes_camera(county: County) -> None:
    mine, other = county.schools
    mine.box_client.post("/api/box/state", json=state(county, other.camera, people=40))
    page = county.inspector.get(f"/api/lessons/{other.lesson}").json()
    assert page["lesson"]["cameras"][0]["people"] is None


@pytest.mark.parametrize("change", [{"status": "dancing"}, {"since": "2026-11-23T00:00:00"}, {"detail": "x" * 301}])
def test_a_malformed_state_is_refused(county: County, change: dict[str, object]) -> None:
    school = county.schools[0]
    answer = school.box_client.post("/api/box/state", json=state(county, school.camera, **change))
    assert problem(answer, 422, "REQUEST_INVALID")["where"] == f"/cameras/0/{next(iter(change))}"


def test_all_cameras_of_a_room_hang_on_one_box(county: County) -> None:
    school = county.schools[0]
    made = post(county.admin, "/api/boxes", {"site_id": school.site, "name": "二号"})
    wanted = {"room_id": school.room, "box_id": made["id"], "code": "second"}
    problem(county.admin.post("/api/cameras", json=wanted), 422, "ROOM_HAS_OTHER_BOX")
    problem(county.admin.post("/api/cameras", json=wanted | {"box_id": county.schools[1].box}), 422, "BOX_ELSEWHERE")
    taken = wanted | {"box_id": school.box, "code": "room-a"}
    problem(county.admin.post("/api/cameras", json=taken), 422, "CAMERA_CODE_TAKEN")


def test_a_state_told_again_or_late_changes_nothing_and_is_no_sign_of_life(county: County) -> None:
    school = county.schools[0]
    old = state(county, school.camera, people=1)
    county.clock.step(10)
    new = state(county, school.camera, people=2)
    for told in (new, old, new):
        assert school.box_client.post("/api/box/state", json=told).status_code == 204
        county.clock.step(20)
    camera = school.inspector.get(f"/api/lessons/{school.lesson}").json()["lesson"]["cameras"][0]
    assert (camera["people"], camera["box_silent"]) == (2, True)
    (box,) = [each for each in county.admin.get("/api/boxes").json()["items"] if each["id"] == school.box]
    assert datetime.fromisoformat(box["last_seen"]) == datetime.fromisoformat(str(new["at"]))


def test_a_dead_boxs_rooms_move_to_a_new_one(county: County) -> None:
    school, elsewhere = county.schools
    second = {"room_id": school.room, "box_id": school.box, "code": "second"}
    cameras = [school.camera, post(county.admin, "/api/cameras", second)["id"]]
    fresh = post(county.admin, "/api/boxes", {"site_id": school.site, "name": "二号"})
    move = {"box_id": fresh["id"]}
    problem(county.admin.patch(f"/api/cameras/{cameras[0]}", json=move), 422, "ROOM_HAS_OTHER_BOX")
    county.revoke(school.box)
    for camera in cameras:
        assert county.admin.patch(f"/api/cameras/{camera}", json=move).json()["box_id"] == fresh["id"]
    problem(county.admin.patch(f"/api/cameras/{cameras[0]}", json={"box_id": school.box}), 422, "BOX_REVOKED")
    foreign = {"box_id": elsewhere.box}
    problem(county.admin.patch(f"/api/cameras/{cameras[0]}", json=foreign), 422, "BOX_ELSEWHERE")
    key = Ed25519PrivateKey.generate()
    post(county.client(), "/api/box/enrol", enrol_request(fresh["code"], key))
    target = county.box_client(fresh["id"], key).get("/api/box/target").json()
    assert {camera["camera_id"] for camera in target["cameras"]} == set(cameras)
    assert len(target["lessons"]) == 2


def test_a_cameras_acceptance_and_zone_can_be_changed_by_the_administrator_and_are_on_record(county: County) -> None:
    path = f"/api/cameras/{county.schools[0].camera}"
    changed = county.admin.patch(path, json={"accepted": False, "zone": "seats"}).json()
    assert (changed["accepted"], changed["zone"], changed["code"]) == (False, "seats", "room-a")
    with county.centre.uow.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "camera_changed")).one()
    assert event.details == {"accepted": False, "zone": "seats"}
    problem(county.schools[0].teacher.patch(path, json={"accepted": True}), 403, "ROLE_NOT_ALLOWED")
    problem(county.admin.patch(f"/api/cameras/{county.schools[0].box}", json={}), 404, "CAMERA_NOT_FOUND")


def test_who_attends_is_told_once_check_in_has_begun_and_the_rosters_size_always(county: County) -> None:
    school = county.schools[0]

    def told() -> tuple[int, int]:
        one = school.box_client.get("/api/box/target").json()["lessons"][0]["attendance"]
        return len(one["present"]), one["roster"]

    assert told() == (0, 3)
    county.clock.step(50 * 60)
    county.check_in(school)
    assert told() == (1, 3)
