"""The page of a class's supervision certificate (A-26): the figures as they were frozen, to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from config.profile import DEFAULT_PATROL
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.classes.service import show_class
from supervisor.console.i18n import Words
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.views import Mark
from supervisor.inspections import service
from supervisor.inspections.endpoints import CERTIFICATE_READERS
from supervisor.inspections.schemas import CertificateOut
from supervisor.profiles import profile_named
from supervisor.rules.remote_effective import Figures, conditions

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One condition: what it is, what was, what the rules ask for, and whether that is so."""

    name: str
    value: str
    wanted: str
    mark: Mark


@router.get("/classes/{class_id}/certificate")
def certificate(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*CERTIFICATE_READERS))],
) -> Response:
    words = page_words(request)
    made = service.newest(centre, caller, class_id)
    training = show_class(centre, caller, class_id)
    return render(
        request,
        "certificate.html",
        viewer=viewer_of(caller),
        here="inspections",
        demo=profile_named(training.profile).demo,
        training=training,
        made=made,
        lines=figure_lines(made, words) if made else (),
        may_certify=caller.role is Role.INSPECTOR,
    )


@router.post("/classes/{class_id}/certificate")
def certify(class_id: UUID, centre: CentreDep, caller: Annotated[Caller, Depends(require(Role.INSPECTOR))]) -> Response:
    service.certify(centre, caller, class_id)
    return RedirectResponse(f"/classes/{class_id}/certificate", status_code=303)


def figure_lines(made: CertificateOut, words: Words) -> tuple[FigureLine, ...]:
    rules = profile_named(made.profile).patrol or DEFAULT_PATROL
    figures = Figures(**made.figures)
    met = conditions(figures, rules)
    marks = {True: Mark("ok", words("达到")), False: Mark("bad", words("没有达到"))}
    filmed, planned = (f"{one / _HOUR_MS:.1f}" for one in (figures.filmed_ms, figures.planned_ms))
    hours = words("{a} / {b} 小时", a=filmed, b=planned)
    people = words("{a} / {b} 人次", a=figures.check_ins, b=figures.expected_check_ins)
    return (
        FigureLine(
            words("录像覆盖"), f"{hours} ({_percent(figures.filmed_ms, figures.planned_ms)})",
            f"≥ {rules.camera_coverage:.0%}", marks[met.filmed],
        ),
        FigureLine(
            words("签到"), f"{people} ({_percent(figures.check_ins, figures.expected_check_ins)})",
            f"≥ {rules.check_in_coverage:.0%}", marks[met.checked_in],
        ),
        FigureLine(
            words("远程巡课"), words("{n} 次", n=figures.patrols), f"≥ {rules.patrols}", marks[met.patrolled]
        ),
        FigureLine(
            words("未处理的告警和建议不认定"), words("{n} 项", n=figures.open_alerts), "0", marks[met.no_alerts]
        ),
    )  # fmt: skip


def _percent(part: int, whole: int) -> str:
    """Rounded down: a figure never flatters."""
    return f"{part * 100 // whole}%" if whole else "—"
