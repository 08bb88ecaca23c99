"""Lists come in pages by key: all of it once, in order, and no cursor but ours."""

from __future__ import annotations

import pytest

from tests.support.county import County, problem

LISTS = ("institutions", "classes", "sites", "rooms", "cameras", "boxes", "accounts", "patrols", "exports")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return County(tmp_path_factory.mktemp("centre"))


@pytest.mark.parametrize("name", LISTS)
def test_pages_of_one_give_everything_once(county: County, name: str) -> None:
    reader = county.admin if name not in ("patrols", "exports") else county.inspector
    whole = reader.get(f"/api/{name}?size=200").json()
    found, cursor = [], ""
    for _ in range(len(whole["items"]) + 1):
        page = reader.get(f"/api/{name}?size=1{cursor}").json()
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == whole["items"] and whole["next"] is None
    if name not in ("patrols", "exports"):
        assert len(found) >= 2


@pytest.mark.parametrize("name", LISTS)
def test_a_foreign_cursor_is_refused_in_words(county: County, name: str) -> None:
    reader = county.admin if name not in ("patrols", "exports") else county.inspector
    problem(reader.get(f"/api/{name}?cursor=bm9uZQ"), 422, "CURSOR_INVALID")
