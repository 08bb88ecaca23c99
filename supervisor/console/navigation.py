"""The head's menu: which pages a role finds there, in the order of the day; and the registers, which share one entry of
it and have a second row of their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from supervisor.accounts.endpoints import ADMINISTRATORS
from supervisor.audit.events import READERS as READERS_OF_RECORD
from supervisor.callers import ANYONE_SIGNED_IN, Role
from supervisor.console.i18n import N_
from supervisor.devices.places import LOOKERS as LOOKERS_AT_SITES
from supervisor.inspections.record_endpoints import READERS as READERS_OF_INSPECTIONS
from supervisor.openings.catalogues import READERS as READERS_OF_INSTITUTIONS
from supervisor.patrol.wall import WALL_ROLES
from supervisor.privacy.endpoints import KEEPERS, WATCHERS
from supervisor.registry.endpoints import READERS
from supervisor.rosters.endpoints import LIST_READERS
from supervisor.sampling.endpoints import READERS as READERS_OF_PLANS
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
    Entry("inspections", "/inspections", N_("检查整改"), READERS_OF_INSPECTIONS),
    Entry("sites", "/sites", N_("场地设备"), (Role.SYSTEM_ADMIN,)),
    Entry("accounts", "/accounts", N_("账户"), ADMINISTRATORS),
)
REGISTERS = (
    Entry("institutions", "/institutions", N_("机构名录"), READERS_OF_INSTITUTIONS),
    Entry("sites", "/sites", N_("场地设备"), LOOKERS_AT_SITES),
    Entry("catalogues", "/catalogues", N_("培训目录"), READERS_OF_INSTITUTIONS),
    Entry("sampling_plans", "/sampling-plans", N_("抽查计划"), READERS_OF_PLANS),
    Entry("registry", "/registry", N_("实名制报送"), READERS),
    Entry("comparison_lists", "/comparison-lists", N_("比对名单"), LIST_READERS),
    Entry("rights", "/rights", N_("个人信息申请"), KEEPERS),
    Entry("viewings", "/viewings", N_("查阅登记"), WATCHERS),
    Entry("record", "/record", N_("操作记录"), READERS_OF_RECORD),
)


def menu_of(role: Role) -> tuple[Entry, ...]:
    """The registers stand behind one entry, which leads to the first of those that the role may open, and bears its
    name where there is no other."""
    found = [entry for entry in MENU if role in entry.roles]
    registers = registers_of(role)
    if registers:
        text = registers[0].text if len(registers) == 1 else N_("台账")
        found.append(Entry("registers", registers[0].path, text, (role,)))
    return tuple(found)


def registers_of(role: Role) -> tuple[Entry, ...]:
    return tuple(entry for entry in REGISTERS if role in entry.roles)
