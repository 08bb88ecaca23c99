"""The head's menu: which pages a role finds there, in the order of the day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from supervisor.callers import ANYONE_SIGNED_IN, Role
from supervisor.console.i18n import N_
from supervisor.registry.endpoints import READERS


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is what a page calls itself (`here`)."""

    key: str
    path: str
    text: str
    roles: Collection[Role]


MENU = (
    Entry("today", "/", N_("今日课时"), ANYONE_SIGNED_IN),
    Entry("playback", "/rooms", N_("回放"), ANYONE_SIGNED_IN),
    Entry("registry", "/registry", N_("实名制报送"), READERS),
)


def menu_of(role: Role) -> tuple[Entry, ...]:
    return tuple(entry for entry in MENU if role in entry.roles)
