"""Freeing a class from check-in and video on its page, and taking that back: two kinds, which are different things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.console.decide_words import EXEMPTIONS
from supervisor.console.forms import read_form
from supervisor.console.i18n import N_, Words
from supervisor.console.page_route import PageRoute, answered
from supervisor.console.views import Mark
from supervisor.decisions import exemptions
from supervisor.decisions.schemas import ExemptionIn, ExemptionOut, WordsIn
from supervisor.rules.evidence import ExemptKind

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Approver = Annotated[Caller, Depends(require(Role.APPROVER))]
Text = Annotated[str, Form(max_length=2000)]
KINDS: dict[ExemptKind, tuple[str, str]] = {
    ExemptKind.ENTERPRISE_STAFF: (
        N_("企业职工培训"),
        N_("企业培训本企业在岗职工:不签到、不录像,按承诺制在结课后交培训资料;不交资料不能结算。"),
    ),
    ExemptKind.SECRET_UNIT: (N_("涉密单位"), N_("涉密单位的培训:不签到、不录像,信息也不录入;不用交培训资料。")),
}


@dataclass(frozen=True, slots=True)
class ExemptionLine:
    """`revocable`: nobody has taken it back yet."""

    id: UUID
    at: datetime
    title: str
    text: str
    mark: Mark
    revocable: bool


@router.post("/classes/{class_id}/exemptions")
def grant(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Approver,
    kind: Annotated[ExemptKind, Form()],
    basis: Text,
    valid_until: Annotated[str, Form(max_length=10)],
) -> Response:
    def act() -> str:
        said = {"kind": kind, "basis": basis, "valid_until": valid_until}
        given = exemptions.grant(centre, caller, class_id, read_form(ExemptionIn, said, _told))[0]
        return f"/classes/{class_id}?exempted={given.id}#exemptions"

    return answered(request, act)


@router.post("/classes/{class_id}/exemptions/{exemption_id}/revoke")
def revoke(
    class_id: UUID, exemption_id: UUID, request: Request, centre: CentreDep, caller: Approver, reason: Text
) -> Response:
    def act() -> str:
        wanted = read_form(WordsIn, {"words": reason}, _told)
        exemptions.revoke(centre, caller, class_id, exemption_id, wanted.words)
        return f"/classes/{class_id}?revoked={exemption_id}#exemptions"

    return answered(request, act)


def _told(field: str) -> tuple[str, str]:
    if field == "valid_until":
        return "请填写用到哪一天", "say until which day"
    return "请写明依据或理由", "say on what ground"


def kind_choices(words: Words) -> list[tuple[str, str, str]]:
    return [(kind.value, words(text), words(meaning)) for kind, (text, meaning) in KINDS.items()]


def exemption_line(one: ExemptionOut, *, newest: bool, today: date, words: Words) -> ExemptionLine:
    """`newest`: it is the one that counts."""
    mark = Mark("wait", words("有效"))
    if one.revoked_at:
        mark = Mark("none", words("已撤销"))
    elif not newest:
        mark = Mark("none", words("已被后来的代替"))
    elif one.valid_until < today:
        mark = Mark("none", words("已到期"))
    return ExemptionLine(
        id=one.id,
        at=one.at,
        title=words(EXEMPTIONS[one.kind]),
        text=words("依据:{basis};有效到 {day}", basis=one.basis, day=one.valid_until.isoformat()),
        mark=mark,
        revocable=one.revoked_at is None,
    )
