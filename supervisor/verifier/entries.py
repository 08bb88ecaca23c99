"""Log entries of a bundle with their proofs: read, and believed only when proven."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from config.errors import LessonProofError
from storage.evidence.bundle import Bundle, entry_name, proof_name
from storage.evidence.checkpoint import Checkpoint, InclusionProof, parse_checkpoint, parse_proof
from storage.evidence.note import Note
from supervisor.verifier.report import Report


@dataclass(frozen=True, slots=True)
class Logged:
    """Entry `index` of a log. `value`: its JSON. `checkpoint`: what its proof leads to; who signed that is not asked
    here."""

    log: str
    index: int
    body: bytes
    value: dict[str, Any]
    proof: InclusionProof
    checkpoint: Checkpoint

    @property
    def where(self) -> str:
        return entry_name(self.log, self.index)

    @property
    def kind(self) -> str:
        return str(self.value.get("kind"))

    @property
    def at_ms(self) -> int:
        at = self.value.get("at")
        return at if isinstance(at, int) else 0

    @property
    def details(self) -> dict[str, Any]:
        details = self.value.get("details")
        return details if isinstance(details, dict) else {}


def read_entries(
    bundle: Bundle, log: str, unproven: str, report: Report, trusted: Callable[[Note], bool]
) -> Iterator[Logged]:
    """The entries of `log` (box | centre) that their own proofs include; `unproven`: the failure of the others."""
    for index in bundle.entries(log):
        name = entry_name(log, index)
        try:
            body = bundle.read(name)
            proof = parse_proof(bundle.read(proof_name(log, index)))
            checkpoint = parse_checkpoint(proof.note)
            if proof.index != index or not proof.includes(body):
                report.fail(unproven, name)
                continue
            if not trusted(proof.note):  # it says why; a stranger's JSON is not even parsed
                continue
            value = json.loads(body)
            if not isinstance(value, dict):
                raise ValueError("not a JSON object")
        except LessonProofError as error:
            report.fail(error.code if error.code.startswith("BUNDLE_") else "BUNDLE_MALFORMED", name, error.en)
            continue
        except (ValueError, RecursionError) as error:
            report.fail("BUNDLE_MALFORMED", name, str(error))
            continue
        yield Logged(log, index, body, value, proof, checkpoint)
