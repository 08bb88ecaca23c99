"""Every route of an application, those of included routers too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.routing import BaseRoute, Mount


def routes(found: list[BaseRoute]) -> Iterator[APIRoute]:
    for route in found:
        if isinstance(route, APIRoute):
            yield route
        elif isinstance(route, Mount):
            yield from routes(list(route.routes))
        elif hasattr(route, "original_router"):
            yield from routes(list(route.original_router.routes))


def sockets(found: list[BaseRoute]) -> Iterator[APIWebSocketRoute]:
    """Every WebSocket."""
    for route in found:
        if isinstance(route, APIWebSocketRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from sockets(list(route.original_router.routes))


def body_kind(route: APIRoute) -> Literal["json", "form", "files"] | None:
    """What kind of body it reads as its own; None: none, or octets that it reads itself."""
    if route.body_field is None:
        return None
    kinds = [type(field.field_info).__name__ for field in route.dependant.body_params]
    if any("File" in kind for kind in kinds):
        return "files"
    return "form" if all("Form" in kind for kind in kinds) else "json"
