"""What the handler enters of an institution: licence, on-site verification, credit grade, secret mark, total. Nothing
is changed afterwards: what is entered later stands beside it, and so does the withdrawal of a licence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Path, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse

from config.errors import LessonProofError
from supervisor.callers import Caller, CentreDep, Role, client_ip, require
from supervisor.centre import Centre
from supervisor.console.form_values import Typed, modelled
from supervisor.console.i18n import N_
from supervisor.console.institutions import Reader, Untaken, institution_page
from supervisor.console.page_route import PageRoute, sentence
from supervisor.contract.evidence import sha256_hex
from supervisor.devices.service import not_found
from supervisor.filed_papers import file_headers, require_scan
from supervisor.institutions import service
from supervisor.institutions.schemas import InstitutionRecord
from supervisor.lessons.schemas import ViewReason
from supervisor.openings import photos as verification_photos
from supervisor.openings import service as openings
from supervisor.openings import withdrawals
from supervisor.openings.schemas import AggregateIn, LicenceIn, VerificationIn, WithdrawalIn
from supervisor.sampling import service as sampling
from supervisor.sampling.schemas import CreditIn

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
FIELDS = {
    "licence_no": N_("许可证编号"),
    "kind": N_("机构类型"),
    "valid_from": N_("起始日"),
    "valid_to": N_("截止日"),
    "scope": N_("许可范围"),
    "day": N_("核实日期"),
    "passed": N_("结果"),
    "capacity": N_("核定人数"),
    "inspectors": N_("核实人员"),
    "grade": N_("信用等级"),
    "basis": N_("评定依据"),
    "reason": N_("撤回原因"),
    "first_day": N_("起始日"),
    "last_day": N_("截止日"),
    "heads": N_("汇总人数"),
}


@router.post("/institutions/{institution_id}/licences")
def add_licence(institution_id: UUID, request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    def enter(found: InstitutionRecord) -> None:
        wanted = modelled(LicenceIn, {**typed, "scope": scope_of(typed.get("scope", ""))}, FIELDS)
        openings.add_licence(centre, caller, found.id, wanted)

    return _entered(request, centre, caller, institution_id, "licence", typed, enter)


@router.post("/institutions/{institution_id}/licences/{licence_id}/withdraw")
def withdraw_licence(
    institution_id: UUID, licence_id: UUID, request: Request, centre: CentreDep, caller: Handler, typed: Typed
) -> Response:
    def enter(found: InstitutionRecord) -> None:
        if licence_id not in [one.id for one in found.licences]:
            raise not_found("LICENCE", "许可", "licence")
        if typed.get("sure") != "yes":
            raise _invalid("sure", "请确认:撤回后不能恢复", "confirm it: what is withdrawn cannot come back")
        wanted = modelled(WithdrawalIn, {"reason": typed.get("reason")}, FIELDS)
        withdrawals.withdraw_licence(centre, caller, licence_id, wanted)

    form = f"withdraw-{licence_id}"
    return _entered(request, centre, caller, institution_id, form, typed, enter, done="withdrawn")


@router.post("/institutions/{institution_id}/verifications")
def add_verification(
    institution_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Handler,
    typed: Typed,
    photos: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """With its photos, or with some of them: others may follow."""
    pictured = _bodies(photos)

    def enter(found: InstitutionRecord) -> None:
        room = next((one for one in found.room_list if str(one.id) == typed.get("room_id")), None)
        if room is None:
            raise _invalid("room_id", "请选择教室", "choose the room")
        told: dict[str, object] = {name: typed.get(name) for name in ("day", "capacity")}
        told |= {"passed": {"yes": True, "no": False}.get(typed.get("passed", ""))}
        told |= {"inspectors": _lines(typed.get("inspectors", "")), "photos": _digests(pictured)}
        openings.add_verification(centre, caller, room.id, modelled(VerificationIn, told, FIELDS), pictured)

    return _entered(request, centre, caller, institution_id, "verification", typed, enter)


@router.post("/institutions/{institution_id}/verifications/{verification_id}/photos")
def add_photos(
    institution_id: UUID,
    verification_id: UUID,
    request: Request,
    centre: CentreDep,
    caller: Handler,
    photos: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """The originals of a verification that was entered with their digests alone."""
    pictured = _bodies(photos)

    def enter(found: InstitutionRecord) -> None:
        if not pictured:
            raise _invalid("photos", "请选择照片", "choose the photos")
        for body in pictured:
            require_scan(body)
        for body in pictured:
            verification_photos.add(centre, caller, verification_id, body)

    return _entered(request, centre, caller, institution_id, "photos", {}, enter)


@router.get("/verifications/{verification_id}/photos/{sha256}")
def photo(
    verification_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    centre: CentreDep,
    caller: Reader,
) -> Response:
    """Entered in the register of the verification first."""
    media, size, pieces = verification_photos.read(
        centre, caller, verification_id, sha256, ViewReason.ROUTINE, client_ip(request)
    )
    return StreamingResponse(pieces, media_type=media, headers=file_headers(sha256, media, size))


@router.post("/institutions/{institution_id}/credit")
def rate(institution_id: UUID, request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    def enter(found: InstitutionRecord) -> None:
        sampling.rate(centre, caller, found.id, modelled(CreditIn, typed, FIELDS))

    return _entered(request, centre, caller, institution_id, "credit", typed, enter)


@router.post("/institutions/{institution_id}/secret")
def mark_secret(institution_id: UUID, request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    def enter(found: InstitutionRecord) -> None:
        if typed.get("sure") != "yes":
            raise _invalid("sure", "请确认:标记后不能撤销", "confirm it: the mark cannot be taken back")
        openings.mark_secret(centre, caller, found.id)

    return _entered(request, centre, caller, institution_id, "secret", typed, enter)


@router.post("/institutions/{institution_id}/aggregate")
def add_total(institution_id: UUID, request: Request, centre: CentreDep, caller: Handler, typed: Typed) -> Response:
    def enter(found: InstitutionRecord) -> None:
        openings.add_aggregate(centre, caller, found.id, modelled(AggregateIn, typed, FIELDS))

    return _entered(request, centre, caller, institution_id, "total", typed, enter)


def _entered(
    request: Request,
    centre: Centre,
    caller: Caller,
    institution_id: UUID,
    form: str,
    typed: Mapping[str, str],
    enter: Callable[[InstitutionRecord], None],
    *,
    done: str = "",
) -> Response:
    """Back to the institution; a form that is not taken comes back as it was typed, or a script is told why not.
    `done`: what is said of it, where the form's name does not say."""
    found = service.show(centre, caller, institution_id)
    scripted = "hx-request" in request.headers
    try:
        enter(found)
    except LessonProofError as error:
        if error.status == 404 and not scripted:
            raise
        if scripted:
            return HTMLResponse(escape(sentence(request, error)))
        return institution_page(request, centre, caller, found, untaken=Untaken(form, typed, error))
    onward = f"/institutions/{institution_id}?done={done or form}"
    return Response(headers={"HX-Redirect": onward}) if scripted else RedirectResponse(onward, status_code=303)


