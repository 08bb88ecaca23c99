"""The tree against the naive definition of RFC 6962 §2.1, for every size and every proof up to a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.evidence import merkle
from storage.evidence.merkle import Key

SIZES = 40
ENTRIES = [f"entry {number}".encode() for number in range(SIZES)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


class Nodes:
    """A tree in memory."""

    def __init__(self, leaves: list[bytes] = LEAVES, step: int = 1) -> None:
        self.held: dict[Key, bytes] = {}
        for first in range(0, len(leaves), step):
            self.held |= dict(merkle.growth(first, leaves[first : first + step], self.read))

    def read(self, keys: Iterable[Key]) -> Mapping[Key, bytes]:
        return {key: self.held[key] for key in keys}


def test_the_hashes_are_those_of_the_standard() -> None:
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("step", [1, 3, SIZES])
def test_every_root_is_the_naive_one_however_the_leaves_came(step: int) -> None:
    nodes = Nodes(step=step)
    for size in range(SIZES + 1):
        assert merkle.root(size, nodes.read) == naive_root(LEAVES[:size])


def test_every_inclusion_proof_holds_and_holds_for_nothing_else() -> None:
    nodes = Nodes()
    for size in range(1, SIZES + 1):
        root = naive_root(LEAVES[:size])
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, nodes.read)
            assert merkle.proves_inclusion(LEAVES[index], index, size, proof, root)
            assert not merkle.proves_inclusion(LEAVES[index - 1] if index else b"x" * 32, index, size, proof, root)
            assert not merkle.proves_inclusion(LEAVES[index], index + 1, size, proof, root)
            assert not merkle.proves_inclusion(LEAVES[index], index, size, [*proof, root], root)
            assert not merkle.proves_inclusion(LEAVES[index], index, size, proof[:-1], root) or not proof


def test_every_consistency_proof_holds_and_no_rewritten_history_does() -> None:
    nodes = Nodes()
    other = Nodes([merkle.leaf_hash(b"another"), *LEAVES[1:]])
    for new in range(SIZES + 1):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, nodes.read)
            roots = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
            assert merkle.proves_consistency(old, new, proof, *roots)
            if 0 < old < new:
                forged = merkle.consistency_proof(old, new, other.read)
                assert not merkle.proves_consistency(old, new, forged, roots[0], merkle.root(new, other.read))
                assert not merkle.proves_consistency(old, new, proof, roots[1], roots[0])
                assert not merkle.proves_consistency(old, new, [*proof, roots[0]], *roots)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=70), st.data())
def test_a_proof_with_one_bit_changed_proves_nothing(entries: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    nodes = Nodes(leaves)
    size = len(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, nodes.read)
    root = merkle.root(size, nodes.read)
    assert merkle.proves_inclusion(leaves[index], index, size, proof, root)
    if proof:
        spot, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
        flipped = bytearray(proof[spot])
        flipped[bit // 8] ^= 1 << bit % 8
        assert not merkle.proves_inclusion(
            leaves[index], index, size, [*proof[:spot], bytes(flipped), *proof[spot + 1 :]], root
        )


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_what_is_no_beginning_is_refused(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="not the beginning"):
        merkle.consistency_proof(old, new, Nodes().read)


def test_a_leaf_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no leaf 3 in a tree of 3"):
        merkle.inclusion_proof(3, 3, Nodes().read)
