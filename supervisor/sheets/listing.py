"""The list of classes, a page at a time, with how far each has come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.sheets import repository

SIZE = 50


@dataclass(frozen=True, slots=True)
class ClassListed:
    """`stages`: how many lesson hours are at each."""

    id: UUID
    class_no: str
    name: str
    institution: str
    status: str
    planned: int
    over: int
    stages: Counter[str]
    class_end: datetime


@dataclass(frozen=True, slots=True)
class ClassList:
    items: tuple[ClassListed, ...]
    total: int
    states: Counter[str]
    size: int = SIZE


def list_classes(centre: Centre, caller: Caller, text: str, state: str, page: int) -> ClassList:
    """`state` "all": any. `page` from 1."""
    now = centre.clock.now()
    wanted = [] if state == "all" else [state]
    with centre.uow.read() as session:
        rows, total = repository.listed(session, caller, text, wanted, SIZE, (page - 1) * SIZE)
        ids = [training.id for training, _ in rows]
        stages, planned = repository.stages(session, ids), repository.planned(session, ids, now)
        states = repository.states(session, caller)
    return ClassList(
        tuple(
            ClassListed(
                id=training.id,
                class_no=training.class_no,
                name=training.name,
                institution=institution,
                status=training.status,
                planned=planned.get(training.id, (0, 0))[0],
                over=planned.get(training.id, (0, 0))[1],
                stages=stages.get(training.id, Counter()),
                class_end=training.class_end,
            )
            for training, institution in rows
        ),
        total,
        states,
    )
