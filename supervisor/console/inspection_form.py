"""Entering an inspection: the class is chosen first, then the form of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.console.forms import moment, read_form
from supervisor.console.i18n import Words, short_time
from supervisor.console.inspection_view import CHECKS, CONCLUSIONS, KINDS
from supervisor.console.page_route import PageRoute, not_found, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.inspections import records
from supervisor.inspections.record_schemas import InspectedClass, InspectionIn
from supervisor.rules.inspection import ITEMS, Check
from supervisor.rules.roll_call import FINDINGS
from supervisor.sheets.listing import list_classes

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Inspector = Annotated[Caller, Depends(require(Role.INSPECTOR))]
_TOLD = {
    "lesson_hour_ids": ("请勾选检查的课时", "tick the lesson hours that were inspected"),
    "present": ("实到人数填数字", "people counted: a number"),
    "findings": ("请至少选择一项检查发现", "choose at least one finding"),
    "conclusion": ("请选择结论", "choose a conclusion"),
    "working_days": ("整改期限填工作日数", "the term is a number of working days"),
}


@dataclass(frozen=True, slots=True)
class DayHours:
    day: str
    hours: tuple[tuple[UUID, str, bool], ...]


async def _said(request: Request) -> FormData:
    return await request.form()


@router.get("/inspections/new")
def new(
    request: Request,
    centre: CentreDep,
    caller: Inspector,
    class_id: UUID | None = None,
    q: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    if class_id is not None:
        return _form(request, centre, caller, records.inspectable(centre, caller, class_id), {}, None)
    found = list_classes(centre, caller, q.strip(), "all", 1)
    return render(
        request, "inspection_class.html", viewer=viewer_of(caller), here="inspections", demo=False,
        classes=found.items, text=q.strip(), more=found.total > len(found.items),
    )  # fmt: skip


@router.post("/inspections/new")
def enter(
    request: Request, centre: CentreDep, caller: Inspector, form: Annotated[FormData, Depends(_said)]
) -> Response:
    try:
        class_id = UUID(str(form.get("class_id", "")))
    except ValueError:
        raise not_found() from None
    inspected = records.inspectable(centre, caller, class_id)
    given = given_of(form)
    try:
        made = records.enter(centre, caller, read_record(class_id, given))
    except LessonProofError as error:
        return _form(request, centre, caller, inspected, given, error)
    return RedirectResponse(f"/inspections/{made.id}?done=entered", status_code=303)


def given_of(form: FormData) -> dict[str, Any]:
    """What was typed, so that it can be shown again."""
    single = ("kind", "started_at", "ended_at", "present", "words", "conclusion", "demand", "working_days", "plan_id")
    given: dict[str, Any] = {name: str(form.get(name, "")) for name in single}
    given |= {name: [str(one) for one in form.getlist(name)] for name in ("lesson_hour_ids", "findings")}
    given["items"] = {item.value: str(form.get(f"item_{item}", Check.NOT_CHECKED)) for item in ITEMS}
    return given


def read_record(class_id: UUID, given: Mapping[str, Any]) -> InspectionIn:
    """Raises FORM_INVALID (422)."""
    times = {name: moment(given[name], name) for name in ("started_at", "ended_at")}
    return read_form(
        InspectionIn,
        {**given, **times, "class_id": class_id},
        lambda field: _TOLD.get(field, ("填写的内容不正确,请检查", "something was filled in wrongly")),
    )


def _form(
    request: Request,
    centre: Centre,
    caller: Caller,
    inspected: InspectedClass,
    given: Mapping[str, Any],
    fault: LessonProofError | None,
) -> Response:
    words = page_words(request)
    english = words.language == "en"
    return render(
        request,
        "inspection_new.html",
        status=fault.status if fault else 200,
        viewer=viewer_of(caller),
        here="inspections",
        demo=False,
        of=inspected,
        days=days_of(inspected, words),
        kinds=[(kind.value, words(text)) for kind, text in KINDS.items()],
        items=[(item.value, told[english]) for item, told in ITEMS.items()],
        checks=[(check.value, words(text)) for check, (_, text) in CHECKS.items()],
        findings=[(code.value, told[english]) for code, told in FINDINGS.items()],
        conclusions=[(one.value, words(text)) for one, (_, text) in CONCLUSIONS.items()],
        given=given,
        plan_id=given.get("plan_id") or request.query_params.get("plan_id", ""),
        now=centre.clock.now(),
        fault=sentence(request, fault) if fault else None,
    )


def days_of(inspected: InspectedClass, words: Words) -> tuple[DayHours, ...]:
    """The newest day first, its lesson hours in their order."""
    grouped = groupby(inspected.hours, key=lambda hour: words.day(hour.start))
    return tuple(
        DayHours(
            day,
            tuple(
                (hour.id, f"{short_time(hour.start)}–{short_time(hour.end)}", hour.looked_at)
                for hour in reversed(list(hours))
            ),
        )
        for day, hours in grouped
    )
