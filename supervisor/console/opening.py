"""Opening a class in the console: a new class, then its application, element by element, until it is handed in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep
from supervisor.centre import Centre
from supervisor.classes import service as classes
from supervisor.classes.schemas import ClassIn
from supervisor.console.form_values import Typed, modelled
from supervisor.console.opening_page import Preparing, Reader, Responsible, compared_again, opening_page, saved
from supervisor.console.opening_words import FIELDS
from supervisor.console.page_route import PageRoute, sentence
from supervisor.console.rendering import page_words, render, viewer_of
from supervisor.filed_papers import kind_of
from supervisor.openings import approval, preparation, service
from supervisor.openings.schemas import AssessmentIn, CommitmentIn, EndIn, OpeningIn, SignIn
from supervisor.profiles import profile_named, profile_names, profile_on

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PUTONGHUA = "普通话"


@router.get("/classes/new")
def new(request: Request, centre: CentreDep, caller: Preparing) -> Response:
    return _new_page(request, centre, caller, {}, None)


@router.post("/classes/new")
def create(request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    """A draft. Sent twice, it is made once."""
    known = {name: typed.get(name, "") for name in ("class_no", "name", "opening_day", "profile")}
    try:
        wanted = modelled(ClassIn, known | {"institution_id": str(caller.institution_id)}, FIELDS)
        made = classes.draft_like(centre, caller, wanted) or classes.create_class(centre, caller, wanted).id
    except LessonProofError as error:
        return _new_page(request, centre, caller, known, error)
    return RedirectResponse(f"/classes/{made}/opening", status_code=303)


def _new_page(
    request: Request, centre: Centre, caller: Caller, typed: Mapping[str, str], error: LessonProofError | None
) -> Response:
    words, now = page_words(request), centre.clock.now()
    today = now.astimezone(CHINA).date()
    known = [profile_named(name) for name in profile_names()]
    usable = [one for one in known if (centre.settings.demo if one.demo else one.region == centre.settings.region)]
    return render(
        request, "class_new.html", status=error.status if error else 200, viewer=viewer_of(caller), here="classes",
        demo=False, institution=caller.unit, values=defaultdict(str, {"opening_day": today.isoformat()} | dict(typed)),
        fault=sentence(request, error) if error else "", where=(error.where or "").strip("/") if error else "",
        automatic=profile_on(centre.settings.region, today).name,
        profiles=[(one.name, one.name_zh if words.language == "zh" else one.name_en) for one in usable],
    )  # fmt: skip


@router.get("/classes/{class_id}/opening")
def show(class_id: UUID, request: Request, centre: CentreDep, caller: Reader, done: str = "") -> Response:
    return opening_page(request, centre, caller, class_id, done=done.split("-")[0])


def _amended(centre: Centre, caller: Caller, class_id: UUID, **part: Any) -> None:
    """One part of the declaration; the others stay. Raises OPEN_NO_BASICS (409) where nothing was declared yet."""
    held = service.show(centre, caller, class_id).application
    if held is None:
        raise LessonProofError(
            "OPEN_NO_BASICS", status=409, zh="请先填写并保存申报信息", en="fill in and save the basic facts first"
        )
    service.declare(centre, caller, class_id, modelled(OpeningIn, held.model_dump(mode="json") | part, FIELDS))


@router.post("/classes/{class_id}/opening/basics")
def basics(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    """`programme`: code, level and name of a line of the county's catalogue; empty: they were typed."""
    named = ("kind", "occupation_code", "occupation_name", "level", "theory_hours", "practice_hours")

    def do() -> None:
        held = service.show(centre, caller, class_id).application
        wanted = {name: typed.get(name, "") for name in named}
        wanted["teaching_language"] = PUTONGHUA if typed.get("teaching_language") else ""
        if typed.get("programme", "").count("|") == 2:
            code, level, name = typed["programme"].split("|")
            wanted |= {"occupation_code": code, "level": level, "occupation_name": name}
        rest = held.model_dump(mode="json", exclude=set(wanted)) if held else {}
        service.declare(centre, caller, class_id, modelled(OpeningIn, rest | wanted, FIELDS))

    return saved(request, centre, caller, class_id, "basics", typed, do)


