"""The draw of lesson hours for a human re-check: anyone who has the seed and the candidates repeats it."""

import math
from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256


def draw(seed: bytes, candidates: Iterable[int], ratio: float) -> list[int]:
    """The drawn candidates, ascending; `ratio` of them, rounded up, so that one candidate is never safe.

    Each candidate's place is sha256(seed, ":", its number in decimal); the lowest are drawn. The order the
    candidates come in, and a candidate named twice, change nothing. ValueError: a ratio outside 0..1.
    """
    if not 0 <= ratio <= 1:
        raise ValueError(f"a ratio of {ratio} is not between 0 and 1")
    numbers = set(candidates)
    wanted = math.ceil(Fraction(str(ratio)) * len(numbers))
    by_lot = sorted(numbers, key=lambda number: (sha256(seed + b":" + str(number).encode()).digest(), number))
    return sorted(by_lot[:wanted])
