"""A policy that cannot be meant is refused with a reason; one that can is read as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.errors import LessonProofError
from storage.evidence.note import COSIGNATURE, Signer
from supervisor.verifier.policy import FORMAT, Policy, read_policy

LOG = Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
WITNESS = Signer("example.com/witness", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
OUTSIDE = Ed25519PrivateKey.from_private_bytes(b"\x03" * 32)
FINANCE = {"name": "finance", "vkey": str(Signer("finance.example/w", OUTSIDE).verifier(COSIGNATURE))}
AUDIT = {"name": "audit", "vkey": str(Signer("audit.example/w", OUTSIDE).verifier(COSIGNATURE))}
CENTRE = {"name": "centre", "vkey": str(Signer("example.com/other", LOG.key).verifier(COSIGNATURE))}


def written(folder: Path, **changes: Any) -> Path:
    body = {"format": FORMAT, "log": str(LOG.verifier()), "witness": str(WITNESS.verifier(COSIGNATURE))}
    path = folder / "policy.json"
    path.write_text(json.dumps(body | changes))
    return path


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path))
    assert (policy.quorum, policy.witnesses, policy.profiles, policy.late_after_s) == (0, (), None, 900)
    assert policy.log_key == LOG.verifier()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quorum": 1}, "a quorum of 1 among 0"),
        ({"format": "lessonproof/policy/2"}, "/format"),
        ({"log": "nonsense"}, "verifier key"),
        ({"log": str(LOG.verifier(COSIGNATURE))}, "wrong type"),
        ({"witness": str(WITNESS.verifier())}, "wrong type"),
        ({"witnesses": [FINANCE, AUDIT]}, "same witness twice"),
        ({"witnesses": [CENTRE], "quorum": 1}, "its own witness"),
        ({"witnesses": [{"name": "finance"}]}, "/witnesses/0/vkey"),
        ({"revoked": [{"box": "x", "at": "2026-01-01T00:00:00Z"}]}, "/revoked/0/box"),
        ({"trust": "me"}, "/trust"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(LessonProofError, match="POLICY_INVALID") as caught:
        read_policy(written(tmp_path, **changes))
    assert why in caught.value.en


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_what_is_no_policy_at_all(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(LessonProofError, match="POLICY_INVALID"):
        read_policy(path)
    with pytest.raises(LessonProofError, match="POLICY_INVALID"):
        read_policy(tmp_path / "missing.json")


def test_it_survives_being_written_and_read(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, witnesses=[FINANCE], quorum=1))
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
