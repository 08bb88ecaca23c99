"""Freeing a class from check-in and video on its page, and taking that back: two kinds, which are different things. An
institution asks for it, and sees the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from supervisor.callers import Caller, CentreDep, Role, require
from supervisor.centre import Centre
from supervisor.classes import files
from supervisor.console.decide_words import EXEMPTIONS
from supervisor.console.forms import read_form
from supervisor.console.i18n import N_, Words, full_time
from supervisor.console.page_route import PageRoute, answered
from supervisor.console.views import Mark
from supervisor.decisions import exemption_requests, exemptions
from supervisor.decisions.schemas import (
    ExemptionAnswerIn,
    ExemptionIn,
    ExemptionOut,
    ExemptionRequestIn,
    ExemptionRequestOut,
    WordsIn,
)
from supervisor.decisions.service import READS_WORDS
from supervisor.rules.evidence import ExemptKind

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Approver = Annotated[Caller, Depends(require(Role.APPROVER))]
Responsible = Annotated[Caller, Depends(require(Role.RESPONSIBLE))]
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


@dataclass(frozen=True, slots=True)
class RequestLine:
    """`open`: nobody has answered yet. `file`: SHA-256."""

    id: UUID
    at: datetime
    by: str
    title: str
    text: str
    file: str
    mark: Mark
    answer: str
    open: bool


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


@router.post("/classes/{class_id}/exemption-requests")
def ask(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Responsible,
    kind: Annotated[ExemptKind, Form()],
    basis: Text = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """The words first: a file is stored only where they will do."""
    body = file.file.read() if file is not None else b""

    def act() -> str:
        said = {"kind": kind, "basis": basis, "valid_until": valid_until, "file_sha256": "0" * 64}
        wanted = read_form(ExemptionRequestIn, said, _told)
        kept = files.add(centre, caller, class_id, body)
        asked = exemption_requests.ask(centre, caller, class_id, wanted.model_copy(update={"file_sha256": kept.sha256}))
        return f"/classes/{class_id}?asked={asked.id}#exemptions"

    return answered(request, act)


@router.post("/classes/{class_id}/exemption-requests/{request_id}/answer")
def answer(
    class_id: UUID,
    request_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Approver,
    answer: Annotated[Literal["grant", "refuse"], Form()],
    words: Text = "",
) -> Response:
    def act() -> str:
        wanted = ExemptionAnswerIn(granted=answer == "grant", words=words)
        exemption_requests.answer(centre, caller, class_id, request_id, wanted)
        return f"/classes/{class_id}?answered={request_id}#exemptions"

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
        text=words("依据:{basis};有效到 {day}", basis=one.basis, day=one.valid_until.isoformat())
        + (" · " + words("应机构申请") if one.request_id else ""),
        mark=mark,
        revocable=one.revoked_at is None,
    )


def request_lines(centre: Centre, caller: Caller, class_id: UUID, words: Words) -> list[RequestLine]:
    """Newest first; none for who does not read what people say to verdicts."""
    if caller.role not in READS_WORDS:
        return []
    return [_request_line(one, words) for one in exemption_requests.requests(centre, caller, class_id)]


def _request_line(one: ExemptionRequestOut, words: Words) -> RequestLine:
    mark, told = Mark("wait", words("等待审批")), ""
    if one.granted is not None and one.answered_at is not None:
        mark = Mark("ok", words("已同意")) if one.granted else Mark("bad", words("未同意"))
        at = full_time(one.answered_at)
        told = words("{at} 答复:{why}", at=at, why=one.words) if one.words else words("{at} 答复", at=at)
    return RequestLine(
        id=one.id,
        at=one.at,
        by=one.asked_by,
        title=words(EXEMPTIONS[one.kind]),
        text=words("依据:{basis};有效到 {day}", basis=one.basis, day=one.valid_until.isoformat()),
        file=one.file_sha256,
        mark=mark,
        answer=told,
        open=one.granted is None,
    )
