"""At the box: an ID number is known again without being there, once, off line, and not guessed at the screen."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.errors import LessonProofError
from edge_agent.panel import cards as cards_module
from edge_agent.panel.cards import Carded, Cards
from storage.evidence.tables import LogRow
from supervisor.contract.target import TargetCards
from supervisor.rules.card_hash import card_hash
from supervisor.rules.checkin import Direction
from tests.support.box import START, uuid_of
from tests.support.classroom import PEOPLE, Classroom, classroom, session_of
from tests.support.county import id_number

SESSION = uuid_of("session")
SALT = "7c" * 32
ANN, HERE = PEOPLE[1], PEOPLE[5]
CARDS = TargetCards(
    salt=SALT,
    hashes={one.ref: card_hash(id_number(n), bytes.fromhex(SALT)) for n, one in ((1, ANN), (5, HERE))},
)


@pytest.fixture
def room(tmp_path: Path) -> Classroom:
    made = classroom(tmp_path)
    made.told(session=session_of(cards=CARDS))
    made.centre = False
    return made


def cards_of(room: Classroom) -> Cards:
    return Cards(room.box.plans, room.clock, room.looking()[2])


def entries(room: Classroom) -> list[dict[str, object]]:
    with room.box.work.read() as session:
        query = select(LogRow.body).where(LogRow.kind == "card_check_in").order_by(LogRow.idx)
        return [json.loads(body) for body in session.scalars(query)]


def refused(cards: Cards, text: str, session: UUID = SESSION) -> str:
    with pytest.raises(LessonProofError) as error:
        cards.check_in(uuid4(), session, Direction.IN, text)
    assert text not in str(error.value) and error.value.zh and error.value.en
    return error.value.code


def test_a_number_is_its_persons_check_in_and_is_nowhere(room: Classroom) -> None:
    cards, number = cards_of(room), id_number(1)
    assert cards.check_in(uuid4(), SESSION, Direction.IN, f" {number.lower()} ") == Carded("钱*", again=False)
    (entry,) = entries(room)
    assert (entry["person"], entry["session_id"], entry["direction"]) == (ANN.ref, str(SESSION), "in")
    with room.box.work.read() as session:
        assert not any(number in row.body for row in session.scalars(select(LogRow)))
    looking = room.looking()[0]
    door = looking.facts(looking.rooms()[0]).door
    assert door is not None and ANN.ref in door.here and door.cards


def test_whoever_was_here_is_told_so_and_not_entered_again(room: Classroom) -> None:
    cards = cards_of(room)
    assert cards.check_in(uuid4(), SESSION, Direction.IN, id_number(5)).again
    cards.check_in(uuid4(), SESSION, Direction.IN, id_number(1))
    assert cards.check_in(uuid4(), SESSION, Direction.IN, id_number(1)).again
    assert len(entries(room)) == 1


def test_a_slip_of_the_finger_is_no_guess_and_guesses_are_counted(
    room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards_module, "WINDOW_S", 60.0)
    cards = cards_of(room)
    slip = id_number(1)[:-1] + ("0" if id_number(1)[-1] != "0" else "1")
    assert [refused(cards, slip) for _ in range(cards_module.WRONG + 2)] == ["ID_NUMBER_INVALID"] * 7
    assert [refused(cards, id_number(n)) for n in range(100, 106)] == ["CARD_UNKNOWN"] * 5 + ["TOO_MANY_TRIES"]
    assert refused(cards, id_number(1)) == "TOO_MANY_TRIES"
    room.clock.sleep(cards_module.WINDOW_S + 1)
    assert not cards.check_in(uuid4(), SESSION, Direction.IN, id_number(1)).again


def test_it_is_refused_with_its_reason(room: Classroom) -> None:
    cards = cards_of(room)
    assert refused(cards, id_number(1), uuid4()) == "SESSION_NOT_FOUND"
    room.told(session=session_of())
    assert refused(cards, id_number(1)) == "METHOD_NOT_ENABLED"
    room.told(session=session_of(cards=CARDS))
    room.at(START + timedelta(hours=2))
    assert refused(cards, id_number(1)) == "TOO_LATE"
    assert entries(room) == []
