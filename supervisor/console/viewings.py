"""The viewing register as a page: who looked at which recording, why, from where."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, require
from supervisor.console.i18n import N_
from supervisor.console.page_route import PageRoute
from supervisor.console.rendering import page_words, render_register
from supervisor.console.state_words import VIEW_REASONS
from supervisor.paging import CursorText
from supervisor.privacy import registers
from supervisor.privacy.endpoints import WATCHERS
from supervisor.privacy.schemas import ViewsWanted

router = APIRouter(route_class=PageRoute, include_in_schema=False)

WHATS = {
    "playback": N_("看录像"),
    "pictures": N_("看图片"),
    "papers": N_("看附件"),
    "export": N_("导出"),
    "patrol": N_("实时巡课"),
}
SIZE = 50
Word = Annotated[str, Query(max_length=64)]
Day = Annotated[str, Query(max_length=10)]


@router.get("/viewings")
def viewings(
    request: Request,
    centre: CentreDep,
    caller: Annotated[Caller, Depends(require(*WATCHERS))],
    q: Word = "",
    class_no: Word = "",
    first_day: Day = "",
    last_day: Day = "",
    cursor: CursorText = None,
) -> Response:
    words = page_words(request)
    days = {"first_day": _day(first_day), "last_day": _day(last_day)}
    wanted = ViewsWanted(text=q, class_no=class_no, **days)
    page = registers.views(centre, caller, wanted, cursor, SIZE)
    kept = {"q": wanted.text, "class_no": wanted.class_no, "first_day": first_day, "last_day": last_day}
    return render_register(
        request,
        caller,
        "viewings",
        lines=page.items,
        whats={key: words(text) for key, text in WHATS.items()},
        reasons={str(key): words(text) for key, text in VIEW_REASONS.items()},
        kept=kept,
        first=None if cursor is None else f"/viewings?{urlencode(kept)}",
        more=f"/viewings?{urlencode(kept | {'cursor': page.next})}" if page.next else None,
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LessonProofError("FORM_INVALID", status=422, zh="日期不正确", en="that is no date") from None
