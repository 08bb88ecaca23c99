"""The API's own document: every operation says who may call it, and docs/api.md lists them all."""

from __future__ import annotations

import re
from pathlib import Path

from supervisor.openapi import roles_of
from tests.support.county import County
from tests.support.routes import routes

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


def test_every_operation_names_its_roles_and_its_problem_and_the_docs_list_it(tmp_path: Path) -> None:
    county = County(tmp_path / "centre")
    document = county.client().get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert len(operations) > 100
    for name, operation in operations.items():
        assert operation["x-roles"], name
        assert "application/problem+json" in operation["responses"]["default"]["content"], name
    api = {
        (method, route.path): ", ".join(roles_of(route))
        for route in routes(county.app.routes)
        for method in route.methods
        if route.path.startswith("/api/")
    }
    rows = re.findall(r"^\| `([A-Z]+) (\S+)` \| ([^|]*) \|$", DOCS.read_text(encoding="utf-8"), re.M)
    assert {(method, path): roles.strip() for method, path, roles in rows} == api
