"""A verdict in words: every code has its sentence in both languages, every figure is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.profile import load_profile
from supervisor.rules.evidence import ExemptKind
from supervisor.rules.explain import REASONS, STATES, clock, explain
from supervisor.rules.judge import judge
from supervisor.rules.verdict import ReasonCode, VerdictState
from tests.support.lesson_evidence import camera, lesson

COUNTY = load_profile("140521-2024.1")


def test_every_state_and_reason_has_words_in_both_languages() -> None:
    assert set(REASONS) == set(ReasonCode)
    assert set(STATES) == set(VerdictState)
    assert all(zh and en and zh != en for zh, en in [*REASONS.values(), *STATES.values()])


def test_a_pass_says_which_ten_minutes_how_many_and_by_which_rule() -> None:
    verdict = judge(lesson(camera(40, (90.5, 300), (303, 800))), COUNTY)
    assert explain(verdict, "zh") == [
        "合格。",
        "应当可见 40 人(计为出勤 40 人,花名册 40 人)。",
        "最佳录像段:本学时第 1:30.5 至 11:33.5,录像 10:00,短暂中断 1 次共 3.0 秒,中断时间不计入。",
        "其中最多看见 40 人,中位数 40 人;全体同时可见的时段 3 个;采样 119/121。",
        "本学时共计入录像 11:46.5,最长一段 8:17(连上短暂中断后 11:46.5,中断时间不计入)。",
        f"依据规则 judge/4、140521-2024.1(SHA-256 {COUNTY.digest()[:12]})计算。",
    ]


def test_a_proposed_fail_says_its_reasons_after_what_happens_next() -> None:
    said = explain(judge(lesson(camera(30, (0, 700))), COUNTY), "en")
    assert said[:3] == [
        "Not recognised is proposed: the institution may explain, then a person decides.",
        "Clearly fewer people are seen than have to be visible.",
        "Fewer people are seen than checked in.",
    ]
    assert "In it at most 30 people were seen, 30 at the median; everybody at once in 0 of its parts" in said[5]


def test_an_exempt_lesson_hour_says_no_figures() -> None:
    said = explain(judge(lesson(exempt=ExemptKind.ENTERPRISE_STAFF), COUNTY), "zh")
    assert len(said) == 3 and "承诺制" in said[1]


def test_a_review_without_a_reason_says_that_the_county_wants_it() -> None:
    county = COUNTY.model_copy(update={"visible": COUNTY.visible.model_copy(update={"auto_pass": False})})
    assert "本县每一学时都由人核定。" in explain(judge(lesson(camera(40)), county), "zh")


def test_nothing_known_is_said_as_such() -> None:
    said = explain(judge(lesson(attendance=None, complete=False), COUNTY), "en")
    assert "Attendance is not known yet." in said
    no_count = explain(judge(lesson(camera(None)), COUNTY), "en")
    assert "No people were counted in it." in no_count


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0:00"), (599_990, "9:59.9"), (600_000, "10:00"), (61_500, "1:01.5"), (3_600_000, "60:00")]
)
def test_a_time_is_never_rounded_up(ms: int, text: str) -> None:
    assert clock(ms) == text


def test_the_documentation_lists_every_reason_in_the_same_words() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
    assert [code for code, (zh, en) in REASONS.items() if f"| `{code.value}` | {zh} | {en} |" not in page] == []
