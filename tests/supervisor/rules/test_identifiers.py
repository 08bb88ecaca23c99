"""ID numbers and credit codes (GB 11643, GB 11714, GB 32100). Sequence 000 is never given to a real person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import LessonProofError
from supervisor.rules.identifiers import (
    Sex,
    credit_code_check_digit,
    id_check_digit,
    organisation_check_digit,
    parse_credit_code,
    parse_id_number,
)

VALID = "14052119900101000X"
CREDIT = "52140521MJ0000018G"


def test_golden_check_digits() -> None:
    assert id_check_digit(VALID[:17]) == "X"
    assert organisation_check_digit(CREDIT[8:16]) == "8"
    assert credit_code_check_digit(CREDIT[:17]) == "G"


@pytest.mark.parametrize("text", [VALID, VALID.lower(), f" {VALID}\n"])
def test_a_valid_id_number_has_its_parts(text: str) -> None:
    parsed = parse_id_number(text, today=date(2026, 11, 23))
    assert (parsed.number, parsed.area, parsed.birth, parsed.sex) == (VALID, "140521", date(1990, 1, 1), Sex.FEMALE)
    assert VALID not in repr(parsed)


def with_check(first17: str) -> str:
    return first17 + id_check_digit(first17)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "140521199001010000",
        VALID[:-1],
        VALID + "0",
        "140521900101000",  # the old 15 digits
        with_check("14052119900230000"),  # 30 February
        with_check("14052118991231000"),
        with_check("14052120261124000"),  # tomorrow
        "1405211990010100OX",
        "14052119900101000Ⅹ",
        "１４０５２１１９９００１０１０００X",
        "04052119900101000X",
    ],
)
def test_an_invalid_id_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_id_number(text, today=date(2026, 11, 23))
    assert refused.value.code == "ID_NUMBER_INVALID"
    assert not text or text not in str(refused.value) + refused.value.zh


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(place: int, by: int) -> None:
    wrong = VALID[:place] + str((int(VALID[place]) + by) % 10) + VALID[place + 1 :]
    with pytest.raises(LessonProofError):
        parse_id_number(wrong)


def test_the_seventeenth_digit_tells_the_sex() -> None:
    assert parse_id_number(with_check("14052119900101000")).sex is Sex.FEMALE
    assert parse_id_number(with_check("14052119900101001")).sex is Sex.MALE


def test_a_valid_credit_code_comes_back_in_capitals() -> None:
    assert parse_credit_code(f" {CREDIT.lower()} ") == CREDIT


@pytest.mark.parametrize(
    "text", ["", CREDIT[:-1], "52140521MJ0000018H", "52140521MJ0000017G", "52140521MI0000018G", "5214052AMJ0000018G"]
)
def test_an_invalid_credit_code_is_refused(text: str) -> None:
    with pytest.raises(LessonProofError) as refused:
        parse_credit_code(text)
    assert refused.value.code == "CREDIT_CODE_INVALID"
