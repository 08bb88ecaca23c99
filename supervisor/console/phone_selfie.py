"""The trainee's page for a selfie: only for who agreed to it, never needed, sealed on the phone before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response

from config.errors import LessonProofError
from supervisor.attendance.device import DEVICE_COOKIE, read_device
from supervisor.callers import CentreDep
from supervisor.centre import Centre
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute
from supervisor.console.phone_page import framed, phone_page, stranger_page
from supervisor.console.rendering import page_words
from supervisor.console.state_words import selfie_text
from supervisor.rules.checkin import Direction
from supervisor.selfies import service
from supervisor.selfies.schemas import Closed, SelfieDoor

router = APIRouter(route_class=PageRoute, prefix="/c", include_in_schema=False)
BY_CODE = {"x-roles": ["session code", "trainee"]}
_WHY = {
    Closed.NOT_OFFERED: N_("这里不收自拍。"),
    Closed.NO_CONSENT: N_("自拍要您单独同意才收,您现在没有同意。"),
    Closed.NO_CHECK_IN: N_("请先签到。"),
    Closed.OVER: N_("这节课已经结束,不再收自拍。"),
    Closed.NONE_LEFT: N_("已经换过两次,不再收。"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What the phone seals the photograph to, and as what."""

    session: str
    trainee: str
    direction: str
    key_id: str
    point: str
    to: str


@dataclass(frozen=True, slots=True)
class SelfieView:
    """`closed`: why none can be sent now; empty: one can, to `target`. `ask`: agreeing would help."""

    closed: str
    ask: bool
    title: str
    sent_at: datetime | None
    sent: str
    left: int
    target: Target | None


@router.get("/{code}/selfie", openapi_extra=BY_CODE)
def show(code: str, request: Request, centre: CentreDep) -> Response:
    words = page_words(request)
    device = read_device(centre.vault, request.cookies.get(DEVICE_COOKIE))
    try:
        door = service.door(centre, code, device.trainee_id)
    except LessonProofError as error:
        if error.code != "PHONE_UNKNOWN":
            raise
        return stranger_page(request, code, words("自拍"), "/selfie")
    frame = framed(request, code, words("自拍"), "/selfie")
    return phone_page(request, "phone_selfie.html", frame, view=present_selfie(door, code, words))


def offered(centre: Centre, code: str, cookie: str | None) -> bool:
    """Whether the check-in page names this one: only to who agreed, and has checked in."""
    door = service.door(centre, code, read_device(centre.vault, cookie).trainee_id)
    return door.closed is None


def present_selfie(door: SelfieDoor, code: str, words: Words) -> SelfieView:
    target = None
    if door.closed is None and door.key and door.direction:
        target = Target(
            session=str(door.session_id),
            trainee=door.trainee,
            direction=door.direction,
            key_id=door.key.key_id,
            point=door.key.public_key,
            to=f"/api/checkin/{code}/selfie",
        )
    out = door.direction is Direction.OUT
    return SelfieView(
        closed=words(_WHY[door.closed]) if door.closed else "",
        ask=door.closed is Closed.NO_CONSENT,
        title=words("给签退附一张自拍(可以不附)") if out else words("给签到附一张自拍(可以不附)"),
        sent_at=door.sent.received_at if door.sent else None,
        sent=selfie_text(door.sent, words) if door.sent else "",
        left=door.left,
        target=target,
    )
