"""The rules of naming, on made-up similarities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.identity.engine import Thresholds
from edge_agent.identity.match import NOBODY, UNKNOWN, Agreement, Match, agreed, match, one_face_each

RULES = Thresholds(single=0.45, agreeing=0.40, pair=0.40, margin=0.05)
AGREEMENT = Agreement(needed=3, of=5)

trainees = st.sampled_from(["A", "B", "C", "D"])
scores = st.integers(-100, 100).map(lambda hundredths: hundredths / 100)
rosters = st.dictionaries(trainees, st.lists(scores, max_size=4))


def by_number(face: float, photograph: float) -> float:
    """Templates are single numbers here: how alike a face at 1 is to one at `photograph`."""
    return face * photograph


matches = st.builds(
    lambda trainee, best, gap: Match(trainee, best, best - gap),
    trainees,
    scores,
    st.integers(0, 100).map(lambda n: n / 100),
) | st.just(UNKNOWN)


def sees(trainee: str, similarity: float, second: float = 0.1) -> Match:
    return Match(trainee, similarity, second)


@given(rosters)
def test_the_best_photograph_of_the_best_trainee_wins(roster: dict[str, list[float]]) -> None:
    found = match(1.0, roster, by_number)
    best = {name: max(photographs) for name, photographs in roster.items() if photographs}
    if not best:
        assert found == UNKNOWN
        return
    assert found.trainee is not None
    assert found.similarity == best.pop(found.trainee) >= max(best.values(), default=NOBODY) == found.second


@given(rosters, st.randoms())
def test_neither_order_nor_a_photograph_given_twice_changes_anything(roster, random) -> None:
    shuffled = list(roster.items())
    random.shuffle(shuffled)
    twice = {name: [*photographs[::-1], *photographs] for name, photographs in shuffled}
    assert match(1.0, twice, by_number) == match(1.0, roster, by_number)


@given(rosters, trainees, st.lists(scores, max_size=3))
def test_another_person_on_the_roster_never_makes_it_surer(roster, name, photographs) -> None:
    without = {other: pictures for other, pictures in roster.items() if other != name}
    before, after = match(1.0, without, by_number), match(1.0, {**without, name: photographs}, by_number)
    if after.trainee == before.trainee:
        assert after.second >= before.second
    assert after.similarity >= before.similarity


def test_an_empty_roster_knows_nobody() -> None:
    assert match(np.ones(128, np.float32), {}, by_number) == UNKNOWN
    assert not UNKNOWN.reaches(-1, -1)
    assert not sees("A", math.nan).reaches(0.4, 0.05)


@given(st.lists(matches, max_size=8))
def test_nobody_is_two_faces_of_one_frame(frame: list[Match]) -> None:
    kept = one_face_each(frame)
    names = [m.trainee for m in kept if m.trainee]
    assert len(kept) == len(frame)
    assert len(names) == len(set(names)) and set(names) == {m.trainee for m in frame if m.trainee}
    for before, after in zip(frame, kept, strict=True):
        assert after in (before, UNKNOWN)
        if after == UNKNOWN != before:
            rival = next(m for m in kept if m.trainee == before.trainee)
            assert rival.similarity >= before.similarity


@given(st.lists(matches, max_size=9))
def test_whoever_is_agreed_has_the_votes_and_nobody_else_has(seat: list[Match]) -> None:
    name = agreed(seat, RULES, AGREEMENT)
    newest = seat[-5:]
    if name is not None:
        own = [m for m in newest if m.trainee == name and m.reaches(RULES.agreeing, RULES.margin)]
        assert len(own) >= 3 or any(m.reaches(RULES.single, RULES.margin) for m in own)
        assert not any(m.reaches(RULES.single, RULES.margin) for m in newest if m.trainee != name)
    assert name == agreed(newest, RULES, AGREEMENT)  # what is older is forgotten


def test_one_sure_frame_or_three_of_five() -> None:
    assert agreed([sees("A", 0.45)], RULES, AGREEMENT) == "A"
    assert agreed([sees("A", 0.449)] * 2, RULES, AGREEMENT) is None
    assert agreed([sees("A", 0.40)] * 3, RULES, AGREEMENT) == "A"
    assert agreed([sees("A", 0.40), UNKNOWN, sees("A", 0.40), UNKNOWN, sees("A", 0.40)], RULES, AGREEMENT) == "A"
    assert agreed([sees("A", 0.399)] * 5, RULES, AGREEMENT) is None
    assert agreed([sees("A", 0.40)] * 2 + [sees("B", 0.40)] * 2, RULES, AGREEMENT) is None


def test_without_the_margin_or_with_a_contradiction_nobody_is_named() -> None:
    assert agreed([sees("A", 0.60, second=0.56)] * 5, RULES, AGREEMENT) is None
    assert agreed([sees("A", 0.50), sees("B", 0.50)], RULES, AGREEMENT) is None
    assert agreed([], RULES, AGREEMENT) is None


@pytest.mark.parametrize(("needed", "of"), [(0, 0), (2, 1), (2, 4), (3, 6)])
def test_an_agreement_that_two_could_reach_is_refused(needed: int, of: int) -> None:
    with pytest.raises(ValueError, match="needed"):
        Agreement(needed, of)
