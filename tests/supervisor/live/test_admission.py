"""Who may look at which camera, when, and what the registers say about it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from supervisor.audit.models import AuditEvent
from supervisor.callers import SESSION_COOKIE
from supervisor.contract.live import LiveReason
from supervisor.devices.models import Box
from supervisor.lessons.models import ViewLog
from supervisor.lessons.schemas import ViewReason
from supervisor.live.schemas import WishIn
from supervisor.live.service import Visit
from tests.support.county import START, County, School, post


def visit(county: County, client: httpx.Client, reason: ViewReason = ViewReason.ROUTINE) -> Visit:
    return Visit(county.centre, client.cookies.get(SESSION_COOKIE), "192.0.2.7", reason, set())


def wish(camera: str) -> list[WishIn]:
    return [WishIn(camera_id=UUID(camera), mode="video")]


def during(county: County, minutes: float = 1) -> School:
    """The first school; a lesson hour of it is under way."""
    county.clock.sleep((START - county.clock.now()).total_seconds() + 60 * minutes)
    return county.schools[0]


def refused(county: County, client: httpx.Client, camera: str) -> str:
    with pytest.raises(LessonProofError) as told:
        visit(county, client).admit(wish(camera))
    return f"{told.value.status} {told.value.code}"


def registered(county: County) -> list[ViewLog]:
    with county.centre.uow.read() as session:
        return list(session.scalars(select(ViewLog).order_by(ViewLog.at)))


@pytest.mark.rule("A-23")
def test_an_inspector_looks_and_both_registers_say_so_before_anything_is_sent(county: County) -> None:
    school = during(county)
    seeing = visit(county, county.inspector, ViewReason.ALERT)
    (granted,) = seeing.admit(wish(school.camera))
    assert (str(granted.camera_id), str(granted.box_id), granted.refused) == (school.camera, school.box, None)
    (line,) = registered(county)
    assert (str(line.lesson_hour_id), line.what, line.reason, line.ip) == (
        school.lesson,
        "patrol",
        "alert",
        "192.0.2.7",
    )
    with county.centre.uow.read() as session:
        (event,) = session.scalars(select(AuditEvent).where(AuditEvent.action == "live_viewed")).all()
    assert event.details == {"cameras": [school.camera], "lessons": [school.lesson], "ip": "192.0.2.7"}
    for _ in range(3):
        seeing.admit(wish(school.camera))  # asked again every half minute
    assert len(registered(county)) == 1


def test_the_next_lesson_hour_is_a_line_of_its_own(county: County) -> None:
    school = during(county)
    seeing = visit(county, county.inspector)
    seeing.admit(wish(school.camera))
    hours = school.session["lesson_hours"]
    county.clock.sleep(4 * 60)
    seeing.admit(wish(school.camera))
    assert [str(line.lesson_hour_id) for line in registered(county)] == [hours[0]["id"], hours[1]["id"]]


@pytest.mark.parametrize("minutes", [-30, 60])
def test_outside_a_lesson_hour_nobody_looks_into_a_room(county: County, minutes: float) -> None:
    school = during(county, minutes)
    (told,) = visit(county, county.inspector).admit(wish(school.camera))
    assert told.refused is LiveReason.NO_LESSON
    assert registered(county) == []


def test_a_camera_out_of_scope_is_a_camera_that_does_not_exist(county: County) -> None:
    school = during(county)
    other = county.schools[1]
    assert refused(county, county.inspector, str(uuid4())) == "404 CAMERA_NOT_FOUND"
    assert refused(county, other.inspector, school.camera) == "404 CAMERA_NOT_FOUND"
    assert refused(county, county.account("inspector", area="99"), school.camera) == "404 CAMERA_NOT_FOUND"
    assert registered(county) == []


def test_only_who_may_patrol_may_look(county: County) -> None:
    school = during(county)
    for role in ("handler", "approver", "finance", "oversight", "system_admin", "audit_admin"):
        assert refused(county, county.account(role), school.camera) == "403 ROLE_NOT_ALLOWED"
    assert refused(county, school.teacher, school.camera) == "403 ROLE_NOT_ALLOWED"
    assert refused(county, county.client(), school.camera) == "401 NOT_SIGNED_IN"


def test_who_signs_out_sees_no_more(county: County) -> None:
    school = during(county)
    seeing = visit(county, county.inspector)
    seeing.admit(wish(school.camera))
    assert county.inspector.delete("/api/session").is_success
    with pytest.raises(LessonProofError, match="NOT_SIGNED_IN"):
        seeing.admit(wish(school.camera))


@pytest.mark.rule("A-29")
def test_a_secret_related_unit_is_refused(county: County) -> None:
    school = during(county)
    post(county.account("handler"), f"/api/institutions/{school.institution}/secret", None, 204)
    assert refused(county, county.inspector, school.camera) == "403 SECRET_UNIT"
    assert registered(county) == []


def test_an_exempt_class_is_not_looked_at(county: County) -> None:
    school = during(county)
    with county.centre.uow.write() as session:
        from supervisor.classes.models import TrainingClass

        session.get_one(TrainingClass, UUID(school.training["id"])).exempt = "enterprise_staff"
    (told,) = visit(county, county.inspector).admit(wish(school.camera))
    assert told.refused is LiveReason.EXEMPT


def test_a_revoked_box_shows_nothing(county: County) -> None:
    school = during(county)
    with county.centre.uow.write() as session:
        box = session.get_one(Box, UUID(school.box))
        box.revoked_at, box.revoked_reason = county.clock.now() - timedelta(minutes=1), "lost"
    (told,) = visit(county, county.inspector).admit(wish(school.camera))
    assert told.refused is LiveReason.BOX_AWAY
    assert registered(county) == []
