"""The veto alone: nothing in term, nothing held, nothing that nobody dated, whatever the facts are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.clock import epoch_ms
from storage.objects import LocalObjectStore, ObjectInfo
from storage.retention import (
    DAY_MS,
    LEAST_DAYS,
    Asset,
    Claim,
    DeletionRefused,
    Kind,
    Veto,
    delete_object,
    may_delete,
    unlink_marked,
)

NOW = epoch_ms(datetime(2028, 11, 24, tzinfo=UTC))
OLD = NOW - 731 * DAY_MS
moments = st.integers(0, NOW + 1000 * DAY_MS)
claims = st.builds(Claim, moments, st.booleans(), st.booleans())
assets = st.builds(Asset, st.sampled_from(Kind), moments, st.lists(claims, max_size=4).map(tuple), st.none() | moments)


def asset(**changes: object) -> Asset:
    return Asset(**{"kind": Kind.CLIP, "recorded_ms": OLD, "claims": (Claim(NOW),)} | changes)  # type: ignore[arg-type]


def test_what_is_past_every_term_may_go_at_that_very_moment_and_not_before() -> None:
    assert may_delete(asset(), NOW).allowed
    assert may_delete(asset(), NOW - 1).vetoes == (Veto.IN_TERM,)


@pytest.mark.parametrize(
    ("changes", "today", "veto"),
    [
        ({}, None, Veto.CLOCK_UNSURE),
        ({"claims": ()}, NOW, Veto.NO_TERM),
        ({"claims": (Claim(NOW), Claim(NOW + 1))}, NOW, Veto.IN_TERM),
        ({"claims": (Claim(0),), "recorded_ms": NOW - 729 * DAY_MS}, NOW, Veto.IN_TERM),
        ({"claims": (Claim(0, held=True), Claim(0))}, NOW, Veto.ON_HOLD),
        ({"claims": (Claim(0, settled=False),)}, NOW, Veto.NOT_SETTLED),
        ({"locked_until_ms": NOW + 1}, NOW, Veto.LOCKED),
    ],
)
def test_each_reason_alone_is_enough(changes: dict[str, object], today: int | None, veto: Veto) -> None:
    assert may_delete(asset(**changes), today).vetoes == (veto,)


@given(assets, st.none() | moments)
def test_allowed_means_that_no_reason_is_left(one: Asset, today: int | None) -> None:
    answer = may_delete(one, today)
    if not answer.allowed:
        assert answer.vetoes
        return
    assert today is not None and one.claims
    assert one.recorded_ms + LEAST_DAYS[one.kind] * DAY_MS <= today
    assert all(claim.until_ms <= today and claim.settled and not claim.held for claim in one.claims)
    assert one.locked_until_ms is None or one.locked_until_ms <= today


@given(assets, moments, claims)
def test_one_more_claim_or_an_earlier_day_never_allows_more(one: Asset, today: int, more: Claim) -> None:
    wider = Asset(one.kind, one.recorded_ms, (*one.claims, more), one.locked_until_ms)
    if not may_delete(one, today).allowed and one.claims:
        assert not may_delete(wider, today).allowed
        assert not may_delete(one, today - DAY_MS).allowed


def test_an_object_is_deleted_only_past_its_term_and_only_if_its_store_lets_it(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path / "objects")
    (tmp_path / "objects/clips").mkdir()
    (tmp_path / "objects/clips/a.mp4").write_bytes(b"clip")
    with pytest.raises(DeletionRefused, match="in_term"):
        delete_object(store, "clips/a.mp4", asset(), NOW - 1)
    assert store.head("clips/a.mp4") == ObjectInfo("clips/a.mp4", 4)
    delete_object(store, "clips/a.mp4", asset(), NOW)
    assert store.head("clips/a.mp4") is None
    delete_object(store, "clips/a.mp4", asset(), NOW)
    with pytest.raises(DeletionRefused, match="in_term"):
        delete_object(store, "clips/a.mp4", asset(), NOW - 1)


class Stubborn(LocalObjectStore):
    """A store that says yes and keeps it."""

    def delete(self, key: str) -> None:
        pass


def test_a_store_that_keeps_it_is_found_out(tmp_path: Path) -> None:
    store = Stubborn(tmp_path)
    (tmp_path / "a.mp4").write_bytes(b"clip")
    with pytest.raises(DeletionRefused, match="stays"):
        delete_object(store, "a.mp4", asset(), NOW)


def test_marked_files_go_and_those_that_are_gone_are_no_error(tmp_path: Path) -> None:
    here = tmp_path / "a/x.mp4"
    here.parent.mkdir()
    here.write_bytes(b"x")
    unlink_marked([here, tmp_path / "a/y.mp4", tmp_path / "b/z.mp4"])
    assert list(tmp_path.rglob("*.mp4")) == []