def scope_of(text: str) -> list[dict[str, str]]:
    """A line each: code and level, with a blank, a tab or a comma between. Raises FORM_INVALID (422), with the line."""
    found: dict[tuple[str, str], None] = {}
    for number, line in enumerate(text.replace(",", " ").replace(",", " ").splitlines(), start=1):
        parts = line.split()
        if parts and (len(parts) != 2 or max(map(len, parts)) > 16):
            raise _invalid(
                "scope",
                f"许可范围第 {number} 行应为「代码 等级」,如 6-31-01-03 5",
                f"line {number} of the scope is to be “code level”, such as 6-31-01-03 5",
            )
        if parts:
            found[parts[0], parts[1]] = None
    return [{"occupation": occupation, "level": level} for occupation, level in found]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("、", "\n").splitlines() if line.strip()]


def _bodies(photos: list[UploadFile]) -> list[bytes]:
    return [one.file.read() for one in photos if one.filename]


def _digests(pictured: list[bytes]) -> list[str]:
    """Raises FILE_TYPE (415)."""
    for body in pictured:
        require_scan(body)
    return list(dict.fromkeys(sha256_hex(body) for body in pictured))


def _invalid(where: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError("FORM_INVALID", status=422, where=f"/{where}", zh=zh, en=en)
