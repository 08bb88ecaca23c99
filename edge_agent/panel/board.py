"""The facts of the classroom as what the page shows: words, shapes and the geometry of the ring. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil, pi
from uuid import UUID

from config.clock import CHINA
from edge_agent.panel.classroom_words import CLASSROOM
from edge_agent.panel.facts import Facts, Hour
from edge_agent.panel.headline import REASONS, Shape, clock_wrong, headline, short, troubled
from supervisor.contract.state import CameraStatus
from supervisor.rules.checkin import Direction
from supervisor.rules.masking import mask_name
from supervisor.rules.verdict import VerdictState

RADIUS = 88
AROUND = 2 * pi * RADIUS
NAMES = 18  # masked names on the board; the rest are a number

_VERDICTS: dict[VerdictState, tuple[Shape, str]] = {
    VerdictState.PASS: (Shape.GOOD, "passed"),
    VerdictState.REVIEW: (Shape.WARN, "to_review"),
    VerdictState.FAIL_PROPOSED: (Shape.BAD, "fail_proposed"),
    VerdictState.EXEMPT: (Shape.WAIT, "exempt"),
    VerdictState.NO_DATA_YET: (Shape.WAIT, "no_data_yet"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    shape: Shape
    word: str
    more: str


@dataclass(frozen=True, slots=True)
class Ring:
    """`done`: length of the drawn arc; `around`: of the whole circle."""

    title: str
    done: float
    around: float
    so_far: str
    needed: str
    people: str
    complete: bool
    long_enough: bool
    few: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Of the timetable."""

    time: str
    class_name: str
    shape: Shape
    word: str
    now: bool


@dataclass(frozen=True, slots=True)
class Checking:
    """Check-in or check-out. `names`: of who is missing, masked."""

    session_id: UUID
    title: str
    done: int
    expected: int
    missing: int
    names: tuple[str, ...]
    more: int
    when: str
    open: bool
    roll_call: bool
    cards: bool


@dataclass(frozen=True, slots=True)
class Explained:
    when: str
    class_name: str
    until: str
    address: str


@dataclass(frozen=True, slots=True)
class Scan:
    """`svg` None: there is no code to scan; `why` says what to do instead."""

    svg: str | None
    code: str
    left: int
    note: str
    why: str


@dataclass(frozen=True, slots=True)
class Board:
    clock: str
    room: str
    class_name: str
    shape: Shape
    state: str
    todo: str
    tiles: tuple[Tile, ...]
    ring: Ring | None
    lines: tuple[Line, ...]
    next: str
    checking: Checking | None
    scan: Scan
    called: tuple[str, ...]
    called_left: str
    to_explain: tuple[Explained, ...]


def board(facts: Facts, language: str) -> Board:
    t = CLASSROOM[language]
    top = headline(facts)
    at_hand = facts.running or facts.next
    return Board(
        clock=f"{facts.now.astimezone(CHINA):%H:%M}",
        room=facts.room,
        class_name=at_hand.class_name if at_hand else "",
        shape=top.shape,
        state=getattr(top.state, language),
        todo=getattr(top.todo, language),
        tiles=(_camera(facts, language), _clock(facts, t), _network(facts, language, t), _disk(facts, t)),
        ring=_ring(facts, t),
        lines=tuple(_line(hour, facts.now, t) for hour in facts.hours),
        next=t["next_at"].format(time=_time(facts.next.start)) if facts.next else t["no_next"],
        checking=_checking(facts, t),
        scan=_scan(facts, t),
        called=facts.drawn.names if facts.drawn else (),
        called_left=minutes(facts.drawn.left_s * 1000) if facts.drawn else "",
        to_explain=tuple(
            Explained(_day_time(one.start), one.class_name, _day_time(one.until), one.address)
            for one in facts.to_explain
        ),
    )


def minutes(ms: float) -> str:
    """6:20"""
    return f"{int(ms) // 60_000}:{int(ms) // 1000 % 60:02}"


def _camera(facts: Facts, language: str) -> Tile:
    t = CLASSROOM[language]
    if not facts.cameras:
        return Tile(t["camera"], Shape.BAD if facts.planned else Shape.WAIT, t["no_camera"], "")
    bad = [one for one in facts.cameras if troubled(one, facts)]
    if bad:
        what = getattr(REASONS[bad[0].status][0], language)
        since = t["since"].format(time=_time(bad[0].since))
        return Tile(t["camera"], Shape.BAD, what, f"{bad[0].code} · {since}")
    recording = sum(one.status is CameraStatus.RECORDING for one in facts.cameras)
    if recording:
        return Tile(t["camera"], Shape.GOOD, t["records"], t["of_cameras"].format(n=recording, all=len(facts.cameras)))
    connecting = any(one.status is CameraStatus.CONNECTING for one in facts.cameras)
    return Tile(t["camera"], Shape.WAIT, t["connecting"] if connecting else t["stands_by"], "")


