"""At the box: the roll is called once and on record; a code is shown with and without the line, whatever the clock."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from edge_agent.capture.timekeeping import ClockState
from storage.evidence.tables import LogRow
from supervisor.rules.checkin import Direction
from supervisor.rules.rotating_code import rotating_code, scan_address, step_at
from tests.support.box import START, uuid_of
from tests.support.classroom import ADDRESS, PEOPLE, SECRET, Classroom, classroom, session_of

SESSION = uuid_of("session")
ANN, BEN = UUID(PEOPLE[1].ref), UUID(PEOPLE[2].ref)


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    return classroom(tmp_path)


def entries(room: Classroom) -> list[dict[str, object]]:
    with room.box.work.read() as session:
        query = select(LogRow.body).where(LogRow.kind == "roll_call").order_by(LogRow.idx)
        return [json.loads(body) for body in session.scalars(query)]


def test_a_roll_call_is_one_entry_and_shown_at_once_without_any_line(room: Classroom) -> None:
    room.centre = False
    looking, _, roll = room.looking()
    call = uuid4()
    for _ in range(2):  # a second press
        roll.call(call, SESSION, Direction.IN, [ANN, BEN, ANN])
    (entry,) = entries(room)
    assert (entry["roll_call_id"], entry["present"]) == (str(call), [str(ANN), str(BEN)])
    door = looking.facts(looking.rooms()[0]).door
    assert door is not None and [ref for ref, _ in door.missing] == [PEOPLE[3].ref]
    assert roll.called(SESSION, Direction.OUT) == frozenset()


def test_roll_calls_of_sessions_that_are_over_are_forgotten_here_and_stay_on_record(room: Classroom) -> None:
    _, _, roll = room.looking()
    roll.call(uuid4(), SESSION, Direction.IN, [ANN])
    room.told(session=session_of(session_id=uuid_of("another")))
    roll.call(uuid4(), uuid_of("another"), Direction.IN, [BEN])
    assert roll.called(SESSION, Direction.IN) == frozenset() and len(entries(room)) == 2


@pytest.mark.parametrize(
    ("minutes", "changes", "session", "present", "code"),
    [
        (0, {}, uuid4(), ANN, "SESSION_NOT_FOUND"),
        (0, {"roll_call": False}, SESSION, ANN, "METHOD_NOT_ENABLED"),
        (0, {}, SESSION, uuid4(), "NOT_ON_ROSTER"),
        (-60, {}, SESSION, ANN, "TOO_EARLY"),
        (60, {}, SESSION, ANN, "TOO_LATE"),
    ],
)
def test_a_roll_call_is_refused_with_its_reason(
    tmp_path: Path, minutes: int, changes: dict[str, object], session: UUID, present: UUID, code: str
) -> None:
    room = classroom(tmp_path, START + timedelta(minutes=minutes))
    room.told(session=session_of(**changes))
    _, _, roll = room.looking()
    with pytest.raises(LessonProofError) as refused:
        roll.call(uuid4(), session, Direction.IN, [present])
    assert refused.value.code == code and entries(room) == []


def test_codes_are_the_centres_and_by_its_clock_however_wrong_the_boxes_is(room: Classroom) -> None:
    _, codes, _ = room.looking()
    room.centre_off_s = 3600  # the box is an hour ahead
    rules, held = room.profile.checkin, session_of()
    assert codes.off_s() is None
    first = codes.shown(held, rules, trusted=True)
    assert first is not None and first.source == "box"
    codes.tick()
    shown = codes.shown(held, rules, trusted=False)
    there = room.clock.now() - timedelta(hours=1)
    assert shown is not None and (shown.source, codes.off_s()) == ("centre", 3600)
    assert shown.code == rotating_code(bytes.fromhex(SECRET), step_at(there, rules))
    assert shown.url == ADDRESS + shown.code
    assert 0 < shown.left_s <= rules.qr_period_s


def test_three_codes_last_over_a_silence_then_the_box_makes_its_own_by_the_time_it_learnt(room: Classroom) -> None:
    _, codes, _ = room.looking()
    rules, held, secret = room.profile.checkin, session_of(), bytes.fromhex(SECRET)
    codes.shown(held, rules, trusted=True)
    codes.tick()
    room.centre = False
    sources = []
    for _ in range(6):
        shown = codes.shown(held, rules, trusted=False)
        assert shown is not None and shown.code == rotating_code(secret, step_at(room.clock.now(), rules))
        sources.append(shown.source)
        room.clock.sleep(rules.qr_period_s)
        codes.tick()
    assert sources == ["centre"] * 4 + ["box"] * 2
    room.centre = True
    room.clock.sleep(10)
    codes.shown(held, rules, trusted=False)
    codes.tick()
    back = codes.shown(held, rules, trusted=False)
    assert back is not None and back.source == "centre"


def test_without_line_and_without_a_sure_clock_there_is_no_code(room: Classroom) -> None:
    room.centre, room.kernel = False, ClockState(False, None, None)
    looking, codes, _ = room.looking()
    facts = looking.facts(looking.rooms()[0])
    codes.tick()
    assert facts.uses_code and facts.code is None and not facts.clock.trusted
    room.kernel = ClockState(True, 0, 10)
    code = looking.facts(looking.rooms()[0]).code
    assert code is not None and code.source == "box"


def test_nobody_is_asked_for_codes_that_no_screen_shows(room: Classroom) -> None:
    _, codes, _ = room.looking()
    codes.tick()
    assert codes.off_s() is None
    codes.shown(session_of(), room.profile.checkin, trusted=True)
    room.clock.sleep(60)
    codes.tick()
    assert codes.off_s() is None
    assert codes.shown(session_of(code=None), room.profile.checkin, trusted=True) is None


@pytest.mark.parametrize(
    ("public", "code", "address"),
    [
        ("https://ks.example.cn", "R4ZJK5SC6APYH7XJ", "HTTPS://KS.EXAMPLE.CN/C/R4ZJK5SC6APYH7XJ/"),
        ("http://10.0.0.1:8080/Sub", "R4ZJK5SC6APYH7XJ", "HTTP://10.0.0.1:8080/Sub/C/R4ZJK5SC6APYH7XJ/"),
        ("https://ks.example.cn", "aB_c-1", "https://ks.example.cn/c/aB_c-1?code="),
    ],
)
def test_the_address_to_scan_is_in_capitals_where_it_may_be(public: str, code: str, address: str) -> None:
    assert scan_address(public, code) == address


def test_a_usual_address_makes_a_picture_of_version_3_m() -> None:
    import segno

    address = scan_address("https://peixun.lingchuan.gov.cn", "R4ZJK5SC6APYH7XJ") + "YAEXS2QW"
    picture = segno.make(address, error="m", micro=False, boost_error=False)
    assert (picture.version, picture.error, picture.mode) == (3, "M", "alphanumeric")
