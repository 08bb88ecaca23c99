"""The one big state of the classroom: which of several things speaks, and what the teacher is told to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.panel.board import AROUND, board
from edge_agent.panel.classroom_words import CLASSROOM, CLASSROOM_WORDS
from edge_agent.panel.facts import (
    Camera,
    ClockFacts,
    Code,
    DiskFacts,
    Door,
    Evidence,
    Facts,
    Hour,
    Network,
)
from edge_agent.panel.headline import REASONS, Shape, headline
from edge_agent.panel.words import LANGUAGES
from supervisor.contract.state import CameraStatus
from supervisor.rules.checkin import CheckInWindow, Direction
from supervisor.rules.verdict import VerdictState
from tests.support.box import START, uuid_of
from tests.support.classroom import to_explain

HOUR = Hour("班", START, START + timedelta(minutes=45), filmed=True, verdict=None)
RUNS = Camera("room-a", CameraStatus.RECORDING, START)
DOOR = Door(
    session_id=uuid_of("session"),
    direction=Direction.IN,
    window=CheckInWindow(START - timedelta(minutes=30), START + timedelta(minutes=10)),
    people=tuple((f"p{n}", f"张{n}") for n in range(40)),
    here=frozenset(f"p{n}" for n in range(39)),
    on_leave=frozenset({"p39"}),
    roll_call=True,
)
CODE = Code("ABCDEFGH", "<svg></svg>", 12, "centre")
FINE = Facts(
    now=START + timedelta(minutes=6, seconds=20),
    planned=True,
    room="A",
    cameras=(RUNS,),
    clock=ClockFacts(True, False, 12, 0.2),
    network=Network(False, 2, 0, 0, None),
    disk=DiskFacts(10**12, 2 * 10**12, True),
    hours=(HOUR,),
    evidence=Evidence(380_000, 600_000, 38, 39, False),
    door=DOOR,
    uses_code=True,
    code=CODE,
    drawn=None,
    to_explain=(),
)
SEEN = replace(FINE, evidence=Evidence(380_000, 600_000, 39, 39, False))
DONE = replace(FINE, evidence=Evidence(600_000, 600_000, 39, 39, True))
BEFORE = replace(
    FINE, now=START - timedelta(minutes=10), cameras=(replace(RUNS, status=CameraStatus.IDLE),), evidence=None
)
AFTER = replace(BEFORE, now=START + timedelta(hours=2), door=None)
CUT = replace(RUNS, status=CameraStatus.UNREACHABLE)
NOWHERE = replace(RUNS, status=CameraStatus.NOT_CONFIGURED)
SLOW = Camera("room-a", CameraStatus.CONNECTING, START)
BAD_CLOCK = ClockFacts(False, False, None, None)


def some_missing(facts: Facts, number: int) -> Facts:
    return replace(facts, door=replace(DOOR, here=frozenset(f"p{n}" for n in range(39 - number))))


@pytest.mark.parametrize(
    ("facts", "shape", "state", "todo"),
    [
        (SEEN, Shape.GOOD, "正在录像", "请学员留在座位上,连续 10 分钟"),
        (DONE, Shape.GOOD, "正在录像,证据已够", "照常上课,不用做什么"),
        (some_missing(DONE, 3), Shape.GOOD, "正在录像,证据已够", "还有 3 人没签到:请扫码,没手机的点名"),
        (replace(some_missing(DONE, 3), code=None), Shape.GOOD, "正在录像,证据已够", "还有 3 人没签到:请老师点名"),
        (FINE, Shape.WARN, "正在录像,画面里人不够", "还差 1 人"),
        (replace(FINE, cameras=(CUT,)), Shape.BAD, "没有在录像:摄像头连不上", "电源和网线"),
        (replace(SEEN, cameras=(CUT, RUNS)), Shape.WARN, "正在录像,room-a 连不上", "电源和网线"),
        (replace(SEEN, clock=BAD_CLOCK), Shape.WARN, "正在录像,盒子时钟不准", "校时"),
        (replace(SEEN, clock=replace(SEEN.clock, off_s=-75)), Shape.WARN, "正在录像,盒子时钟不准", "校时"),
        (replace(SEEN, clock=BAD_CLOCK, cameras=(CUT,)), Shape.BAD, "没有在录像:摄像头连不上", "电源和网线"),
        (replace(SEEN, disk=DiskFacts(1, 2, False), clock=BAD_CLOCK), Shape.BAD, "正在录像,磁盘空间不够", "不要删除"),
        (replace(SEEN, network=Network(True, 4800, 12, 3, None)), Shape.GOOD, "正在录像", "留在座位上"),
        (replace(SEEN, network=Network(False, 1, 0, 0, ("盒子停用", "revoked"))), Shape.WARN, "拒绝", "联系监管中心"),
        (
            replace(SEEN, cameras=(Camera("room-a", CameraStatus.CONNECTING, SEEN.now - timedelta(seconds=5)),)),
            Shape.WAIT, "正在接通摄像头", "请等半分钟",
        ),
        (replace(SEEN, cameras=(SLOW,)), Shape.BAD, "没有在录像", "等一分钟"),
        (replace(SEEN, hours=(replace(HOUR, filmed=False),)), Shape.WAIT, "本课时免录像", "照常上课"),
        (BEFORE, Shape.WAIT, "09:00 上课", "到点自动录像"),
        (some_missing(BEFORE, 20), Shape.WAIT, "09:00 上课", "还有 20 人没签到"),
        (replace(BEFORE, cameras=(NOWHERE,)), Shape.WARN, "还没有配置", "安装人员"),
        (AFTER, Shape.WAIT, "今天没有课了", "不用做什么"),
        (replace(AFTER, to_explain=(to_explain(),)), Shape.WAIT, "今天没有课了", "有 1 个课时等学校说明"),
        (replace(AFTER, planned=False), Shape.WAIT, "还没有课表", "检查网络"),
    ],
)  # fmt: skip
def test_the_worst_thing_speaks_and_says_what_to_do(facts: Facts, shape: Shape, state: str, todo: str) -> None:
    top = headline(facts)
    assert (top.shape, state in top.state.zh, todo in top.todo.zh) == (shape, True, True), top


def test_leaving_is_asked_for_when_check_out_is_open() -> None:
    out = replace(DOOR, direction=Direction.OUT, here=frozenset(), window=CheckInWindow(AFTER.now, AFTER.now))
    assert headline(replace(AFTER, door=out)).todo.zh == "下课前请签退:还有 39 人"


def test_every_trouble_of_a_camera_has_its_words_in_both_languages() -> None:
    fine = {CameraStatus.RECORDING, CameraStatus.IDLE}
    assert set(REASONS) == set(CameraStatus) - fine
    assert all(said.zh and said.en for both in REASONS.values() for said in both)
    assert all(len(both) == len(LANGUAGES) and all(both) for both in CLASSROOM_WORDS.values())


def test_the_ring_has_as_much_arc_as_there_is_evidence() -> None:
    ring = board(FINE, "zh").ring
    assert ring is not None
    assert (ring.so_far, ring.needed, ring.people) == ("6:20", "连续画面,需 10:00", "看到 38 人,应见 39 人")
    assert ring.done == pytest.approx(AROUND * 380 / 600, abs=0.1) and ring.few and not ring.complete
    assert board(BEFORE, "en").ring is None


def test_the_board_masks_who_is_missing_and_counts_first() -> None:
    shown = board(some_missing(FINE, 25), "zh").checking
    assert shown is not None
    assert (shown.done, shown.expected, shown.missing, shown.more) == (14, 39, 25, 7)
    assert set(shown.names) == {"张*"}


def test_a_line_that_is_down_says_since_when_and_how_much_waits() -> None:
    away = replace(SEEN, network=Network(True, 4800, 12, 3, None))
    tile = board(away, "zh").tiles[2]
    assert (tile.shape, tile.word) == (Shape.WARN, "已断网 1 小时 20 分")
    assert "12 条记录、3 段录像" in tile.more and "照常录像" in tile.more
    assert board(away, "en").tiles[2].word == "off line for 1 h 20 min"


def test_the_clock_names_its_source_and_its_distance() -> None:
    assert board(FINE, "zh").tiles[1].more == "NTP 校时 · 与中心差 +0.2 秒"
    assert (
        board(replace(FINE, clock=ClockFacts(True, False, 12, None)), "zh").tiles[1].more == "NTP 校时 · 误差 ≤ 12 毫秒"
    )
    wrong = board(replace(FINE, clock=BAD_CLOCK), "zh").tiles[1]
    assert (wrong.shape, wrong.more) == (Shape.BAD, "未校时 · 未与中心对时")


def test_the_timetable_says_what_the_box_judged() -> None:
    hours = [replace(HOUR, start=START - timedelta(hours=n + 2), end=START - timedelta(hours=n + 1), verdict=verdict)
             for n, verdict in enumerate([*VerdictState, None])]  # fmt: skip
    facts = replace(FINE, hours=(*hours, HOUR, replace(HOUR, start=START + timedelta(hours=1))))
    words = [line.word for line in board(facts, "zh").lines]
    assert words == ["合格", "待人工查看", "建议不合格", "免录像", "等打卡名单", "正在判定", "正在上课", "未开始"]


def test_what_cannot_be_scanned_says_why() -> None:
    assert board(replace(FINE, code=None), "zh").scan.why == CLASSROOM["zh"]["no_code_now"]
    assert board(replace(FINE, code=None, uses_code=False), "en").scan.why == CLASSROOM["en"]["uses_no_code"]
    early = replace(BEFORE, now=START - timedelta(hours=1), code=None)
    assert board(early, "zh").scan.why == "11-23 08:30 开始"
    assert board(replace(AFTER, code=None), "zh").scan.why == CLASSROOM["zh"]["no_session"]
