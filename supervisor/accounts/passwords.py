"""Argon2 hashes of passwords, never more than two at once."""

from __future__ import annotations

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_HASHER = PasswordHasher()
HASHING = BoundedSemaphore(2)  # 64 MiB and a core each: a flood of sign-ins must not take the whole machine
NOBODY = _HASHER.hash("nobody has this account")  # verified for unknown names, so that they take as long as known ones


def hashed(password: str) -> str:
    with HASHING:
        return _HASHER.hash(password)


def matches(known: str, password: str) -> bool:
    with HASHING:
        try:
            return _HASHER.verify(known, password)
        except VerificationError:
            return False
