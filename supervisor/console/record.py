"""The record as a page, for the audit administrator: who did what, newest first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from supervisor.accounts import listing
from supervisor.audit.events import READERS, EventOut, EventsWanted, read_events
from supervisor.callers import Caller, CentreDep, require
from supervisor.console.i18n import Words
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render_register

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SIZE = 100
_ACCOUNT = "account:"
Word = Annotated[str, Query(max_length=96)]


@dataclass(frozen=True, slots=True)
class EventLine:
    """`actor`, `subject`: in words where they are accounts; `*_key`: as recorded."""

    at: datetime
    action: str
    actor: str
    actor_key: str
    subject: str
    subject_key: str
    alarm: bool
    details: str


@router.get("/record")
def record(
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*READERS))],
    action: Word = "",
    actor: Word = "",
    subject: Word = "",
    alarm: bool = False,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    wanted = EventsWanted(action=action[:64], actor=actor[:64], subject=subject, alarm=alarm)
    page = read_events(centre, wanted, before, SIZE)
    named = listing.people_of(centre, accounts_in(page.events))
    kept = {"action": wanted.action, "actor": wanted.actor, "subject": wanted.subject} | (
        {"alarm": "1"} if alarm else {}
    )
    return render_register(
        request,
        caller,
        "record",
        lines=[event_line(one, named, page_words(request)) for one in page.events],
        wanted=wanted,
        first=None if before is None else f"/record?{urlencode(kept)}",
        more=f"/record?{urlencode(kept | {'before': page.before})}" if page.before else None,
    )


def accounts_in(events: Sequence[EventOut]) -> set[UUID]:
    keys = {key for one in events for key in (one.actor, one.subject) if key.startswith(_ACCOUNT)}
    return {found for key in keys if (found := _id(key)) is not None}


def event_line(one: EventOut, named: Mapping[UUID, str], words: Words) -> EventLine:
    return EventLine(
        at=one.at,
        action=one.action,
        actor=_shown(one.actor, named, words),
        actor_key=one.actor,
        subject=_shown(one.subject, named, words),
        subject_key=one.subject,
        alarm=one.alarm,
        details=json.dumps(one.details, ensure_ascii=False) if one.details else "",
    )


def _shown(key: str, named: Mapping[UUID, str], words: Words) -> str:
    if key == "centre":
        return words("中心自动")
    found = _id(key) if key.startswith(_ACCOUNT) else None
    return named.get(found, key) if found is not None else key


def _id(key: str) -> UUID | None:
    """`account:unknown` is of a name that nobody has."""
    try:
        return UUID(key.removeprefix(_ACCOUNT))
    except ValueError:
        return None