def _clock(facts: Facts, t: dict[str, str]) -> Tile:
    clock = facts.clock
    source = t["by_operator"] if clock.by_operator else t["by_ntp"]
    if clock.off_s is not None:
        how = t["off_centre"].format(s=f"{clock.off_s:+.1f}")
    elif clock.uncertainty_ms is not None:
        how = t["within"].format(ms=clock.uncertainty_ms)
    else:
        how = t["not_compared"]
    if not clock_wrong(facts):
        return Tile(t["clock"], Shape.GOOD, t["clock_right"], f"{source} · {how}")
    return Tile(t["clock"], Shape.BAD, t["clock_wrong"], how if clock.trusted else f"{t['not_synchronised']} · {how}")


def _network(facts: Facts, language: str, t: dict[str, str]) -> Tile:
    line = facts.network
    waiting = t["waiting"].format(entries=line.entries, clips=line.clips) if line.entries or line.clips else ""
    if line.refused is not None:
        return Tile(t["network"], Shape.BAD, t["refused"], line.refused[0 if language == "zh" else 1])
    if not line.away:
        return Tile(t["network"], Shape.GOOD, t["on_line"], waiting or t["nothing_waits"])
    word = t["never"] if line.silent_s is None else t["off_line"].format(span=_span(line.silent_s, t))
    return Tile(t["network"], Shape.WARN, word, f"{t['goes_on']} {waiting}".strip())


def _disk(facts: Facts, t: dict[str, str]) -> Tile:
    free = t["free"].format(gb=f"{facts.disk.free_bytes / 1e9:.0f}")
    if facts.disk.enough:
        return Tile(t["disk"], Shape.GOOD, t["disk_enough"], free)
    return Tile(t["disk"], Shape.BAD, t["disk_short"], free)


def _ring(facts: Facts, t: dict[str, str]) -> Ring | None:
    seen = facts.evidence
    if seen is None or facts.running is None:
        return None
    share = min(1.0, seen.longest_ms / seen.needed_ms) if seen.needed_ms else 0.0
    people = t["counting"] if seen.people is None else str(seen.people)
    required = t["unknown"] if seen.required is None else str(seen.required)
    return Ring(
        title=t["evidence"].format(n=f"{seen.needed_ms / 60_000:g}"),
        done=round(AROUND * share, 1),
        around=round(AROUND, 1),
        so_far=minutes(seen.longest_ms),
        needed=t["of_needed"].format(time=minutes(seen.needed_ms)),
        people=t["people"].format(people=people, required=required),
        complete=seen.satisfied,
        long_enough=seen.longest_ms >= seen.needed_ms,
        few=short(facts) > 0,
    )


def _line(hour: Hour, now: datetime, t: dict[str, str]) -> Line:
    time = f"{_time(hour.start)}–{_time(hour.end)}"
    running = hour.start <= now < hour.end
    if hour.verdict is not None:
        shape, word = _VERDICTS[hour.verdict]
    elif running:
        shape, word = Shape.WAIT, "running" if hour.filmed else "exempt"
    elif hour.start > now:
        shape, word = Shape.WAIT, "coming"
    else:
        shape, word = Shape.WAIT, "judging" if hour.filmed else "exempt"
    return Line(time, hour.class_name, shape, t[word], running)


def _checking(facts: Facts, t: dict[str, str]) -> Checking | None:
    door = facts.door
    if door is None:
        return None
    missing = door.missing
    inward, is_open = door.direction is Direction.IN, door.is_open(facts.now)
    if is_open:
        when = t["open_until"].format(time=_time(door.window.closes))
    elif facts.now < door.window.opens:
        when = t["opens_at"].format(time=_day_time(door.window.opens))
    else:
        when = t["closed_at"].format(time=_time(door.window.closes))
    return Checking(
        session_id=door.session_id,
        title=t["check_in"] if inward else t["check_out"],
        done=door.expected - len(missing),
        expected=door.expected,
        missing=len(missing),
        names=tuple(mask_name(name) for _, name in missing[:NAMES]),
        more=max(0, len(missing) - NAMES),
        when=when,
        open=is_open,
        roll_call=door.roll_call and is_open,
        cards=door.cards and is_open,
    )


def _scan(facts: Facts, t: dict[str, str]) -> Scan:
    if facts.code is not None:
        note = t["code_of_box"] if facts.code.source == "box" else ""
        return Scan(facts.code.svg, facts.code.code, ceil(facts.code.left_s), note, "")
    if facts.door is None:
        why = t["no_session"]
    elif facts.now < facts.door.window.opens:
        why = t["opens_at"].format(time=_day_time(facts.door.window.opens))
    elif facts.uses_code:
        why = t["no_code_now"]
    else:
        why = t["uses_no_code"]
    return Scan(None, "", 0, "", why)


def _time(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%H:%M}"


def _day_time(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%m-%d %H:%M}"


def _span(seconds: float, t: dict[str, str]) -> str:
    whole = int(seconds) // 60
    if whole < 60:
        return t["span_min"].format(n=whole)
    return t["span_h"].format(h=whole // 60, n=whole % 60) if whole < 48 * 60 else t["span_d"].format(n=whole // 1440)
