"""The one veto on deletion, and the only code that deletes what may be evidence (A-19; RULES Q15, Q16).

`may_delete` is pure: whoever wants something gone brings every fact, nothing is looked up here. Its answer names each
reason against. `delete_object` and `unlink_marked` are the only callers of `ObjectStore.delete` and of `unlink` on
recordings and clips; a house rule holds that. All `*_ms` are milliseconds since 1970.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from config.clock import epoch_ms
from config.errors import LessonProofError
from storage.objects import ObjectStore, fsync_folder

DAY_MS = 24 * 3_600_000


class Kind(StrEnum):
    RECORDING = "recording"  # the box's raw recording
    COPY = "copy"  # the box's copy of a clip that the centre holds
    CLIP = "clip"  # the centre's, the copy of record
    SPAN = "span"  # the centre's copy of raw recording that somebody asked for


LEAST_DAYS = {
    Kind.RECORDING: 30,  # 公共安全视频图像信息系统管理条例 art. 17
    Kind.COPY: 30,
    Kind.CLIP: 730,  # the county plan's two years, whatever a row says
    Kind.SPAN: 30,
}
"""After the recording; no profile and no mistake goes below."""


class Veto(StrEnum):
    CLOCK_UNSURE = "clock_unsure"  # nobody can say what day it is
    NO_TERM = "no_term"  # nobody said how long to keep it
    IN_TERM = "in_term"
    ON_HOLD = "on_hold"
    NOT_SETTLED = "not_settled"  # not judged, not delivered or not verified yet
    LOCKED = "locked"  # the store itself keeps it (Object Lock)
    STAYS = "stays"  # it was deleted, and the store still has it


@dataclass(frozen=True, slots=True)
class Claim:
    """What one lesson hour asks for these bytes. `until_ms`: the first moment at which its term is over."""

    until_ms: int
    settled: bool = True
    held: bool = False


@dataclass(frozen=True, slots=True)
class Asset:
    """`recorded_ms`: not recorded later than this. `claims`: of every lesson hour that the bytes speak for."""

    kind: Kind
    recorded_ms: int
    claims: tuple[Claim, ...]
    locked_until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    vetoes: tuple[Veto, ...]

    @property
    def allowed(self) -> bool:
        return not self.vetoes


def may_delete(asset: Asset, today_ms: int | None) -> Answer:
    """`today_ms`: the latest time that two independent clocks agreed on, never a single clock's; None: there is none.

    A clock that is behind only keeps things longer; one that is ahead must not get here (docs/retention.md).
    """
    if today_ms is None:
        return Answer((Veto.CLOCK_UNSURE,))
    claims = asset.claims
    least_ms = asset.recorded_ms + LEAST_DAYS[asset.kind] * DAY_MS
    found = {
        Veto.NO_TERM: not claims,
        Veto.IN_TERM: max([least_ms, *(claim.until_ms for claim in claims)]) > today_ms,
        Veto.ON_HOLD: any(claim.held for claim in claims),
        Veto.NOT_SETTLED: not all(claim.settled for claim in claims),
        Veto.LOCKED: asset.locked_until_ms is not None and asset.locked_until_ms > today_ms,
    }
    return Answer(tuple(veto for veto, applies in found.items() if applies))


class DeletionRefused(LessonProofError):
    """409. `locked_until_ms`: how long the store keeps it, if it says so."""

    def __init__(self, answer: Answer, locked_until_ms: int | None = None) -> None:
        reasons = ", ".join(answer.vetoes)
        super().__init__(
            "DELETION_REFUSED", status=409, zh=f"不允许删除:{reasons}", en=f"may not be deleted: {reasons}"
        )
        self.answer = answer
        self.locked_until_ms = locked_until_ms


def delete_object(store: ObjectStore, key: str, asset: Asset, today_ms: int | None) -> None:
    """Ask the veto with what the store knows, delete, and look whether it is gone. Nothing to do when it is already.

    Raises DeletionRefused, and what the store raises (ARCHIVE_AWAY, ARCHIVE_REFUSED).
    """
    stored = store.head(key)
    locked_ms = None if stored is None or stored.locked_until is None else epoch_ms(stored.locked_until)
    answer = may_delete(replace(asset, locked_until_ms=locked_ms), today_ms)
    if not answer.allowed:
        raise DeletionRefused(answer, locked_ms)
    if stored is None:
        return
    store.delete(key)
    if store.head(key) is not None:
        raise DeletionRefused(Answer((Veto.STAYS,)))


def unlink_marked(files: Sequence[Path]) -> None:
    """Files of the box whose rows were marked for deletion, which only happens after `may_delete` allowed it; their
    folders are synced. Files that are gone already are no error: a life before this one may have got so far."""
    for file in files:
        file.unlink(missing_ok=True)
    for folder in {file.parent for file in files}:
        with contextlib.suppress(FileNotFoundError):
            fsync_folder(folder)
