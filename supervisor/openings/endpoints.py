"""Opening applications over HTTP: the institution applies and signs, the county enters, reviews and decides."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from supervisor.callers import ANYONE_SIGNED_IN, Caller, CentreDep, Role, client_ip, require
from supervisor.classes.schemas import Approval, ClassSummary
from supervisor.filed_papers import file_headers
from supervisor.lessons.schemas import ViewReason
from supervisor.openings import approval, catalogues, photos, service, timetable, withdrawals
from supervisor.openings.schemas import (
    AggregateIn,
    CatalogueIn,
    CatalogueLines,
    CatalogueOut,
    CatalogueWithdrawalIn,
    CommitmentIn,
    EndIn,
    Kind,
    LicenceIn,
    Made,
    OpeningIn,
    OpeningOut,
    PhotoOut,
    PlanImported,
    ReturnIn,
    ReviewIn,
    SignIn,
    VerificationIn,
    WithdrawalIn,
)

router = APIRouter(prefix="/api", tags=["openings"])

Applicant = Annotated[Caller, Depends(require(Role.SYSTEM_ADMIN, *service.APPLICANTS))]
Responsible = Annotated[Caller, Depends(require(Role.RESPONSIBLE))]
Preparing = Annotated[Caller, Depends(require(*service.APPLICANTS))]
Approver = Annotated[Caller, Depends(require(Role.APPROVER))]
Reviewer = Annotated[Caller, Depends(require(Role.APPROVER, Role.HANDLER))]
Handler = Annotated[Caller, Depends(require(Role.HANDLER))]
Reader = Annotated[Caller, Depends(require(*catalogues.READERS))]
Anyone = Annotated[Caller, Depends(require(*ANYONE_SIGNED_IN))]
VersionText = Annotated[str, Query(min_length=1, max_length=32)]
SearchText = Annotated[str, Query(max_length=64)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/classes/{class_id}/opening")
def show(class_id: UUID, centre: CentreDep, caller: Anyone) -> OpeningOut:
    return service.show(centre, caller, class_id)


@router.put("/classes/{class_id}/opening", status_code=204)
def declare(class_id: UUID, body: OpeningIn, centre: CentreDep, caller: Preparing) -> None:
    service.declare(centre, caller, class_id, body)


@router.post("/classes/{class_id}/plan")
def import_plan(
    class_id: UUID,
    file: UploadFile,
    centre: CentreDep,
    caller: Preparing,
    dry_run: bool = False,
    basic_by_content: bool = False,
) -> PlanImported:
    data = file.file.read()
    return timetable.import_plan(centre, caller, class_id, data, dry_run=dry_run, basic_by_content=basic_by_content)


@router.post("/classes/{class_id}/commitments", status_code=201)
def commit(class_id: UUID, body: CommitmentIn, centre: CentreDep, caller: Preparing) -> Made:
    return Made(id=service.commit(centre, caller, class_id, body))


@router.post("/classes/{class_id}/opening/sign", status_code=204)
def sign(class_id: UUID, body: SignIn, centre: CentreDep, caller: Responsible) -> None:
    service.sign(centre, caller, class_id, body)


@router.post("/classes/{class_id}/submit")
def submit(class_id: UUID, centre: CentreDep, caller: Applicant) -> ClassSummary:
    return approval.submit(centre, caller, class_id)


@router.post("/classes/{class_id}/reviews", status_code=204)
def review(class_id: UUID, body: ReviewIn, centre: CentreDep, caller: Reviewer) -> None:
    approval.review(centre, caller, class_id, body)


@router.post("/classes/{class_id}/return")
def give_back(class_id: UUID, body: ReturnIn, centre: CentreDep, caller: Reviewer) -> ClassSummary:
    return approval.give_back(centre, caller, class_id, body)


@router.post("/classes/{class_id}/approve")
def approve(class_id: UUID, body: Approval, centre: CentreDep, caller: Approver) -> ClassSummary:
    return approval.approve(centre, caller, class_id, body)


@router.post("/classes/{class_id}/reject")
def reject(class_id: UUID, body: EndIn, centre: CentreDep, caller: Approver) -> ClassSummary:
    return approval.end(centre, caller, class_id, "rejected", body)


@router.post("/classes/{class_id}/withdraw")
def withdraw(class_id: UUID, body: EndIn, centre: CentreDep, caller: Preparing) -> ClassSummary:
    return approval.end(centre, caller, class_id, "withdrawn", body)


@router.post("/classes/{class_id}/suspend")
def suspend(class_id: UUID, body: EndIn, centre: CentreDep, caller: Approver) -> ClassSummary:
    return approval.end(centre, caller, class_id, "suspended", body)


@router.post("/classes/{class_id}/void")
def void(class_id: UUID, body: EndIn, centre: CentreDep, caller: Approver) -> ClassSummary:
    return approval.end(centre, caller, class_id, "voided", body)


@router.post("/institutions/{institution_id}/licences", status_code=201)
def add_licence(institution_id: UUID, body: LicenceIn, centre: CentreDep, caller: Handler) -> Made:
    return Made(id=service.add_licence(centre, caller, institution_id, body))


@router.post("/licences/{licence_id}/withdraw", status_code=204)
def withdraw_licence(licence_id: UUID, body: WithdrawalIn, centre: CentreDep, caller: Handler) -> None:
    withdrawals.withdraw_licence(centre, caller, licence_id, body)


@router.post("/institutions/{institution_id}/secret", status_code=204)
def mark_secret(institution_id: UUID, centre: CentreDep, caller: Handler) -> None:
    service.mark_secret(centre, caller, institution_id)


@router.post("/institutions/{institution_id}/aggregate", status_code=201)
def add_aggregate(institution_id: UUID, body: AggregateIn, centre: CentreDep, caller: Handler) -> Made:
    return Made(id=service.add_aggregate(centre, caller, institution_id, body))


@router.post("/catalogues", status_code=204)
def add_catalogue(body: CatalogueIn, centre: CentreDep, caller: Handler) -> None:
    catalogues.add(centre, caller, body)


@router.post("/catalogues/withdraw", status_code=204)
def withdraw_catalogue(body: CatalogueWithdrawalIn, centre: CentreDep, caller: Handler) -> None:
    withdrawals.withdraw_catalogue(centre, caller, body)


@router.get("/catalogues")
def list_catalogues(centre: CentreDep, caller: Reader) -> list[CatalogueOut]:
    return catalogues.versions(centre)


@router.get("/catalogues/lines")
def list_catalogue_lines(
    centre: CentreDep, caller: Reader, kind: Kind, version: VersionText, text: SearchText = "", page: PageNumber = 1
) -> CatalogueLines:
    return catalogues.lines(centre, kind, version, text.strip(), page)


@router.post("/rooms/{room_id}/verifications", status_code=201)
def add_verification(room_id: UUID, body: VerificationIn, centre: CentreDep, caller: Handler) -> Made:
    return Made(id=service.add_verification(centre, caller, room_id, body))


@router.post("/verifications/{verification_id}/photos", status_code=201)
async def add_photo(verification_id: UUID, request: Request, centre: CentreDep, caller: Handler) -> PhotoOut:
    """The body is the file itself, one whose SHA-256 the verification names."""
    body = await request.body()
    return await run_in_threadpool(photos.add, centre, caller, verification_id, body)


@router.get("/verifications/{verification_id}/photos/{sha256}", response_class=Response)
def photo(
    verification_id: UUID,
    sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")],
    request: Request,
    centre: CentreDep,
    caller: Reader,
    reason: ViewReason = ViewReason.ROUTINE,
) -> Response:
    media, size, body = photos.read(centre, caller, verification_id, sha256, reason, client_ip(request))
    return StreamingResponse(body, media_type=media, headers=file_headers(sha256, media, size))
