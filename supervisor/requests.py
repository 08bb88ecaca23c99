"""Reading what callers send: exact errors, sizes with a limit, and boxes that prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from starlette.requests import HTTPConnection

from config.errors import LessonProofError
from supervisor.callers import CentreDep
from supervisor.centre import Centre
from supervisor.contract.signing import parse_public_key, verify_request
from supervisor.devices.models import Box
from supervisor.devices.revocation import refuse_revoked

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SignedBox:
    """A box whose signature covers this very request, and the body it covers."""

    box_id: UUID
    body: bytes


async def signed_box(request: Request, centre: CentreDep) -> SignedBox:
    """Raises LessonProofError SIGNATURE_INVALID (401): unknown box, not its key now, changed or old request; and
    BOX_REVOKED (403), which only who has the box's key is told."""
    body = await request.body()
    return SignedBox(await run_in_threadpool(signer_of, request, request.method, body, centre), body)


def signer_of(request: HTTPConnection, method: str, body: bytes, centre: Centre) -> UUID:
    """The box that signed this request, or the handshake of this WebSocket. Raises as `signed_box`."""
    raw_path = request.scope.get("raw_path") or request.scope["path"].encode()
    query = request.scope.get("query_string", b"")
    key_id = verify_request(
        method=method,
        url="http://centre" + raw_path.decode("ascii") + (f"?{query.decode('ascii')}" if query else ""),
        headers=request.headers,
        body=body,
        clock=centre.clock,
        public_key=lambda key_id: _public_key(centre, key_id),
    )
    still_trusted(centre, UUID(key_id))
    return UUID(key_id)


def still_trusted(centre: Centre, box_id: UUID) -> None:
    """Raises LessonProofError BOX_REVOKED."""
    with centre.uow.read() as session:
        refuse_revoked(session.get_one(Box, box_id))


SignedBoxDep = Annotated[SignedBox, Depends(signed_box)]


def _public_key(centre: Centre, key_id: str) -> Ed25519PublicKey | None:
    try:
        box_id = UUID(key_id)
    except ValueError:
        return None
    with centre.uow.read() as session:
        text = session.scalar(select(Box.public_key).where(Box.id == box_id))
    return parse_public_key(text) if text else None


def parse_body(model: type[Model], body: bytes) -> Model:
    """Raises LessonProofError REQUEST_INVALID (422) with the JSON pointer of the first thing that is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise request_invalid(error.errors(include_url=False, include_input=False)[0]["loc"], error) from None


def request_invalid(loc: tuple[int | str, ...], error: object) -> LessonProofError:
    """`loc` as pydantic gives it."""
    where = "/" + "/".join(str(part) for part in loc)
    message = (
        error.errors(include_url=False, include_input=False)[0]["msg"] if isinstance(error, ValidationError) else error
    )
    return LessonProofError(
        "REQUEST_INVALID",
        status=422,
        where=where,
        zh=f"请求格式不正确:{where} {message}",
        en=f"malformed request at {where}: {message}",
    )
