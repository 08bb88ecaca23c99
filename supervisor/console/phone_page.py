"""What the phone's pages have in common: small over the wire, large letters that stay large, nothing to fetch.

They are the only pages that are compressed. That is safe for them: nothing of an address that somebody else could
choose is repeated in them, and what a form sends comes from this site alone (the gate), so nobody can try out by length
what a page holds.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from supervisor.console.rendering import render

SIZE_COOKIE = "size"
LARGE = "b"
SIZE_FOR_S = 365 * 86400
KEY_HEADER = "Check-In-Key"
"""Names the check-in an answer is about: the phone forgets it only then. A captive portal's answer does not have it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Around every page of the phone. `here`: its address; `home`: the check-in page; `opens_in_ms`: a door opens by
    itself after so long."""

    code: str
    here: str
    title: str
    large: bool
    opens_in_ms: int | None = None

    @property
    def home(self) -> str:
        return f"/c/{self.code}"


def phone_page(request: Request, template: str, frame: Frame, status: int = 200, **context: Any) -> Response:
    page = render(request, template, status=status, frame=frame, **context)
    page.headers["Vary"] = "Cookie, Accept-Encoding"
    if "gzip" in request.headers.get("accept-encoding", ""):
        page.body = gzip.compress(bytes(page.body), 9, mtime=0)
        page.headers["Content-Encoding"] = "gzip"
        page.headers["Content-Length"] = str(len(page.body))
    return page


def stranger_page(request: Request, code: str, title: str, under: str) -> Response:
    """The phone knows nobody of this class yet: check in first."""
    return phone_page(request, "phone_stranger.html", framed(request, code, title, under), status=401)


def framed(request: Request, code: str, title: str, under: str = "", opens_in_ms: int | None = None) -> Frame:
    large = request.cookies.get(SIZE_COOKIE) == LARGE
    return Frame(code, f"/c/{code}{under}", title, large, opens_in_ms)
