"""What a witness says to a checkpoint (C2SP tlog-witness), pure: it keeps size and root of each log and nothing else,
and never signs a history that is not the continuation of the one it signed before.
"""

from __future__ import annotations

from collections.abc import Iterable

from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint, parse_checkpoint
from storage.evidence.note import Verifier


class Rollback(LessonProofError):
    """409: the log does not continue from what was cosigned last; the answer tells that size."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "LOG_ROLLBACK",
            status=409,
            zh=f"检查点不是从已见证的第 {size} 条开始的",
            en=f"the checkpoint does not start from the {size} entries that were cosigned last",
        )
        self.size = size


class Fork(LessonProofError):
    """422: another history than the one that was cosigned before."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "LOG_FORK",
            status=422,
            zh=f"检查点与已见证的前 {size} 条记录不一致:记录被改写",
            en=f"the checkpoint contradicts the {size} entries that were cosigned before: the log was rewritten",
        )
        self.size = size


def check(request: AddCheckpoint, known: tuple[int, bytes], keys: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint that may be cosigned now. `known`: size and root that were cosigned last; (0, the empty root) at
    first. `keys`: the log's.

    Raises LessonProofError CHECKPOINT_INVALID (400), CHECKPOINT_UNSIGNED (403), Rollback (409), Fork (422).
    """
    checkpoint, (size, root) = parse_checkpoint(request.note), known
    require_signed(request, keys)
    if request.old_size > checkpoint.size:
        raise LessonProofError(
            "CHECKPOINT_INVALID", status=400, zh="检查点小于其起点", en="the checkpoint is smaller than where it starts"
        )
    if request.old_size != size:
        raise Rollback(size)
    if not merkle.proves_consistency(size, checkpoint.size, request.proof, root, checkpoint.root):
        raise Fork(size)
    return checkpoint


def require_signed(request: AddCheckpoint, keys: Iterable[Verifier]) -> None:
    """Raises LessonProofError CHECKPOINT_UNSIGNED (403)."""
    if not any(key.signed(request.note) for key in keys):
        raise LessonProofError(
            "CHECKPOINT_UNSIGNED",
            status=403,
            zh="检查点没有该日志密钥的有效签名",
            en="the checkpoint has no valid signature by the log's key",
        )
