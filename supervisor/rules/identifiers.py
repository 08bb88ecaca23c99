"""Identifiers with check digits: ID number (GB 11643-1999) and unified social credit code (GB 32100-2015).

An area code is never looked up: abolished areas live on in ID numbers (RULES 2.4). No error carries the number it
refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from config.errors import LessonProofError

_ID_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_EARLIEST_BIRTH = date(1900, 1, 1)

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_CREDIT_CODE = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


class Sex(StrEnum):
    """GB/T 2261.1."""

    MALE = "1"
    FEMALE = "2"


@dataclass(frozen=True, slots=True, repr=False)
class IdNumber:
    """A valid ID number. Has no repr, so that it does not wander into a log."""

    number: str
    area: str
    birth: date
    sex: Sex


def id_check_digit(first17: str) -> str:
    """GB 11643, ISO 7064 MOD 11-2."""
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _ID_WEIGHTS, strict=True)) % 11]


def parse_id_number(text: str, *, today: date | None = None) -> IdNumber:
    """The parts of an 18-digit ID number; spaces around it and a small x are forgiven.

    Raises LessonProofError ID_NUMBER_INVALID (422): wrong form, no such date, born after `today` (when given), or a
    check digit that does not fit.
    """
    number = text.strip().upper()
    if not _ID_NUMBER.fullmatch(number):
        raise _id_error("应为 18 位", "it has 18 digits, the last may be X")
    try:
        birth = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise _id_error("出生日期不存在", "its birth date does not exist") from None
    if birth < _EARLIEST_BIRTH or (today is not None and birth > today):
        raise _id_error("出生日期不可能", "its birth date is not possible")
    if id_check_digit(number[:17]) != number[17]:
        raise _id_error("校验位不符", "its check digit does not fit")
    return IdNumber(number, number[:6], birth, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE)


def organisation_check_digit(first8: str) -> str:
    """GB 11714: positions 9–17 of the credit code are an organisation code with its own check digit."""
    total = sum(
        _ORGANISATION_ALPHABET.index(each) * weight for each, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def credit_code_check_digit(first17: str) -> str:
    """GB 32100, MOD 31."""
    total = sum(_CREDIT_ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(first17))
    return _CREDIT_ALPHABET[-total % 31]


def parse_credit_code(text: str) -> str:
    """The credit code in capitals. Raises LessonProofError CREDIT_CODE_INVALID (422)."""
    code = text.strip().upper()
    if (
        not _CREDIT_CODE.fullmatch(code)
        or organisation_check_digit(code[8:16]) != code[16]
        or credit_code_check_digit(code[:17]) != code[17]
    ):
        raise LessonProofError(
            "CREDIT_CODE_INVALID",
            status=422,
            zh="统一社会信用代码不正确:应为 18 位且校验位相符",
            en="not a unified social credit code: 18 characters whose check digits fit",
        )
    return code


def _id_error(zh: str, en: str) -> LessonProofError:
    return LessonProofError("ID_NUMBER_INVALID", status=422, zh=f"身份证号不正确:{zh}", en=f"not an ID number: {en}")
