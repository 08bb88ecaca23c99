"""Masking by default (L14): a list shows of a person what its purpose needs. What does not fit is hidden whole."""

from __future__ import annotations

_PHONE_DIGITS = 11


def mask_name(name: str) -> str:
    """张三 → 张*; the length of the name is hidden too."""
    name = name.strip()
    return f"{name[0]}*" if name else ""


def mask_id_number(number: str, pattern: str) -> str:
    """`pattern` is a profile's `publicity.id_mask`: 6*8*4 keeps 6 digits, hides 8, keeps 4.

    Raises ValueError for a pattern of another form, never for the number.
    """
    head, hidden, tail = (int(part) for part in pattern.split("*"))
    if len(number) != head + hidden + tail:
        return "*" * len(number)
    return number[:head] + "*" * hidden + number[len(number) - tail :]


def mask_phone(phone: str) -> str:
    """13800001234 → 138****1234."""
    if len(phone) != _PHONE_DIGITS or not phone.isdecimal():
        return "*" * len(phone)
    return f"{phone[:3]}****{phone[-4:]}"
