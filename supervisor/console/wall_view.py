"""The patrol wall as values: tiles, the filters that narrow them, and what needs a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from supervisor.console.i18n import N_, Words, short_time
from supervisor.console.views import Choice, Mark
from supervisor.console.wall_tile import ORDER, TROUBLES, WallTile, wall_tile
from supervisor.contract.state import CameraStatus
from supervisor.lessons.schemas import LessonPhase, TodayLesson
from supervisor.patrol.schemas import Trouble
from supervisor.patrol.wall import Wall

SHOWN = {
    "running": N_("正在上课"),
    "today": N_("今日有课"),
    "alarm": N_("需要处理"),
    "outage": N_("断线 / 断录"),
    "draw": N_("随机抽查"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; empty: no narrowing."""

    show: str = "running"
    area: str = ""
    sector: str = ""
    institution: str = ""
    search: str = ""
    draw: str = ""

    def address(self, **changes: str) -> str:
        wanted = replace(self, **changes)
        fields = {name: getattr(wanted, name) for name in ("show", "area", "sector", "institution", "search", "draw")}
        kept = {name: value for name, value in fields.items() if value and (name, value) != ("show", "running")}
        return f"/wall?{urlencode(kept)}" if kept else "/wall"


@dataclass(frozen=True, slots=True)
class Need:
    lesson_hour_id: UUID
    title: str
    text: str
    since: str
    mark: Mark
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A group of filter lines; `address` of each leads to the wall with it (or, when chosen, without)."""

    text: str
    lines: tuple[tuple[Choice, str], ...]


@dataclass(frozen=True, slots=True)
class WallView:
    now: datetime
    title: str
    marks: tuple[tuple[Mark, int], ...]
    shows: Narrowing
    narrowings: tuple[Narrowing, ...]
    tiles: tuple[WallTile, ...]
    needs: tuple[Need, ...]
    drawn: str
    asked: Asked
    refresh: str


def present_wall(wall: Wall, asked: Asked, now: datetime, words: Words) -> WallView:
    lessons = {one.lesson_hour_id: one for one in wall.lessons}
    every = [wall_tile(one, wall, now, words) for one in sorted(wall.lessons, key=_place)]
    asked = replace(asked, show=asked.show if asked.show in SHOWN else "running")
    tests = _tests(wall)
    office = _office_tests(wall, lessons, asked)
    shown = [one for one in every if tests[asked.show](one) and all(test(one) for test in office.values())]
    needs = [
        need(one, lessons[one.base.lesson_hour_id], trouble, words)
        for one in every
        for trouble in one.troubles
        if (one.base.lesson_hour_id, trouble) not in wall.dismissed
    ]
    counted = Counter(one.mark for one in shown)
    return WallView(
        now=now,
        title=words(SHOWN[asked.show]),
        marks=tuple(sorted(counted.items(), key=lambda pair: pair[0].tone)),
        shows=Narrowing(
            words("范围"),
            tuple(
                (
                    Choice(key, words(text), sum(map(tests[key], every)), key == asked.show),
                    asked.address(show=key, draw=asked.draw if key == "draw" else ""),
                )
                for key, text in SHOWN.items()
                if key != "draw" or wall.draw is not None
            ),
        ),
        narrowings=tuple(_narrowings(wall, lessons, every, tests[asked.show], asked, words)),
        tiles=tuple(shown),
        needs=tuple(sorted(needs, key=lambda one: (ORDER.index(one.trouble), one.since, one.title))),
        drawn=_drawn(wall, words),
        asked=asked,
        refresh=asked.address().replace("/wall", "/wall/parts", 1),
    )


def need(one: WallTile, lesson: TodayLesson, trouble: Trouble, words: Words) -> Need:
    tone, text = TROUBLES[trouble]
    base = one.base
    figures = words(
        "画面 {people},打卡 {checked},应到 {roster}",
        people="—" if base.people is None else base.people,
        checked=base.checked_in,
        roster=base.roster,
    )
    said = {
        Trouble.NOBODY: words("{time} 应开课,画面中没有人", time=short_time(base.start)) + " · " + figures,
        Trouble.OUTAGE: f"{one.outage.title} · {one.outage.fault}" if one.outage else base.camera.text,
        Trouble.FEW: figures,
        Trouble.LATE: base.camera.text,
    }[trouble]
    broken = [camera.since for camera in lesson.cameras if camera.since and camera.status != CameraStatus.RECORDING]
    since = min(broken, default=base.start) if trouble == Trouble.OUTAGE else base.start
    return Need(
        lesson_hour_id=base.lesson_hour_id,
        title=f"{base.title} · {base.place}",
        text=said,
        since=short_time(max(since, base.start)),
        mark=Mark(tone, words(text)),
        trouble=trouble,
    )


def _place(lesson: TodayLesson) -> tuple[datetime, str, str, str, int]:
    """Stable: a tile does not wander when its state changes. By day's order first, so that today's list reads well."""
    return lesson.start, lesson.institution, lesson.site, lesson.room, lesson.slot


def _tests(wall: Wall) -> dict[str, Callable[[WallTile], bool]]:
    def running(one: WallTile) -> bool:
        return one.base.phase == LessonPhase.RUNNING

    drawn = set(wall.draw.drawn) if wall.draw is not None else set()
    return {
        "running": running,
        "today": lambda one: True,
        "alarm": lambda one: bool(one.troubles),
        "outage": lambda one: Trouble.OUTAGE in one.troubles or Trouble.LATE in one.troubles,
        "draw": lambda one: str(one.base.lesson_hour_id) in drawn,
    }


def _office_tests(
    wall: Wall, lessons: Mapping[UUID, TodayLesson], asked: Asked
) -> dict[str, Callable[[WallTile], bool]]:
    def at(one: WallTile) -> TodayLesson:
        return lessons[one.base.lesson_hour_id]

    tests: dict[str, Callable[[WallTile], bool]] = {}
    if asked.area:
        tests["area"] = lambda one: wall.offices[at(one).institution_id][0] == asked.area
    if asked.sector:
        tests["sector"] = lambda one: wall.offices[at(one).institution_id][1] == asked.sector
    if asked.institution:
        tests["institution"] = lambda one: str(at(one).institution_id) == asked.institution
    if asked.search:
        tests["search"] = lambda one: asked.search.casefold() in f"{one.base.title} {one.base.place}".casefold()
    return tests


def _narrowings(
    wall: Wall,
    lessons: Mapping[UUID, TodayLesson],
    every: Iterable[WallTile],
    shown: Callable[[WallTile], bool],
    asked: Asked,
    words: Words,
) -> Iterable[Narrowing]:
    """Only what there is more than one of: a choice of one is none."""
    places = [lessons[one.base.lesson_hour_id] for one in every if shown(one)]
    kinds: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "area": (words("区县"), [(wall.offices[one.institution_id][0],) * 2 for one in places]),
        "sector": (
            words("主管部门"),
            [(sector, sector) for one in places if (sector := wall.offices[one.institution_id][1])],
        ),
        "institution": (words("培训机构"), [(str(one.institution_id), one.institution) for one in places]),
    }
    for name, (title, found) in kinds.items():
        chosen = getattr(asked, name)
        counted = Counter(found)
        if len(counted) < 2 and not chosen:
            continue
        yield Narrowing(
            title,
            tuple(
                (Choice(key, text, count, key == chosen), asked.address(**{name: "" if key == chosen else key}))
                for (key, text), count in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0][1]))
            ),
        )


def _drawn(wall: Wall, words: Words) -> str:
    if wall.draw is None:
        return ""
    return words(
        "{time} 从 {all} 个正在上课的课时中抽取 {n} 个;种子 {seed} 已登记,可以重抽核对",
        time=short_time(wall.draw.at),
        all=len(wall.draw.candidates),
        n=len(wall.draw.drawn),
        seed=wall.draw.seed,
    )
