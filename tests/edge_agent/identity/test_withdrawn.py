"""Withdrawn at the centre, deleted in the box: by the next target, and once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from edge_agent.identity.templates import TemplateStore
from edge_agent.identity.withdrawn import Withdrawn
from tests.edge_agent.identity.test_templates import person


def test_who_withdrew_at_the_centre_has_no_template_any_more(tmp_path: Path) -> None:
    store = TemplateStore(tmp_path)
    for trainee in ("T-1", "T-2"):
        store.enrol(person(trainee))
    plan = SimpleNamespace(state=SimpleNamespace(faces_withdrawn=()))
    withdrawn = Withdrawn(tmp_path, SimpleNamespace(current=lambda: plan))  # type: ignore[arg-type]
    withdrawn.tick()
    assert _kept(store) == {"T-1", "T-2"}
    plan.state.faces_withdrawn = ("T-1", "T-unknown")
    withdrawn.tick()
    assert _kept(store) == {"T-2"}
    store.enrol(person("T-1"))  # consented again, at the box, before the centre knows
    withdrawn.tick()
    assert _kept(store) == {"T-1", "T-2"}


def test_before_the_first_target_nothing_happens(tmp_path: Path) -> None:
    Withdrawn(tmp_path, SimpleNamespace(current=lambda: None)).tick()  # type: ignore[arg-type]
    assert _kept(TemplateStore(tmp_path)) == set()


def _kept(store: TemplateStore) -> set[str]:
    return {one.trainee for one in store.read().people}
