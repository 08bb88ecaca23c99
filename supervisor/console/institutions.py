"""The pages of institutions: the list with how each stands today, and all that the county entered of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.i18n import N_
from supervisor.console.institution_view import GRADES, LICENCE_KINDS, present_institution, present_standing
from supervisor.console.navigation import registers_of
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.gate import MAX_FORM_FILES
from supervisor.institutions import service
from supervisor.institutions.schemas import InstitutionRecord
from supervisor.openings.catalogues import READERS
from supervisor.paging import CursorText
from supervisor.sampling.service import rules_on

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*READERS))]
SIZE = 50
DONE = {
    "licence": N_("许可已登记"),
    "withdrawn": N_("许可已撤回"),
    "verification": N_("实地核实已登记"),
    "photos": N_("照片已补交"),
    "credit": N_("信用等级已登记"),
    "secret": N_("已标为涉密单位"),
    "total": N_("汇总人数已登记"),
}
"""A form of the page → what is said when it was taken."""


@dataclass(frozen=True, slots=True)
class Untaken:
    """A form that was not taken: which, what was typed, and why."""

    form: str
    typed: Mapping[str, str]
    fault: LessonProofError


@router.get("/institutions")
def institutions(request: Request, centre: CentreDep, caller: Reader, cursor: CursorText = None) -> Response:
    words, now = page_words(request), centre.clock.now()
    today, rules = now.astimezone(CHINA).date(), rules_on(centre.settings.region, now)
    found = service.standings(centre, caller, cursor, SIZE)
    return render(
        request,
        "institutions.html",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        registers=registers_of(caller.role),
        register="institutions",
        lines=[present_standing(one, rules, today, words) for one in found.items],
        first=cursor is None,
        more=found.next,
    )


@router.get("/institutions/{institution_id}")
def institution(institution_id: UUID, request: Request, centre: CentreDep, caller: Reader, done: str = "") -> Response:
    return institution_page(request, centre, caller, service.show(centre, caller, institution_id), done=done)


def institution_page(
    request: Request,
    centre: Centre,
    caller: Caller,
    found: InstitutionRecord,
    *,
    done: str = "",
    untaken: Untaken | None = None,
) -> Response:
    words, now = page_words(request), centre.clock.now()
    today = now.astimezone(CHINA).date()
    return render(
        request,
        "institution.html",
        status=untaken.fault.status if untaken else 200,
        back=f"/institutions/{found.id}",
        viewer=viewer_of(caller),
        here="registers",
        demo=False,
        view=present_institution(found, rules_on(centre.settings.region, now), today, words),
        totals=found.totals,
        may_enter=caller.role is Role.HANDLER,
        kinds=[(key, words(text)) for key, text in LICENCE_KINDS.items()],
        grades=GRADES,
        today=today.isoformat(),
        most_bytes=MAX_FORM_FILES,
        done=words(DONE[done]) if done in DONE else "",
        untaken=untaken.form if untaken else "",
        typed=dict(untaken.typed) if untaken else {},
        fault=sentence(request, untaken.fault) if untaken else "",
    )
