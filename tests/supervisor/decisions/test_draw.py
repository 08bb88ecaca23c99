import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisor.rules.draw import draw


@given(st.binary(), st.lists(st.integers(min_value=1)), st.randoms())
def test_anyone_repeats_the_draw(seed, candidates, random):
    first = draw(seed, candidates, 0.05)
    shuffled = candidates + candidates[:1]
    random.shuffle(shuffled)
    assert draw(seed, shuffled, 0.05) == first
    assert set(first) <= set(candidates)


@pytest.mark.parametrize(
    ("of", "ratio", "drawn"),
    [(0, 0.05, 0), (1, 0.05, 1), (20, 0.05, 1), (21, 0.05, 2), (60, 0.05, 3), (7, 0, 0), (7, 1, 7)],
)
def test_how_many_are_drawn(of, ratio, drawn):
    assert len(draw(b"seed", range(1, of + 1), ratio)) == drawn


def test_another_seed_draws_others():
    assert draw(b"a", range(1, 1001), 0.05) != draw(b"b", range(1, 1001), 0.05)


@pytest.mark.parametrize("ratio", [-0.01, 1.01, float("nan")])
def test_a_ratio_is_a_share(ratio):
    with pytest.raises(ValueError):
        draw(b"seed", [1], ratio)
