"""Masking by default (L14)."""

from __future__ import annotations

import pytest

from config.profile import load_profile
from supervisor.rules.masking import mask_id_number, mask_name, mask_phone

PATTERN = load_profile("140521-2024.1").publicity.id_mask


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("欧阳小明", "欧*"), (" 李四 ", "李*"), ("", ""), ("王", "王*")]
)
def test_a_name_keeps_its_first_character_only(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [("14052119900101000X", "140521********000X"), ("140521900101000", "*" * 15), ("", "")],
)
def test_an_id_number_keeps_area_and_end(number: str, masked: str) -> None:
    assert mask_id_number(number, PATTERN) == masked


def test_a_pattern_may_keep_no_end() -> None:
    assert mask_id_number("14052119900101000X", "6*12*0") == "140521************"


@pytest.mark.parametrize(("phone", "masked"), [("13800001234", "138****1234"), ("0356-7022000", "*" * 12), ("", "")])
def test_a_telephone_number_keeps_three_and_four(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked
