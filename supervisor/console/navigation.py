"""The head's menu: which pages a role finds there, in the order of the day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from supervisor.callers import ANYONE_SIGNED_IN, Role
from supervisor.console.i18n import N_
from supervisor.patrol.wall import WALL_ROLES
from supervisor.registry.endpoints import READERS
from supervisor.sheets.service import READERS as READERS_OF_SHEETS
from supervisor.todo.service import HAS_LIST


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is what a page calls itself (`here`)."""

    key: str
    path: str
    text: str
    roles: Collection[Role]


MENU = (
    Entry("todo", "/todo", N_("需要处理"), HAS_LIST),
    Entry("today", "/", N_("今日课时"), ANYONE_SIGNED_IN),
    Entry("wall", "/wall", N_("巡课墙"), WALL_ROLES),
    Entry("playback", "/rooms", N_("回放"), ANYONE_SIGNED_IN),
    Entry("classes", "/classes", N_("班级"), READERS_OF_SHEETS),
    Entry("registry", "/registry", N_("实名制报送"), READERS),
)


def menu_of(role: Role) -> tuple[Entry, ...]:
    return tuple(entry for entry in MENU if role in entry.roles)
