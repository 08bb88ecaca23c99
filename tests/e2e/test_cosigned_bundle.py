"""A bundle that an outside witness vouches for: a real lesson, a real witness, the centre's own policy."""

from __future__ import annotations

from pathlib import Path

from supervisor.bundles.trust import policy_of
from supervisor.verifier.verify import verify
from tests.support.watched_county import log_key, witnessing
from tests.support.witnessed import witnessed_lesson


def test_a_bundle_carries_what_the_witness_cosigned_and_shows_when_it_was_away(tmp_path: Path) -> None:
    with witnessing(log_key(tmp_path / "centre"), tmp_path / "witness") as running:
        lesson = witnessed_lesson(tmp_path, witnesses=[running.setting])
        policy = policy_of(lesson.county.centre)
        assert ([one.vkey for one in policy.witnesses], policy.quorum) == ([str(running.verifier)], 1)
        assert verify(lesson.bundle, policy).failures == []
    without = lesson.export(tmp_path / "without.zip")
    assert "WITNESSES_MISSING" in {one.code for one in verify(without, policy).failures}
    assert verify(without, policy.model_copy(update={"witnesses": (), "quorum": 0})).ok
