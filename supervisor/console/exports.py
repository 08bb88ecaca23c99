"""Exports of recordings on the page of a lesson hour or a class: asked for, answered by another person, fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from supervisor.callers import Caller, CentreDep
from supervisor.centre import Centre
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute
from supervisor.console.state_words import VIEW_REASONS
from supervisor.console.views import Mark, Tone
from supervisor.exports import service
from supervisor.exports.endpoints import APPROVERS, READERS, Approver, Archivist, Exporter
from supervisor.exports.schemas import ExportAnswerIn, ExportIn, ExportOut, ExportState, ExportsWanted
from supervisor.lessons.schemas import ViewReason
from supervisor.profiles import profile_named

router = APIRouter(route_class=PageRoute, include_in_schema=False)
STATES: dict[ExportState, tuple[Tone, str]] = {
    ExportState.ASKED: ("wait", N_("等待另一人批准")),
    ExportState.APPROVED: ("ok", N_("已批准")),
    ExportState.REFUSED: ("bad", N_("未批准")),
    ExportState.EXPIRED: ("none", N_("批准已过期")),
}
_NEWEST = 20
Reason = Annotated[ViewReason, Form()]
Case = Annotated[str, Form(min_length=2, max_length=120)]


@dataclass(frozen=True, slots=True)
class ExportLine:
    """`fetch`: where its asker gets it, while it may be had. `answerable`: by whoever looks."""

    told: ExportOut
    mark: Mark
    reason: str
    fetch: str | None
    answerable: bool


def exports_of(
    centre: Centre, caller: Caller, wanted: ExportsWanted, profile: str, words: Words
) -> tuple[ExportLine, ...] | None:
    """None: under this profile recordings need nobody's approval, or this is not for the person's eyes."""
    if caller.role not in READERS or not service.needs_approval(profile_named(profile)):
        return None
    page = service.exports(centre, caller, wanted, None, _NEWEST)
    return tuple(_line(one, caller, words) for one in page.items)


def _line(one: ExportOut, caller: Caller, words: Words) -> ExportLine:
    tone, text = STATES[one.state]
    return ExportLine(
        told=one,
        mark=Mark(tone, words(text)),
        reason=words(VIEW_REASONS[one.reason]),
        fetch=f"/api/exports/{one.id}/bundle.zip" if one.own and one.state is ExportState.APPROVED else None,
        answerable=one.state is ExportState.ASKED and not one.own and caller.role in APPROVERS,
    )


@router.post("/lessons/{lesson_hour_id}/exports")
def ask(lesson_hour_id: UUID, centre: CentreDep, caller: Exporter, reason: Reason, case: Case) -> Response:
    return _back(service.ask(centre, caller, ExportIn(reason=reason, case=case), lesson_hour_id=lesson_hour_id))


@router.post("/classes/{class_id}/exports")
def ask_for_class(class_id: UUID, centre: CentreDep, caller: Archivist, reason: Reason, case: Case) -> Response:
    return _back(service.ask(centre, caller, ExportIn(reason=reason, case=case), class_id=class_id))


@router.post("/exports/{export_id}/answer")
def answer(
    export_id: UUID,
    centre: CentreDep,
    caller: Approver,
    approved: Annotated[bool, Form()],
    text: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    return _back(service.answer(centre, caller, export_id, ExportAnswerIn(approved=approved, text=text)))


def _back(told: ExportOut) -> Response:
    page = f"/lessons/{told.lesson_hour_id}" if told.lesson_hour_id else f"/classes/{told.class_id}"
    return RedirectResponse(f"{page}#exports", status_code=303)
