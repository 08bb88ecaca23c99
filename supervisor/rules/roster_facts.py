"""What is known of a class when its roster is compared, and what a check says of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from config.profile import RosterRules
from supervisor.rules.identifiers import IdNumber, Sex


class Result(StrEnum):
    OK = "OK"
    WARN = "WARN"
    BLOCK = "BLOCK"
    NOT_CHECKED = "NOT_CHECKED"


class ListKind(StrEnum):
    """What a comparison list is of."""

    DECEASED = "deceased"
    CUSTODY = "custody"
    PENSION = "pension"
    PUBLIC_PAYROLL = "public_payroll"
    INSURED = "insured"
    CATEGORY = "category"  # people of one category; the list names it
    SUBSIDISED = "subsidised"
    STUDENTS = "students"
    EXIT = "exit"  # hospital stays and exits, where lawfully given
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Person:
    """A row of the roster. `number` None: the ID number is invalid. `entry`: its id. `sex`: as the roster says;
    None: it does not."""

    row: int
    key: str
    name: str
    number: IdNumber | None
    entry: UUID | None = None
    sex: Sex | None = None
    category: str | None = None
    phone: str | None = None
    account: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Dates a list gives for a person, both ends included; None: open."""

    first: date | None = None
    last: date | None = None

    def meets(self, first: date, last: date) -> bool:
        return (self.first is None or self.first <= last) and (self.last is None or self.last >= first)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in force. `people`: key → periods, of those of the roster only. `category`: of a category list."""

    kind: ListKind
    source: str
    as_of: date
    people: Mapping[str, tuple[Period, ...]]
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A session of teaching. `other`: None for this class, else the id of the other class. `hours`: lesson hours."""

    start: datetime
    end: datetime
    day: date
    room: UUID
    teachers: tuple[str, ...] = ()
    hours: int = 0
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Previous:
    """A subsidised course a person had; `level`: 5 (初级) … 1, smaller is higher."""

    year: int
    occupation: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A check-in that counted or may count."""

    row: int
    session: UUID
    method: str
    device: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the institution. `scope`: occupations of its licence; None: unknown."""

    blacklisted: bool
    licence_until: date | None
    scope: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What other parts of the centre know; None: nobody said. `has_statement`, `hire_intent`: ids of
    the entries that have one. `level`: 5 … 1."""

    standing: Standing | None = None
    has_statement: Collection[UUID] | None = None
    enterprise_order: bool | None = None
    hire_intent: Collection[UUID] | None = None
    for_unemployed: bool | None = None
    occupation: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """`lessons`: of this class, and of the institution's others on its days. `busy`: key → lessons in other classes.
    `shared`: hash of a phone, account or address → people outside the roster who have it too. `staff`: names."""

    opening_day: date
    last_day: date
    rules: RosterRules
    people: tuple[Person, ...]
    lists: tuple[Listed, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    busy: Mapping[str, tuple[Lesson, ...]] = field(default_factory=dict)
    previous: Mapping[str, tuple[Previous, ...]] = field(default_factory=dict)
    shared: Mapping[str, int] = field(default_factory=dict)
    staff: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    given: Given = Given()

    def of_kind(self, kind: ListKind) -> tuple[Listed, ...]:
        return tuple(one for one in self.lists if one.kind is kind)


@dataclass(frozen=True, slots=True)
class RosterCheck:
    """`source`: who says so; `source_asof`: the day it is true for. `detail`: a code of DETAILS. `subject`: an id that
    tells two hits of the same kind apart."""

    row: int | None
    rule: str
    result: Result
    detail: str
    source: str | None = None
    source_asof: date | None = None
    subject: str | None = None
