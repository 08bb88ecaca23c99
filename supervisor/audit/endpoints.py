"""The centre's own log for everybody who watches it: its newest checkpoint, and the keys that vouch for it."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from storage.evidence.note import COSIGNATURE
from supervisor.audit.checkpoints import newest, publish
from supervisor.callers import CentreDep

router = APIRouter(prefix="/log", tags=["log"])
_ANYONE = {"x-roles": ["anyone"]}


class LogKeys(BaseModel):
    """C2SP verifier keys. `log` signs this log, `witness` cosigns the boxes' logs, `outside` are the witnesses that are
    asked to cosign this one. Whoever checks something takes them from their owners, not from here."""

    log: str
    witness: str
    outside: list[str]


@router.get("/checkpoint", response_class=Response, openapi_extra=_ANYONE)
def checkpoint(centre: CentreDep) -> Response:
    """C2SP tlog-checkpoint, with the cosignatures that have come so far; a minute old at most."""
    with centre.uow.read() as session:
        row = newest(session)
    return Response(row.note if row else str(publish(centre)), media_type="text/plain; charset=utf-8")


@router.get("/keys", openapi_extra=_ANYONE)
def keys(centre: CentreDep) -> LogKeys:
    return LogKeys(
        log=str(centre.log_signer.verifier()),
        witness=str(centre.witness.verifier(COSIGNATURE)),
        outside=[str(witness.verifier) for witness in centre.outside],
    )
