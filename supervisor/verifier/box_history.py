"""What the box's log proves: its entries, in checkpoints that the box signed with the key it had then, and that the
centre cosigned with its own time; linked camera by camera; closed by the one verdict."""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from storage.evidence.bundle import Bundle
from storage.evidence.checkpoint import box_origin
from storage.evidence.note import Note, Verifier
from supervisor.verifier.centre_history import CentreHistory
from supervisor.verifier.entries import Logged, read_entries
from supervisor.verifier.policy import Policy
from supervisor.verifier.report import Report

_EARLY_S = 60  # how far the clocks of box and centre may be apart
_CAMERA_KINDS = ("segment", "gap", "deletion", "loss")


@dataclass(frozen=True, slots=True)
class BoxHistory:
    """Proven entries, in the log's order. `seen_s`: entry index → when the centre had it (seconds since 1970)."""

    entries: tuple[Logged, ...]
    seen_s: dict[int, int]

    def of_kind(self, *kinds: str) -> list[Logged]:
        return [entry for entry in self.entries if entry.kind in kinds]


def read_box(bundle: Bundle, box: str, centre: CentreHistory, policy: Policy, report: Report) -> BoxHistory:
    seen_at = lru_cache(maxsize=256)(lambda note: _receipt_time(note, box, centre, policy, report))
    entries = tuple(read_entries(bundle, "box", "BOX_ENTRY_UNPROVEN", report, lambda note: seen_at(note) is not None))
    history = BoxHistory(entries, {entry.index: seen_at(entry.proof.note) or 0 for entry in entries})
    _check_chains(history, report)
    return history


def verdict_entry(history: BoxHistory, lesson_hour_id: str, report: Report) -> Logged | None:
    """The one that closes the bundle; without it a cut end would not show."""
    found = history.of_kind("verdict")
    own = [entry for entry in found if entry.value.get("lesson_hour_id") == lesson_hour_id]
    for entry in found:
        if entry not in own:
            report.fail("ENTRY_UNEXPECTED", entry.where, "a verdict of another lesson hour")
    if len(own) > 1:
        report.fail("VERDICT_TWICE", ", ".join(entry.where for entry in own))
    if not own:
        report.fail("VERDICT_MISSING", lesson_hour_id)
    return own[0] if len(own) == 1 else None


def lateness(history: BoxHistory, policy: Policy, report: Report) -> None:
    """How long after the recording's end the centre had its entry; after the lesson's, the verdict."""
    ends = {entry.index: entry.at_ms for entry in history.of_kind("verdict")}
    for entry in history.of_kind("segment"):
        ends[entry.index] = _number(entry, "start_ms") + _number(entry, "media_ms")
    late = {index: history.seen_s[index] - end // 1000 for index, end in ends.items()}
    early = [index for index, seconds in late.items() if seconds < -_EARLY_S]
    if early:
        report.fail("RECEIPT_INVALID", f"box/{early[0]}.json", "witnessed before it was recorded")
    over = sorted(index for index, seconds in late.items() if seconds > policy.late_after_s)
    report.facts["receipts"] = {
        "latest_s": max(late.values(), default=0),
        "late": len(over),
        "of": len(late),
        "late_after_s": policy.late_after_s,
    }
    if over and policy.refuse_late:
        report.fail("LATE", f"box/{over[0]}.json", f"{max(late.values())} s")


def _receipt_time(note: Note, box: str, centre: CentreHistory, policy: Policy, report: Report) -> int | None:
    """When the centre cosigned this checkpoint of the box; None, and a failure, when that is not proven."""
    origin, size, *_ = note.text.split("\n")
    where = f"{origin} {size}"
    at = policy.witness_key.cosigned(note)
    if at is None:
        report.fail("RECEIPT_INVALID", where)
        return None
    if origin != box_origin(box):
        report.fail("BOX_DIFFERS", where)
        return None
    receipts = centre.receipts(box)
    if str(note) not in receipts:
        report.fail("RECEIPT_MISSING", where)
        return None
    keys = _keys_in_second(centre.box_keys(box, origin), at)
    if not keys:
        report.fail("BOX_NOT_ENROLLED", box)
        return None
    revoked = [told for told in (centre.revoked_ms(box), _policy_revoked_ms(box, policy)) if told is not None]
    if revoked and at * 1000 >= min(revoked):
        report.fail("BOX_REVOKED", where)
        return None
    if not any(key.signed(note) for key in keys):
        report.fail("BOX_UNSIGNED", where)
        return None
    return max(at, receipts[str(note)] or at)  # the centre's clock is its own; a witness outside has another


def _keys_in_second(keys: list[tuple[int, Verifier]], at: int) -> list[Verifier]:
    """Those that were valid at any moment of it: a cosignature's time has no milliseconds."""
    begun = [(since, key) for since, key in keys if since <= at * 1000 + 999]
    before = [key for since, key in begun if since <= at * 1000]
    return [*before[-1:], *(key for since, key in begun if since > at * 1000)]


def _policy_revoked_ms(box: str, policy: Policy) -> int | None:
    at = policy.revoked_at(box)
    return None if at is None else int(at.timestamp() * 1000)


def _check_chains(history: BoxHistory, report: Report) -> None:
    chains: dict[str, list[Logged]] = defaultdict(list)
    for entry in history.entries:
        if entry.kind not in _CAMERA_KINDS:
            continue
        if entry.value.get("camera") is not None:
            chains[str(entry.value["camera"])].append(entry)
        else:
            report.fail("CHAIN_BROKEN", entry.where, "an entry of no camera")
    for chain in chains.values():
        for before, after in itertools.pairwise(chain):
            linked = hashlib.sha256(before.body).hexdigest() == after.value.get("prev")
            if not linked or _number(after, "n") != _number(before, "n") + 1:
                report.fail("CHAIN_BROKEN", after.where, f"does not follow {before.where}")


def _number(entry: Logged, name: str) -> int:
    value = entry.value.get(name)
    return value if isinstance(value, int) else -1
