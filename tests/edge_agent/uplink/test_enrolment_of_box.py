"""Enrolment against a real centre: once, clear when refused, safe to repeat after any failure."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from config.errors import LessonProofError
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, forget, recall, remember
from edge_agent.uplink.client import CentreClient
from edge_agent.uplink.enrolment import Enrolment, enrol, enrolment_of
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.keyfile import load, load_or_create
from supervisor.contract.signing import public_key_text
from tests.support.county import post
from tests.support.enrolled_box import Centre

Fresh = tuple[UnitOfWork, BoxPaths]


def code_of(centre: Centre) -> str:
    made = post(
        centre.county.admin,
        "/api/boxes",
        {"site_id": centre.county.schools[0].site, "name": f"新盒子{uuid4().hex[:6]}"},
    )
    return str(made["code"])


def enrolled(centre: Centre, fresh: Fresh, code: str, **changes: object) -> Enrolment:
    work, paths = fresh
    given = {"centre_url": centre.url, "code": code, "version": "1"} | changes
    return enrol(work, paths, centre.county.clock, **given)  # type: ignore[arg-type]


def refusal(centre: Centre, fresh: Fresh, code: str, **changes: object) -> LessonProofError:
    with pytest.raises(LessonProofError) as caught:
        enrolled(centre, fresh, code, **changes)
    return caught.value


def test_a_box_becomes_known_with_its_own_key_and_can_speak_to_the_centre(centre: Centre, fresh: Fresh) -> None:
    work, paths = fresh
    done = enrolled(centre, fresh, code_of(centre))
    assert done.fresh and done.site_name == "本部"
    assert enrolment_of(work) == Enrolment(done.box_id, centre.url, "本部", fresh=False)
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600
    with CentreClient.for_box(centre.url, load(paths.key), done.box_id, centre.county.clock) as client:
        assert str(client.target(None).state.box_id) == done.box_id


def test_enrolling_again_at_the_same_centre_changes_nothing_and_needs_no_centre(centre: Centre, fresh: Fresh) -> None:
    done = enrolled(centre, fresh, code_of(centre))
    centre.stop()
    again = enrolled(centre, fresh, "ANOTHER-CODE", centre_url=centre.url + "/")
    assert (again.box_id, again.fresh) == (done.box_id, False)


def test_spaces_and_small_letters_in_a_code_do_not_matter(centre: Centre, fresh: Fresh) -> None:
    assert enrolled(centre, fresh, f"  {code_of(centre).lower()} ").fresh


def test_a_wrong_code_is_named_in_both_languages(centre: Centre, fresh: Fresh) -> None:
    error = refusal(centre, fresh, "WRON-GCOD-E234")
    assert error.code == "CODE_UNKNOWN"
    assert error.zh and error.en
    assert enrolment_of(fresh[0]) is None


def test_a_code_is_over_after_a_quarter_of_an_hour(centre: Centre, fresh: Fresh) -> None:
    code = code_of(centre)
    centre.county.clock.sleep(timedelta(minutes=16).total_seconds())
    assert refusal(centre, fresh, code).code == "CODE_EXPIRED"


def test_an_earlier_code_is_void_once_there_is_a_new_one(centre: Centre, fresh: Fresh) -> None:
    admin = centre.county.admin
    made = post(admin, "/api/boxes", {"site_id": centre.county.schools[0].site, "name": "新盒子"})
    newer = post(admin, f"/api/boxes/{made['id']}/code", None)
    error = refusal(centre, fresh, str(made["code"]))
    assert (error.code, "作废" in error.zh, "void" in error.en) == ("CODE_VOID", True, True)
    assert enrolment_of(fresh[0]) is None
    assert enrolled(centre, fresh, str(newer["code"])).box_id == made["id"]


def test_a_code_works_for_one_box_only(centre: Centre, fresh: Fresh, tmp_path: Path) -> None:
    code = code_of(centre)
    enrolled(centre, fresh, code)
    other = BoxPaths(tmp_path / "other")
    engine = open_engine(other.database_url)
    upgrade(engine, "box")
    with pytest.raises(LessonProofError) as caught:
        enrol(UnitOfWork(engine), other, centre.county.clock, centre_url=centre.url, code=code, version="1")
    assert caught.value.code == "CODE_USED"


def test_an_answer_lost_on_the_way_is_asked_for_again(centre: Centre, fresh: Fresh) -> None:
    """The centre committed, the box never heard: the same code with the same key gets the same answer."""
    code = code_of(centre)
    first = enrolled(centre, fresh, code)
    with fresh[0].write() as session:
        forget(session, *Fact)
    assert enrolled(centre, fresh, code).box_id == first.box_id


def test_an_absent_centre_is_told_as_such(centre: Centre, fresh: Fresh) -> None:
    code = code_of(centre)
    centre.stop()
    error = refusal(centre, fresh, code)
    assert error.code == "CENTRE_UNREACHABLE"
    assert centre.url in error.zh


@pytest.mark.parametrize(
    "url", ["centre.example", "ftp://centre.example", "http://", "http://me:secret@host", "http://["]
)
def test_what_is_no_centre_address_is_refused_before_anything_is_sent(centre: Centre, fresh: Fresh, url: str) -> None:
    error = refusal(centre, fresh, "SOME-CODE", centre_url=url)
    assert error.code == "CENTRE_URL_INVALID"
    assert "secret" not in str(error)


def test_a_code_too_short_to_be_one_is_refused(centre: Centre, fresh: Fresh) -> None:
    assert refusal(centre, fresh, "1234").code == "CODE_INVALID"


def test_another_centre_needs_a_word_of_consent(centre: Centre, fresh: Fresh) -> None:
    enrolled(centre, fresh, code_of(centre))
    error = refusal(centre, fresh, code_of(centre), centre_url="http://127.0.0.1:9")
    assert error.code == "ALREADY_ENROLLED"


def test_replacing_gives_a_new_identity_and_tells_everything_again(centre: Centre, fresh: Fresh) -> None:
    work, paths = fresh
    first = enrolled(centre, fresh, code_of(centre))
    old_key = public_key_text(load(paths.key))
    with work.write() as session:
        remember(session, Fact.LOG_DELIVERED, 7)
        remember(session, Fact.TARGET, "{}")
    second = enrolled(centre, fresh, code_of(centre), replace=True)
    assert second.fresh and second.box_id != first.box_id
    assert public_key_text(load(paths.key)) != old_key
    assert paths.key.with_suffix(".old.pem").exists()
    with work.read() as session:
        assert recall(session, Fact.LOG_DELIVERED) == "0"
        assert recall(session, Fact.TARGET) is None


def test_a_replacement_that_is_refused_leaves_the_box_as_it_was(centre: Centre, fresh: Fresh) -> None:
    work, paths = fresh
    first = enrolled(centre, fresh, code_of(centre))
    key = paths.key.read_bytes()
    assert refusal(centre, fresh, "WRON-GCOD-E234", replace=True).code == "CODE_UNKNOWN"
    assert paths.key.read_bytes() == key
    known = enrolment_of(work)
    assert known is not None and known.box_id == first.box_id


def test_a_key_that_cannot_be_read_says_what_to_do(fresh: Fresh) -> None:
    paths = fresh[1]
    load_or_create(paths.key)
    paths.key.write_text("not a key", encoding="utf-8")
    with pytest.raises(LessonProofError) as caught:
        load(paths.key)
    assert caught.value.code == "KEY_UNREADABLE"
