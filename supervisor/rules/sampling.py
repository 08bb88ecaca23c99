"""Draws that anybody can repeat (A-23, B-19): a recorded seed and the candidates give the same list again."""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256


def draw(seed: str, candidates: Collection[str], n: int) -> tuple[str, ...]:
    """`n` of the candidates, all of them when there are fewer: in the order of SHA-256 of `seed:candidate`, so that the
    order in which they were listed says nothing."""
    order = sorted(set(candidates), key=lambda one: (sha256(f"{seed}:{one}".encode()).digest(), one))
    return tuple(order[: max(0, n)])
