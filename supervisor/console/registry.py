"""The page of the feed to the real-name registry: what waits, what was refused, how long it takes, what differs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from supervisor.callers import Caller, CentreDep, require
from supervisor.console.i18n import N_
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render_register
from supervisor.registry.endpoints import READERS
from supervisor.registry.service import overview

router = APIRouter(route_class=PageRoute, include_in_schema=False)

STATES = {
    "waiting": N_("等待报送"),
    "sent": N_("已报送,未回执"),
    "acknowledged": N_("已回执"),
    "refused": N_("被退回"),
    "suspended": N_("已冻结"),
    "superseded": N_("已更正"),
    "waived": N_("免报"),
}
KINDS = {
    "check_in": N_("签到记录"),
    "lesson_verdict": N_("课时结论"),
    "class_state": N_("班级状态"),
    "clip_manifest": N_("片段清单"),
    "roster_entry": N_("花名册人员"),
    "leave": N_("请假记录"),
    "papers": N_("培训资料"),
}


@router.get("/registry")
def registry(request: Request, centre: CentreDep, caller: Annotated[Caller, Depends(require(*READERS))]) -> Response:
    words = page_words(request)
    return render_register(
        request,
        caller,
        "registry",
        view=overview(centre, caller),
        states={state: words(text) for state, text in STATES.items()},
        kinds={kind: words(text) for kind, text in KINDS.items()},
    )
