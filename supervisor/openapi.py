"""The API described by itself (OpenAPI 3.1): each route under /api/ with who may call it, and the form of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from supervisor.requests import signed_box

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "title_zh", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "English"},
        "title_zh": {"type": "string", "description": "中文"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "where": {"type": "string", "description": "JSON pointer, spreadsheet cell or file name"},
    },
}
"""RFC 9457, as `config.errors.LessonProofError.problem` writes it."""
BOX = "box"


def roles_of(route: APIRoute) -> list[str]:
    """Who may call it, as the route itself says: roles, `box` (a signed request), or the words of `x-roles`."""
    for call in _calls(route.dependant):
        if call is signed_box:
            return [BOX]
        named = getattr(call, "roles", None)
        if named is not None:
            return [str(role) for role in named]
    return list((route.openapi_extra or {}).get("x-roles", []))


def describe(app: FastAPI, routes: list[APIRoute]) -> dict[str, Any]:
    """The document of `app` without its pages. `routes`: all of them; an operation gets `x-roles` and the problem
    answer."""
    document = app.openapi()
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/")}
    document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"].get(route.path, {}).get(method.lower())
            if operation is not None:
                operation["x-roles"] = roles_of(route)
                operation["responses"].pop("422", None)  # FastAPI's own form of it, which is not how we answer
                operation["responses"]["default"] = {"description": "问题 Problem (RFC 9457)"} | problem
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _calls(dependant: Dependant) -> Iterator[object]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
