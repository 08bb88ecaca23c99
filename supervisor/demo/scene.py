"""Three rooms, and what the rules must say of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from supervisor.rules.identifiers import id_check_digit
from supervisor.rules.verdict import ReasonCode, VerdictState

PROFILE = "000000-demo.2"
TRAINEES = 12


@dataclass(frozen=True, slots=True)
class Room:
    """`camera`: what the practice camera is told to show (device_adapters.simulator's own configuration)."""

    code: str
    name: str
    about_zh: str
    about_en: str
    camera: dict[str, Any]
    expected: VerdictState
    reasons: frozenset[ReasonCode]


ROOMS = (
    Room(
        "room-101",
        "101",
        "12 人签到,12 人都在画面中",
        "12 checked in, all 12 in the picture",
        {"people": TRAINEES},
        VerdictState.PASS,
        frozenset(),
    ),
    Room(
        "room-102",
        "102",
        "12 人签到,画面中只有 8 人",
        "12 checked in, only 8 in the picture",
        {"people": 8},
        VerdictState.FAIL_PROPOSED,
        frozenset({ReasonCode.COUNT_LOW, ReasonCode.CHECKIN_MISMATCH}),
    ),
    Room(
        "room-103",
        "103",
        "线路频繁中断,没有连续的一分钟",
        "the line drops so often that no unbroken minute exists",
        {
            "people": TRAINEES,
            "script": [{"at_s": 1, "action": {"do": "drop_every", "period_s": 40, "down_s": 6}}],
        },
        VerdictState.FAIL_PROPOSED,
        frozenset({ReasonCode.GAP}),
    ),
)


def trainees(room: Room) -> list[dict[str, str]]:
    """Made-up people; the sequence 000 of their ID numbers is never given to a real person."""
    first_birth = date(1980, 1, 1) + timedelta(days=100 * (int(room.name) % 100))
    people = []
    for number in range(TRAINEES):
        body = f"140521{first_birth + timedelta(days=number):%Y%m%d}000"
        people.append({"name": f"学员{room.name}{number + 1:02d}", "id_number": body + id_check_digit(body)})
    return people
