"""The Merkle tree of an append-only log (RFC 6962 §2.1), pure: hashes in, hashes and answers out.

A tree is known by its *nodes*: `(level, index)` is the hash over the 2^level leaves from `index * 2^level` on, and
exists only when all of them do. So nothing is ever updated: adding a leaf adds one node, and one more for each subtree
that it completes. Whoever has the nodes can prove; whoever has a proof and two roots can check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

Key = tuple[int, int]
"""(level, index)"""
Reader = Callable[[Iterable[Key]], Mapping[Key, bytes]]
"""The nodes that are asked for, in one go; each must exist."""

EMPTY_ROOT = hashlib.sha256(b"").digest()
LONGEST_PROOF = 63  # hashes; C2SP tlog-witness


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def growth(size: int, leaves: Sequence[bytes], read: Reader) -> list[tuple[Key, bytes]]:
    """The nodes that a tree of `size` gains by `leaves` (their hashes), in an order in which they can be stored."""
    after = size + len(leaves)
    joined = [(level, index) for level, index in _peaks(0, size) if (index + 2) << level <= after]  # into larger ones
    known = dict(read(joined)) if joined else {}
    gained: list[tuple[Key, bytes]] = []
    for number, leaf in enumerate(leaves, start=size):
        key, value = (0, number), leaf
        gained.append((key, value))
        while key[1] % 2:
            value = node_hash(known[key[0], key[1] - 1], value)
            key = (key[0] + 1, key[1] // 2)
            gained.append((key, value))
        known[key] = value
    return gained


def root(size: int, read: Reader) -> bytes:
    return _range_hash(0, size, read(_peaks(0, size))) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1. Raises ValueError when there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    return _hashes(_path(index, 0, size), read)


def consistency_proof(old: int, new: int, read: Reader) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 §2.1.2; empty for old = 0 and old = new. Raises ValueError when new < old."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is not the beginning of one of {new}")
    return _hashes(_subproof(old, 0, new, whole=True), read) if 0 < old < new else []


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether `proof` shows that `leaf` (a leaf hash) is at `index` in the tree of `size` with this root (RFC 9162
    §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, value = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node % 2 or node == last:
            value = node_hash(step, value)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            value = node_hash(value, step)
        node, last = node // 2, last // 2
    return last == 0 and value == root_hash


def proves_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether `proof` shows that the tree of `old` leaves is the beginning of that of `new` (RFC 9162 §2.1.4.2)."""
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node // 2, last // 2
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            second = node_hash(second, step)
        node, last = node // 2, last // 2
    return last == 0 and first == old_root and second == new_root


_Range = tuple[int, int]
"""Leaves [start, stop); its start is a multiple of every subtree that `_peaks` cuts it into."""


def _split(start: int, stop: int) -> int:
    """Where RFC 6962 divides leaves [start, stop): after the largest power of two below their number."""
    return start + (1 << (stop - start - 1).bit_length() - 1)


def _peaks(start: int, stop: int) -> list[Key]:
    """The largest complete subtrees that make up [start, stop), left to right."""
    peaks = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        peaks.append((level, start >> level))
        start += 1 << level
    return peaks


def _range_hash(start: int, stop: int, nodes: Mapping[Key, bytes]) -> bytes:
    hashes = [nodes[key] for key in _peaks(start, stop)]
    value = hashes.pop()
    while hashes:
        value = node_hash(hashes.pop(), value)
    return value


def _path(index: int, start: int, stop: int) -> list[_Range]:
    if stop - start == 1:
        return []
    middle = _split(start, stop)
    if index < middle:
        return [*_path(index, start, middle), (middle, stop)]
    return [*_path(index, middle, stop), (start, middle)]


def _subproof(old: int, start: int, stop: int, *, whole: bool) -> list[_Range]:
    """`old`: leaves of the older tree, counted from 0. `whole`: [start, stop) is that tree's own root so far."""
    if old == stop:
        return [] if whole else [(start, stop)]
    middle = _split(start, stop)
    if old <= middle:
        return [*_subproof(old, start, middle, whole=whole), (middle, stop)]
    return [*_subproof(old, middle, stop, whole=False), (start, middle)]


def _hashes(ranges: Sequence[_Range], read: Reader) -> list[bytes]:
    nodes = read([key for start, stop in ranges for key in _peaks(start, stop)])
    return [_range_hash(start, stop, nodes) for start, stop in ranges]
