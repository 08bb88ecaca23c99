"""The files that were handed in to go with words about a class (a lifted block, the truth of its opening, a request for
an exemption), in its archive: whose bytes go in, and what is said of the others.

Nothing in a file can be masked, so it travels as a recording does: with the clips, where a second person agreed if the
rules ask for it, and to who may read it at the centre.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import LessonProofError
from storage.evidence.bundle import file_name
from supervisor.accounts.models import Account
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.classes.files import READERS
from supervisor.classes.models import ClassFile
from supervisor.filed_papers import pieces
from supervisor.rules.explain import Words

Put = Callable[[str, Path], None]
"""Takes a file into the archive under a name."""

_LEFT_OUT: Words = ("本档案不含附件,只列其哈希值", "This archive is without the files, only with their hashes")
_NOT_READABLE: Words = ("归档人无权查看这个附件", "Who made this archive may not read this file")
_LOST: Words = ("附件在中心已损坏或丢失", "The file is damaged or lost at the centre")


@dataclass(frozen=True, slots=True)
class Filed:
    """A file handed in once. `name` None: its bytes are not in the archive, and `note` says why."""

    file: ClassFile
    role: str
    name: str | None
    note: Words | None


def pack(
    centre: Centre, caller: Caller, held: Sequence[tuple[ClassFile, Account]], folder: Path, put: Put, *, media: bool
) -> list[Filed]:
    """Each file's bytes once, however many handed it in. `media` as of the archive."""
    notes: dict[str, Words | None] = {}
    readable = {file.sha256 for file, account in held if may_read(caller, account)}
    for file, _ in held:
        if file.sha256 not in notes:
            notes[file.sha256] = (
                _LEFT_OUT if not media
                else _NOT_READABLE if file.sha256 not in readable
                else None if _copied(centre, file, folder, put)
                else _LOST
            )  # fmt: skip
    return [
        Filed(
            file,
            account.role,
            None if notes[file.sha256] else file_name(file.sha256, file.kind),
            notes[file.sha256],
        )
        for file, account in held
    ]


def may_read(caller: Caller, sender: Account) -> bool:
    """As at the centre (`classes.files.read`): of an institution its own people's files only."""
    return caller.role in READERS and caller.institution_id in (None, sender.institution_id)


def _copied(centre: Centre, file: ClassFile, folder: Path, put: Put) -> bool:
    """False: the store has other bytes, or none."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(prefix="file-", dir=folder) as part:
        try:
            for piece in pieces(centre, file.sha256, file.kind, file.bytes):
                digest.update(piece)
                part.write(piece)
        except LessonProofError as error:
            if error.code != "OBJECT_NOT_FOUND":
                raise
            return False
        part.flush()
        whole = digest.hexdigest() == file.sha256
        if whole:
            put(file_name(file.sha256, file.kind), Path(part.name))
        return whole
