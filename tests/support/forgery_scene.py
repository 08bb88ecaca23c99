"""Where bundles are forged: a lesson hour that went through the real parts, and who looks at what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.evidence.checkpoint import box_origin
from storage.evidence.note import COSIGNATURE, Signer
from supervisor.verifier.policy import Policy, Witness
from supervisor.verifier.report import Report
from supervisor.verifier.verify import verify
from tests.support.forger import Files, Thief
from tests.support.witnessed import WitnessedLesson

FINANCE = Signer("finance.example/witness", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
AUDIT = Signer("audit.example/witness", Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))


@dataclass
class Scene:
    lesson: WitnessedLesson
    folder: Path

    def files(self) -> Files:
        return Files.of(self.lesson.bundle)

    def thief(self, *, box_key: Ed25519PrivateKey | None = None) -> Thief:
        centre = self.lesson.county.centre
        box = Signer(box_origin(self.lesson.school.box), box_key or self.lesson.school.key)
        return Thief.of(self.files(), box, centre.log_signer, centre.witness)

    @property
    def policy(self) -> Policy:
        return self.lesson.policy

    def demanding(self, quorum: int = 2) -> Policy:
        """The policy with outside witnesses."""
        keys = [Witness(name=one.name, vkey=str(one.verifier(COSIGNATURE))) for one in (FINANCE, AUDIT)]
        return self.policy.model_copy(update={"witnesses": tuple(keys), "quorum": quorum})

    def verify(self, bundle: Files | Thief | bytes, policy: Policy | None = None, **how: Any) -> Report:
        path = self.folder / "forged.zip"
        if isinstance(bundle, bytes):
            path.write_bytes(bundle)
        else:
            bundle.pack(path, **how)
        return verify(path, policy or self.policy)
