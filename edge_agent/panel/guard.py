"""Who may use the panel: a browser on the box itself, and only pages that the panel itself served.

The name in `Host` is checked, because a page from elsewhere can have its own name resolve to this machine (DNS
rebinding). What changes anything must carry the token that the page was served with.
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_HEADER = "x-panel-token"  # noqa: S105 - the name of a header
MAX_BODY = 256 * 1024
_NAMES = {"127.0.0.1", "localhost", "[::1]"}
_SAFE = {"GET", "HEAD"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, dressed)
        else:
            await self._app(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> str | None:
        """Why not; None: welcome."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not _is_loopback(scope.get("client")):
            return "only on the box itself"
        if host.rpartition(":")[0] not in _NAMES and host not in _NAMES:
            return "not a name of this box"
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return "from another page"
        if scope["method"] in _SAFE:
            return None
        if headers.get("origin") not in (None, f"http://{host}"):
            return "from another page"
        if not secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
            return "reload the page"
        length = headers.get("content-length", "")
        return None if length.isdigit() and int(length) <= MAX_BODY else "too much"


def _is_loopback(client: tuple[str, int] | None) -> bool:
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False
