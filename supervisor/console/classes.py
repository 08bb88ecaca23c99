"""The pages of classes: the list, the sheet of one class, and the sheet as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from config.clock import CHINA
from supervisor.archives.endpoints import ARCHIVE_ROLES
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.changes.service import CHANGEABLE
from supervisor.classes.files import READERS as READERS_OF_FILES
from supervisor.console.class_export import MEDIA, sheet_xlsx
from supervisor.console.class_sheet import RECOGNISED, present_sheet
from supervisor.console.decide_words import CLASS_STATES, state_mark
from supervisor.console.exemptions import kind_choices, request_lines
from supervisor.console.exports import exports_of
from supervisor.console.i18n import Words
from supervisor.console.inspection_view import inspections_of_class
from supervisor.console.opening_page import SEES
from supervisor.console.opening_review import REVIEWERS
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.state_words import VIEW_REASONS
from supervisor.console.views import Choice, Mark
from supervisor.decisions.exemption_requests import ASKABLE
from supervisor.exports.schemas import ExportsWanted
from supervisor.gate import MAX_FORM_FILES
from supervisor.inspections.endpoints import CERTIFICATE_READERS
from supervisor.lessons.schemas import ViewReason
from supervisor.openings.service import APPLICANTS
from supervisor.rosters.endpoints import READERS as READERS_OF_ROSTERS
from supervisor.rules.verdict_life import NEXT, Next, Stage
from supervisor.sheets import register, service
from supervisor.sheets.listing import ClassList, list_classes

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*service.READERS))]
Exporter = Annotated[Caller, Depends(require(*service.EXPORTERS))]
BEFORE = ("draft", "submitted", "returned")


@dataclass(frozen=True, slots=True)
class ClassLine:
    """`link`: to its opening while there is no class yet, for who prepares it; else to its sheet."""

    link: str
    class_no: str
    name: str
    institution: str
    mark: Mark
    hours: str
    recognised: int
    open: int
    until: datetime


@dataclass(frozen=True, slots=True)
class ClassesView:
    text: str
    choices: tuple[Choice, ...]
    lines: tuple[ClassLine, ...]
    total: int
    first: int
    before: str | None
    after: str | None


@router.get("/classes")
def classes(
    request: Request,
    centre: CentreDep,
    caller: Reader,
    q: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(max_length=16)] = "all",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    words = page_words(request)
    chosen = state if state in CLASS_STATES else "all"
    found = list_classes(centre, caller, q.strip(), chosen, page)
    view = present_classes(found, q.strip(), chosen, page, words, applicant=caller.role in APPLICANTS)
    return render(
        request, "classes.html", viewer=viewer_of(caller), here="classes", demo=False, view=view, state=chosen,
        may_open=caller.role in APPLICANTS,
    )  # fmt: skip


@router.get("/classes/{class_id}")
def sheet(class_id: UUID, request: Request, centre: CentreDep, caller: Reader) -> Response:
    words, now = page_words(request), centre.clock.now()
    register.enter(centre, caller, class_id, "sheet", ViewReason.ROUTINE, client_ip(request))
    found = service.class_sheet(centre, caller, class_id)
    return render(
        request,
        "class.html",
        viewer=viewer_of(caller),
        here="classes",
        demo=found.demo,
        view=present_sheet(found, f"{caller.unit} {caller.name}", now, words),
        whys=[(reason.value, words(text)) for reason, text in VIEW_REASONS.items()],
        may_carry=caller.role in service.EXPORTERS,
        may_archive=caller.role in ARCHIVE_ROLES,
        exports=exports_of(centre, caller, ExportsWanted(class_id=class_id), found.profile, words),
        may_see_opening=caller.role in SEES,
        may_change=caller.role in APPLICANTS and found.status in CHANGEABLE,
        may_review=found.status == "submitted" and caller.role in REVIEWERS,
        may_see_photos=caller.role in READERS_OF_FILES and caller.institution_id is None,
        most_bytes=MAX_FORM_FILES,
        may_approve=caller.role is Role.APPROVER,
        may_exempt=caller.role is Role.APPROVER,
        may_ask_exempt=caller.role is Role.RESPONSIBLE and found.status in ASKABLE,
        exempt_kinds=kind_choices(words),
        requests=request_lines(centre, caller, class_id, words),
        may_see_roster=caller.role in READERS_OF_ROSTERS,
        today=now.astimezone(CHINA).date().isoformat(),
        inspections=inspections_of_class(centre, caller, class_id, words, now),
        may_inspect=caller.role is Role.INSPECTOR,
        may_certify=caller.role in CERTIFICATE_READERS,
    )


@router.get("/classes/{class_id}/sheet.xlsx")
def export(class_id: UUID, request: Request, centre: CentreDep, caller: Exporter, reason: ViewReason) -> Response:
    words, now = page_words(request), centre.clock.now()
    register.enter(centre, caller, class_id, "export", reason, client_ip(request))
    found = service.class_sheet(centre, caller, class_id)
    view = present_sheet(found, f"{caller.unit} {caller.name}", now, words)
    name = quote(f"{found.class_no}-{found.check_code[:9]}.xlsx")
    headers = {"Cache-Control": "no-store", "Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(sheet_xlsx(view, words), media_type=MEDIA, headers=headers)


def present_classes(
    found: ClassList, text: str, state: str, page: int, words: Words, *, applicant: bool
) -> ClassesView:
    choices = [Choice("all", words("全部"), sum(found.states.values()), state == "all")]
    choices += [
        Choice(key, words(label), found.states[key], state == key)
        for key, (_, label) in CLASS_STATES.items()
        if found.states[key] or key == state
    ]

    def turned(to: int) -> str:
        return f"/classes?{urlencode({'q': text, 'state': state, 'page': to})}"

    return ClassesView(
        text=text,
        choices=tuple(choices),
        lines=tuple(
            ClassLine(
                link=f"/classes/{one.id}{'/opening' if applicant and one.status in BEFORE else ''}",
                class_no=one.class_no,
                name=one.name,
                institution=one.institution,
                mark=state_mark(CLASS_STATES, one.status, words),
                hours=f"{one.over}/{one.planned}",
                recognised=sum(one.stages[stage] for stage in RECOGNISED),
                open=sum(n for stage, n in one.stages.items() if NEXT[Stage(stage)] not in (Next.NOBODY, Next.BOX)),
                until=one.class_end,
            )
            for one in found.items
        ),
        total=found.total,
        first=(page - 1) * found.size + 1,
        before=turned(page - 1) if page > 1 else None,
        after=turned(page + 1) if page * found.size < found.total else None,
    )
