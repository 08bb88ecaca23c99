"""Every route of an application, those of included routers too."""

from __future__ import annotations

from collections.abc import Iterator

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
