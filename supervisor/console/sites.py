"""The pages of sites and devices: which institution teaches where, and all that stands at one site."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.attendance import sites as check_in
from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.console.i18n import N_
from supervisor.console.institutions import Untaken
from supervisor.console.navigation import registers_of
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.console.site_view import (
    DATUMS,
    REVOKED,
    joined,
    present_boxes,
    present_fence,
    present_rooms,
    present_site_line,
    present_steps,
)
from supervisor.console.state_words import METHODS
from supervisor.devices import places
from supervisor.devices.schemas import EnrolmentOut, SiteRecord
from supervisor.openings.catalogues import READERS as READERS_OF_INSTITUTIONS
from supervisor.paging import CursorText
from supervisor.profiles import profile_on
from supervisor.rules.checkin_methods import OFFERED, WITHOUT_PHONE, Method

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Caller, Depends(require(*places.READERS))]
SIZE = 50
_MOST_INSTITUTIONS = 2000
_OFFERED = tuple(method for method in Method if method in OFFERED)
DONE = {
    "institution": N_("机构已登记"),
    "site": N_("培训点已登记"),
    "room": N_("教室已登记"),
    "camera": N_("摄像头已登记"),
    "changed": N_("摄像头已更改"),
    "revoked": N_("现场设备已停用"),
    "methods": N_("打卡方式已保存"),
    "fence": N_("打卡范围已保存"),
}
"""A form of the pages → what is said when it was taken."""


@router.get("/sites")
def sites(
    request: Request, centre: CentreDep, caller: Reader, cursor: CursorText = None, done: str = "", of: str = ""
) -> Response:
    """`of`: the institution that the next site is entered for."""
    return sites_page(request, centre, caller, cursor=cursor, done=done, typed={"institution_id": of})


@router.get("/sites/{site_id}")
def site(site_id: UUID, request: Request, centre: CentreDep, caller: Reader, done: str = "") -> Response:
    return site_page(request, centre, caller, places.site_record(centre, caller, site_id), done=done)


def sites_page(
    request: Request,
    centre: Centre,
    caller: Caller,
    *,
    cursor: str | None = None,
    done: str = "",
    typed: dict[str, str] | None = None,
    untaken: Untaken | None = None,
) -> Response:
    words, acts = page_words(request), caller.role is Role.SYSTEM_ADMIN
    found = places.places(centre, caller, cursor, SIZE)
    known = classes.institutions(centre, caller, None, _MOST_INSTITUTIONS).items if acts else []
    return render(
        request,
        "sites.html",
        status=untaken.fault.status if untaken else 200,
        back="/sites",
        viewer=viewer_of(caller),
        here=_here(caller),
        demo=False,
        registers=[] if acts else registers_of(caller.role),
        register="sites",
        steps=present_steps(places.beginning(centre, caller), words) if acts else (),
        found=[(one, [present_site_line(each, words) for each in one.sites]) for one in found.items],
        first=cursor is None,
        more=found.next,
        may_enter=acts,
        may_open=caller.role in READERS_OF_INSTITUTIONS,
        institutions=sorted(
            ((str(one.id), one.name) for one in known if not one.secret_related), key=lambda one: one[1]
        ),
        done=words(DONE[done]) if done in DONE else "",
        untaken=untaken.form if untaken else "",
        typed=dict(untaken.typed) if untaken else typed or {},
        fault=sentence(request, untaken.fault) if untaken else "",
        region=centre.settings.region,
    )


def site_page(
    request: Request,
    centre: Centre,
    caller: Caller,
    found: SiteRecord,
    *,
    done: str = "",
    untaken: Untaken | None = None,
    ticked: list[str] | None = None,
) -> Response:
    """`ticked`: the check-in methods of a form that was not taken."""
    words, ways = page_words(request), check_in.show(centre, caller, found.id)
    chosen = ways.methods if ticked is None else ticked
    return render(
        request,
        "site.html",
        status=untaken.fault.status if untaken else 200,
        back=f"/sites/{found.id}",
        viewer=viewer_of(caller),
        here=_here(caller),
        demo=False,
        site=found,
        rooms=present_rooms(found, words),
        boxes=present_boxes(found, centre.clock.now(), words),
        may_enter=caller.role is Role.SYSTEM_ADMIN,
        may_open=caller.role in READERS_OF_INSTITUTIONS,
        reasons=[(key.value, words(text)) for key, text in REVOKED.items()],
        methods=joined([words(METHODS[method]) for method in _OFFERED if method in ways.methods], words),
        offered=[(key.value, words(METHODS[key]), key in chosen, key in WITHOUT_PHONE) for key in _OFFERED],
        fence=present_fence(ways.fence, words),
        given=ways.fence,
        datums=[(key.value, words(text)) for key, text in DATUMS.items()],
        usual_m=_usual_radius(centre),
        done=words(DONE[done]) if done in DONE else "",
        untaken=untaken.form if untaken else "",
        typed=dict(untaken.typed) if untaken else {},
        fault=sentence(request, untaken.fault) if untaken else "",
    )


def code_page(
    request: Request, centre: Centre, caller: Caller, site: SiteRecord, name: str, made: EnrolmentOut
) -> Response:
    """The one-time code of the box `name`, shown once."""
    return render(
        request,
        "site_code.html",
        back=f"/sites/{site.id}",
        viewer=viewer_of(caller),
        here=_here(caller),
        demo=False,
        site=site,
        name=name,
        code=made.code,
        until=made.expires_at,
        voided=made.voided > 0,
        centre_url=centre.public_url,
    )


def _here(caller: Caller) -> str:
    """What the head's menu calls the pages: the administrator has an entry of their own."""
    return "sites" if caller.role is Role.SYSTEM_ADMIN else "registers"


def _usual_radius(centre: Centre) -> int | None:
    """Of the rules of today; None: the county has none yet."""
    try:
        return profile_on(centre.settings.region, centre.clock.now().astimezone(CHINA).date()).checkin.radius_m
    except LessonProofError:
        return None
