"""How a box knows an ID number again without having it: a slow hash, salted for one session alone.

An ID number is quickly guessed where nothing slows the guesser: one area code and sixty years of birth leave about 22
million. scrypt makes each guess cost time and 32 MiB; the salt makes what was guessed for one session worth nothing for
the next.
"""

from __future__ import annotations

import hashlib

_COST, _BLOCK = 2**15, 8


def card_hash(number: str, salt: bytes) -> str:
    """Hex. `number`: as `parse_id_number` gives it."""
    room = 2 * 128 * _COST * _BLOCK
    return hashlib.scrypt(number.encode(), salt=salt, n=_COST, r=_BLOCK, p=1, maxmem=room, dklen=32).hex()