@router.post("/classes/{class_id}/opening/resources")
def resources(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    """One in a line."""
    lines = [line.strip() for line in typed.get("resources", "").splitlines() if line.strip()]
    return saved(
        request, centre, caller, class_id, "resources", typed,
        lambda: _amended(centre, caller, class_id, resources=lines),
    )  # fmt: skip


@router.post("/classes/{class_id}/opening/assessment")
def assessment(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    told = {name: typed.get(name, "") for name in ("method", "date", "pass_mark", "body", "reason")}
    told["body"] = typed.get("body_other") or told["body"]
    return saved(
        request, centre, caller, class_id, "assessment", typed,
        lambda: _amended(
            centre, caller, class_id, assessment=modelled(AssessmentIn, told, FIELDS).model_dump(mode="json")
        ),
    )  # fmt: skip


@router.post("/classes/{class_id}/opening/extra")
def extra(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    told = {name.removeprefix("extra:"): text for name, text in typed.items() if name.startswith("extra:") and text}
    return saved(
        request, centre, caller, class_id, "extra", typed, lambda: _amended(centre, caller, class_id, extra=told)
    )


@router.post("/classes/{class_id}/opening/notice")
def notice(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Responsible,
    typed: Typed,
    text: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """The institution's own commitment, to the text whose file is sent."""
    body = _bytes(text)

    def do() -> None:
        wanted = _text_of(typed, body) | {"kind": "institution_notice"}
        service.commit(centre, caller, class_id, modelled(CommitmentIn, wanted, FIELDS))

    return saved(request, centre, caller, class_id, "commitments", typed, do)


@router.post("/classes/{class_id}/opening/statements")
def statements(
    class_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Preparing,
    typed: Typed,
    entry: Annotated[list[UUID] | None, Form()] = None,
    photo: Annotated[UploadFile | None, File()] = None,
    text: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """One photograph for all whose signatures are on it. Who has the statement already is passed over."""
    pictured, body = _bytes(photo), _bytes(text)

    def do() -> None:
        kind = typed.get("kind", "")
        told = _text_of(typed, body) | {"kind": kind}
        if not entry:
            raise _said("COMMITMENT_NOBODY", "请勾选照片上有签名的学员", "tick the people whose signature is on it")
        if kind_of(pictured) not in ("jpeg", "png", "pdf"):
            raise _said("FILE_TYPE", "请附承诺书的照片或扫描件(JPEG、PNG、PDF)", "add a photo or scan (JPEG, PNG, PDF)")
        made = preparation.prepared(centre, caller, class_id).commitments
        have = {one.roster_entry_id for one in made if one.kind == kind}
        for one in entry:
            if one not in have:
                wanted = told | {"roster_entry_id": str(one), "photo_sha256": hashlib.sha256(pictured).hexdigest()}
                service.commit(centre, caller, class_id, modelled(CommitmentIn, wanted, FIELDS))
        compared_again(centre, caller, class_id)

    return saved(request, centre, caller, class_id, "commitments", typed, do)


def _text_of(typed: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Version and digest of the text that was signed: a file's, or those used the last time."""
    if body:
        return {"text_version": typed.get("text_version", ""), "text_sha256": hashlib.sha256(body).hexdigest()}
    version, _, sha256 = typed.get("last_text", "").rpartition("|")
    if not sha256:
        raise _said("COMMITMENT_NO_TEXT", "请附承诺书文本的文件", "add the file of the text that was signed")
    return {"text_version": version, "text_sha256": sha256}


@router.post("/classes/{class_id}/opening/sign")
def sign(class_id: UUID, request: Request, centre: CentreDep, caller: Responsible, typed: Typed) -> Response:
    """Exactly what the page showed."""
    return saved(
        request, centre, caller, class_id, "signature", {},
        lambda: service.sign(centre, caller, class_id, modelled(SignIn, {"sha256": typed.get("sha256", "")}, FIELDS)),
    )  # fmt: skip


@router.post("/classes/{class_id}/opening/submit")
def submit(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing) -> Response:
    """Pressed twice, it is handed in once."""

    def do() -> None:
        if classes.show_class(centre, caller, class_id).status != "submitted":
            approval.submit(centre, caller, class_id)

    return saved(request, centre, caller, class_id, "submit", {}, do)


@router.post("/classes/{class_id}/opening/withdraw")
def withdraw(class_id: UUID, request: Request, centre: CentreDep, caller: Preparing, typed: Typed) -> Response:
    return saved(
        request, centre, caller, class_id, "submit", typed,
        lambda: approval.end(
            centre, caller, class_id, "withdrawn", modelled(EndIn, {"reason": typed.get("why", "")}, FIELDS)
        ),
    )  # fmt: skip


def _bytes(file: UploadFile | None) -> bytes:
    return file.file.read() if file is not None else b""


def _said(code: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError(code, status=422, zh=zh, en=en)
