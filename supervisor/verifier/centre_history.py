"""What the centre's log proves: its entries, signed by the log's key and cosigned by as many witnesses as the policy
demands; and, read from them, which key a box had when."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache

from storage.evidence.bundle import Bundle
from storage.evidence.note import ED25519, Note, Verifier, parse_vkey
from supervisor.verifier.entries import Logged, read_entries
from supervisor.verifier.policy import Policy
from supervisor.verifier.report import Report


@dataclass(frozen=True, slots=True)
class CentreHistory:
    """Proven entries, in the log's order. `outside_s`: entry index → since when (seconds since 1970) a quorum of
    outside witnesses knows of it; None: the policy demands none."""

    entries: tuple[Logged, ...]
    outside_s: dict[int, int | None]

    def about(self, subject: str, *kinds: str) -> list[Logged]:
        found = [entry for entry in self.entries if entry.value.get("subject") == subject]
        return [entry for entry in found if not kinds or entry.kind in kinds]

    def receipts(self, box: str) -> dict[str, int | None]:
        """The notes that the centre says it cosigned → since when that is known outside."""
        prefix = f"receipt:{box}:"
        return {
            str(entry.details.get("note")): self.outside_s[entry.index]
            for entry in self.entries
            if entry.kind == "receipt" and str(entry.value.get("subject")).startswith(prefix)
        }

    def box_keys(self, box: str, origin: str) -> list[tuple[int, Verifier]]:
        """(from when, ms since 1970; key), in order."""
        keys = []
        for entry in self.about(f"box:{box}", "box_enrolled", "box_key_rotated"):
            try:
                raw = base64.b64decode(str(entry.details.get("key")), validate=True)
            except binascii.Error:
                continue
            keys.append((entry.at_ms, Verifier(origin, ED25519, raw)))
        return keys

    def revoked_ms(self, box: str) -> int | None:
        return min((entry.at_ms for entry in self.about(f"box:{box}", "box_revoked")), default=None)


def read_centre(bundle: Bundle, policy: Policy, report: Report) -> CentreHistory:
    trusted = lru_cache(maxsize=256)(lambda note: _trusted(note, policy, report))
    proven = list(read_entries(bundle, "centre", "CENTRE_ENTRY_UNPROVEN", report, trusted))
    if proven:
        newest = max(proven, key=lambda entry: entry.checkpoint.size)
        report.facts["centre_log"] = {"origin": newest.checkpoint.origin, "size": newest.checkpoint.size}
        report.facts["witnesses"] = _cosigners(newest.proof.note, policy)
    return CentreHistory(tuple(proven), {entry.index: _known_outside(entry.proof.note, policy) for entry in proven})


def _known_outside(note: Note, policy: Policy) -> int | None:
    """When the last of the quorum cosigned."""
    times = sorted(_cosigners(note, policy).values())
    return times[policy.quorum - 1] if policy.quorum else None


def _trusted(note: Note, policy: Policy, report: Report) -> bool:
    origin = note.text.partition("\n")[0]
    if origin != policy.log_key.name or not policy.log_key.signed(note):
        report.fail("CENTRE_UNSIGNED", origin)
        return False
    cosigners = _cosigners(note, policy)
    if len(cosigners) < policy.quorum:
        report.fail(
            "WITNESSES_MISSING", origin, f"{len(cosigners)} of {policy.quorum}: {', '.join(cosigners) or 'none'}"
        )
        return False
    return True


def _cosigners(note: Note, policy: Policy) -> dict[str, int]:
    """Name → when it cosigned (seconds since 1970)."""
    times = {one.name: parse_vkey(one.vkey).cosigned(note) for one in policy.witnesses}
    return {name: at for name, at in times.items() if at is not None}
