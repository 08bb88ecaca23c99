"""The address in the classroom's rotating picture, in capitals for a small QR code, leads to the phone page."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from supervisor.console.page_route import PageRoute
from supervisor.console.phone import BY_CODE

router = APIRouter(route_class=PageRoute, prefix="/C")


@router.get("/{code}/{rotating}", openapi_extra=BY_CODE)
def scanned(code: str, rotating: str) -> RedirectResponse:
    answer = RedirectResponse(f"/c/{quote(code, safe='')}?code={quote(rotating, safe='')}", status_code=303)
    answer.headers["Cache-Control"] = "no-store"
    return answer
