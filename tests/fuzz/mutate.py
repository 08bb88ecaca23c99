"""Seeded damage to octets and to lines of text: what a bad switch, a bad camera or a bad person sends."""

from __future__ import annotations

import random

_NASTY = (
    b"\x00", b"\xff", b"\x00\x00\x00\x01", b"\x00\x00\x01", b"$", b"\r\n", b"\r\n\r\n", b":", b"=", b"-1",
    b"4294967296", b"18446744073709551616", b"%s%n", b"A" * 3000, b"\xc3\x28", b"<", b"]]>", b"&x;", b"\x80" * 16,
)  # fmt: skip


def mutated(data: bytes, random_source: random.Random, *, at_most: int = 6) -> bytes:
    """One to `at_most` small damages; may be empty, may be longer than `data`."""
    changed = bytearray(data)
    for _ in range(random_source.randint(1, at_most)):
        where = random_source.randrange(len(changed) + 1)
        length = random_source.choice((1, 1, 2, 4, 16, 64))
        match random_source.randrange(7):
            case 0 if where < len(changed):
                changed[where] ^= 1 << random_source.randrange(8)
            case 1 if where < len(changed):
                changed[where] = random_source.choice((0, 1, 0x7F, 0x80, 0xFF, random_source.randrange(256)))
            case 2:
                del changed[where : where + length]
            case 3:
                changed[where:where] = random_source.choice(_NASTY)
            case 4:
                changed[where:where] = changed[where : where + length] * random_source.randint(1, 8)
            case 5:
                changed[where : where + length] = random_source.randbytes(length)
            case _:
                del changed[max(where, 8) :]
    return bytes(changed)


def mutated_lines(text: bytes, random_source: random.Random) -> bytes:
    """Lines gone, doubled, swapped, or with a number or a value that nobody expects."""
    lines = text.split(b"\r\n")
    for _ in range(random_source.randint(1, 3)):
        where = random_source.randrange(len(lines))
        match random_source.randrange(5):
            case 0:
                lines.pop(where)
            case 1:
                lines.insert(where, lines[where])
            case 2:
                other = random_source.randrange(len(lines))
                lines[where], lines[other] = lines[other], lines[where]
            case 3:
                name, colon, _ = lines[where].partition(random_source.choice((b":", b"=", b" ", b"/")))
                lines[where] = name + colon + random_source.choice(_NASTY)
            case _:
                lines[where] = mutated(lines[where], random_source, at_most=2)
        lines = lines or [b""]
    return b"\r\n".join(lines)
