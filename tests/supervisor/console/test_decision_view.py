"""What the pages of deciding make of it: terms in words, the way through the list, keys, cells. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from supervisor.console.class_facts import css_text
from supervisor.console.class_sheet import group_of, present_cell
from supervisor.console.decide_words import (
    ATTENDANCE,
    CHANGES,
    KINDS,
    REASON_WORDS,
    RESULTS,
    RULE_OF,
    STAGES,
    TURNS,
    sign_text,
    term,
)
from supervisor.console.decision import choices, neighbours
from supervisor.console.i18n import words
from supervisor.console.todo import present_todo
from supervisor.decisions.schemas import LifeOut
from supervisor.rules.attendance import AttendanceStatus
from supervisor.rules.evidence import LessonKind
from supervisor.rules.plan_change import ChangeKind
from supervisor.rules.verdict import ReasonCode, VerdictState
from supervisor.rules.verdict_life import DECIDABLE, NEXT, Next, Reason, Result, Stage
from supervisor.sheets.schemas import HourCell
from supervisor.todo.schemas import Kind, Waiting, WaitingList

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDS = [UUID(int=at) for at in range(1, 5)]
ZH = words("zh")


@pytest.mark.parametrize(
    ("since", "until", "tone", "text"),
    [
        (NOW - 3 * HOUR, None, "none", "已等 3 小时"),
        (NOW - HOUR, NOW + 47 * HOUR, "wait", "还剩 47 小时"),
        (NOW - HOUR, NOW + 24 * HOUR, "warn", "还剩 24 小时"),
        (NOW - HOUR, NOW + timedelta(seconds=90), "warn", "还剩 90 秒"),
        (NOW - HOUR, NOW, "bad", "已超期 0 秒"),
        (NOW - HOUR, NOW - 72 * HOUR, "bad", "已超期 3 天"),
    ],
)
def test_a_term_in_words(since: datetime, until: datetime | None, tone: str, text: str) -> None:
    mark = term(since, until, NOW, ZH)
    assert (mark.tone, mark.text) == (tone, text)


@pytest.mark.parametrize(
    ("here", "before", "after", "place"),
    [
        (IDS[0], None, IDS[1], 1),
        (IDS[1], IDS[0], IDS[2], 2),
        (IDS[2], IDS[1], IDS[0], 3),  # the last: round again to what was passed over
        (IDS[3], None, IDS[0], None),  # not in the list
    ],
)
def test_the_way_through_the_list(here: UUID, before: UUID | None, after: UUID | None, place: int | None) -> None:
    near = neighbours(IDS[:3], here)
    assert near is not None
    assert (near.before, near.after_id, near.place, near.total) == (
        f"/lessons/{before}?from=todo" if before else None, after, place, 3,
    )  # fmt: skip


def test_the_last_of_a_list_has_no_next() -> None:
    near = neighbours(IDS[:1], IDS[0])
    assert near is not None and (near.before, near.after) == (None, None)
    assert neighbours([], IDS[0]) is None


def life(stage: Stage, may: list[Result]) -> LifeOut:
    return LifeOut(
        lesson_hour_id=IDS[0], stage=stage, next=NEXT[stage], since=NOW, until=None, final=False, version=1, signs=[],
        may_explain=False, may_object=False, may_decide=may, explanations=[], decisions=[], objections=[], rechecks=[],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "proposed", "wanted"),
    [
        (Stage.REVIEW_OPEN, VerdictState.REVIEW, [("Y", "认定合格", False), ("X", "认定不合格", True)]),
        (Stage.FAIL_PROPOSED_EXPLAIN, VerdictState.FAIL_PROPOSED, [("Y", "改判:认定合格", True)]),
        (
            Stage.FAIL_PROPOSED_DECIDE,
            VerdictState.FAIL_PROPOSED,
            [("Y", "改判:认定合格", True), ("X", "同意:不认定", True)],
        ),
        (
            Stage.PASS_TO_RECHECK,
            VerdictState.PASS,
            [("Y", "复查无误:合格", False), ("D", "存疑,转人工复核", False)],
        ),
        (Stage.REVIEW_OPEN, VerdictState.PASS, [("Y", "认定合格", False), ("X", "改判:认定不合格", True)]),
        (Stage.FINAL_PASS, VerdictState.PASS, []),
    ],
)
def test_each_decision_has_its_key_and_asks_for_words_where_they_are_due(
    stage: Stage, proposed: VerdictState, wanted: list[tuple[str, str, bool]]
) -> None:
    found = choices(life(stage, list(DECIDABLE.get(stage, ()))), proposed, ZH)
    assert [(one.key, one.text, one.words_needed) for one in found] == wanted
    assert all(one.reasons for one in found)


def cell(**changes: object) -> HourCell:
    fields = {
        "lesson_hour_id": IDS[0], "slot": 3, "start": NOW, "end": NOW + HOUR, "kind": LessonKind.THEORY, "room": "甲",
        "over": True, "makes_up": False, "stage": Stage.PASS, "state": VerdictState.PASS, "reasons": [],
        "required": 28, "seen": 27.0, "recorded": 1.0, "present": 28, "roster": 30, "decided": None, "overruled": False,
    }  # fmt: skip
    return HourCell.model_validate(fields | changes)


_FAILED = {"stage": Stage.FAIL_PROPOSED_EXPLAIN, "state": VerdictState.FAIL_PROPOSED}


@pytest.mark.parametrize(
    ("changes", "group", "figure"),
    [
        ({}, "ok", "27/28"),
        ({"stage": Stage.PASS_TO_RECHECK}, "ok", "27/28"),
        (_FAILED | {"reasons": [ReasonCode.COUNT_LOW], "seen": 15.9}, "warn", "15/28"),  # a figure never flatters
        (_FAILED | {"reasons": [ReasonCode.GAP], "seen": None}, "none", "断录"),
        (_FAILED | {"reasons": [ReasonCode.NO_VIDEO], "seen": None, "stage": Stage.DECIDED_FAIL}, "bad", "断录"),
        ({"stage": Stage.REVIEW_OPEN, "state": VerdictState.REVIEW}, "wait", "27/28"),
        ({"stage": Stage.OBJECTED, "state": VerdictState.FAIL_PROPOSED}, "wait", "27/28"),
        ({"stage": Stage.EXEMPT, "state": VerdictState.EXEMPT, "seen": None}, "exempt", "免核查"),
        ({"stage": None, "state": None, "seen": None}, "silent", "未到"),
        ({"stage": Stage.NO_DATA_YET, "state": VerdictState.NO_DATA_YET, "seen": None}, "silent", "未到"),
        ({"stage": None, "state": None, "seen": None, "over": False}, "todo", "未上"),
    ],
)
def test_a_cell_by_what_people_and_rules_said(changes: dict[str, object], group: str, figure: str) -> None:
    one = cell(**changes)
    shown = present_cell(one, NOW.date(), ZH)
    assert (group_of(one), shown.group, shown.figure) == (group, group, figure)


def test_a_cell_says_in_words_what_its_frame_says() -> None:
    shown = present_cell(cell(decided=Result.PASS, overruled=True, stage=Stage.DECIDED_PASS), NOW.date(), ZH)
    assert shown.overruled and "人工改判" in shown.label and "11月23日 周一 第 3 课时" in shown.label


def waits(kind: Kind, number: int) -> Waiting:
    return Waiting(
        kind=kind, id=IDS[number], class_id=IDS[3], class_no="1", class_name="电工", institution="学校", since=NOW,
        until=None, due_at=NOW, start=NOW, end=NOW + HOUR, detail={"change": "move", "leave": "sick"}.get(kind, ""),
        stage=Stage.REVIEW_OPEN if kind is Kind.LESSON else None, who="李*",
    )  # fmt: skip


def test_the_list_is_filtered_by_kind_and_counts_all() -> None:
    found = WaitingList(items=[waits(Kind.LESSON, 0), waits(Kind.CHANGE, 1), waits(Kind.LEAVE, 2)], whole=True)
    view = present_todo(found, "change", NOW, ZH)
    assert [(one.key, one.count, one.chosen) for one in view.choices] == [
        ("all", 3, False), ("lesson", 1, False), ("change", 1, True), ("leave", 1, False),
    ]  # fmt: skip
    assert [(one.title, one.act, one.link) for one in view.items] == [("调课 · 电工", True, f"/classes/{IDS[3]}")]
    assert len(present_todo(found, "opening", NOW, ZH).items) == 3  # of what nothing waits: all
    whole = present_todo(found, "all", NOW, ZH)
    assert [one.act for one in whole.items] == [False, True, True]
    assert whole.items[2].title == "李* 病假 · 电工"


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (STAGES, Stage), (TURNS, Next), (RESULTS, Result), (REASON_WORDS, Reason), (KINDS, Kind), (CHANGES, ChangeKind),
        (ATTENDANCE, AttendanceStatus),
    ],
)  # fmt: skip
def test_every_code_has_its_words(table: dict[object, object], codes: type) -> None:
    assert set(table) == set(codes)


def test_rules_are_named_by_the_county_s_numbers() -> None:
    assert set(RULE_OF.values()) <= {f"A-{number:02d}" for number in range(1, 32)}
    assert sign_text("ROLL_CALL_NOT_SEEN", words("en")) == "A trainee drawn in a roll call was not seen"
    assert sign_text("WRONG_ROOM", ZH) == "不在计划的教室上课"


def test_a_name_cannot_end_the_style_sheet() -> None:
    assert css_text('王"}</style>') == "王" + "".join(f"\\{ord(one):x} " for one in '"}</') + "style" + "\\3e "
