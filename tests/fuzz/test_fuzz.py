"""A minute of fuzz over everything that comes from outside; the long run is `python -m tests.fuzz --seconds 600`."""

from __future__ import annotations

import os
import random
import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import boxes, rtsp
from tests.fuzz.__main__ import targets
from tests.fuzz.mutate import mutated, mutated_lines

pytestmark = pytest.mark.fuzz

SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
SECONDS = {"rtsp": 15, "fmp4": 4, "practice": 4, "onvif": 10, "onvif-device": 4, "discovery": 2, "api": 1}
AT_LEAST = {"rtsp": 4, "fmp4": 100, "practice": 20, "onvif": 3, "onvif-device": 10, "discovery": 100, "api": 600}
GROWTH_LIMIT_KB = {"api": 500_000}
"""Of the one target that holds a county, its centre and schemathesis's model of every route in this process."""


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.timeout(900)
@pytest.mark.parametrize("target", SECONDS)
def test_no_crash_and_no_hang(target: str, tmp_path: Path) -> None:
    before = peak_kb()
    cases, failures = targets(tmp_path)[target](SEED, SECONDS[target])
    print(f"{target}: {cases} cases from seed {SEED}, memory peak grew by {peak_kb() - before} KiB")
    assert failures == []
    assert peak_kb() - before < GROWTH_LIMIT_KB.get(target, rtsp.GROWTH_LIMIT_KB)
    assert cases >= AT_LEAST[target], "too slow to mean anything"


def test_every_target_of_the_long_run_is_in_the_short_one(tmp_path: Path) -> None:
    assert set(targets(tmp_path)) == set(SECONDS)


def test_a_hang_and_a_crash_of_the_child_are_seen_with_their_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtsp, "CASE_LIMIT_S", 1.0)
    monkeypatch.setattr(rtsp, "CHILD", ("-c", "import time; print('done 7, 1 KiB: x'); time.sleep(60)"))
    (hang,) = rtsp.fuzz(7, 0.5, at_once=1)[1]
    assert hang.seed == 8 and "hangs" in hang.what
    monkeypatch.setattr(rtsp, "CHILD", ("-c", "import os; os.abort()"))
    crash = rtsp.fuzz(7, 0.1, at_once=1)[1][0]
    assert crash.seed == 7 and "-6" in crash.what


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=400), st.integers(0, 2**32)))
def test_the_box_walker_takes_any_bytes(tmp_path: Path, data: bytes | int) -> None:
    folder = tmp_path / "recorded"
    if isinstance(data, int):
        data = boxes.damaged(boxes.recorded(folder), random.Random(data))
    boxes.walk(data, tmp_path / "any.mp4")


@given(data=st.binary(max_size=300), seed=st.integers(0, 2**32))
def test_the_same_seed_does_the_same_damage(data: bytes, seed: int) -> None:
    for damage in (mutated, mutated_lines):
        assert damage(data, random.Random(seed)) == damage(data, random.Random(seed))
