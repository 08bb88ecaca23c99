"""A witness of one log with its memory in a file: the checkpoint that it cosigned last. The file is written and flushed
before the cosignature is given away, so that no crash makes it sign two histories.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.clock import Clock
from config.errors import LessonProofError
from storage.evidence import merkle
from storage.evidence.checkpoint import Checkpoint, parse_add_checkpoint, parse_checkpoint
from storage.evidence.keyfile import load, load_or_create
from storage.evidence.note import COSIGNATURE, Note, Signer, Verifier, parse_note
from storage.evidence.witness import Rollback, check
from storage.objects import fsync_folder

_LOG = logging.getLogger(__name__)
_PUT_BACK = "the log says that %d entries were cosigned here, the state file knows of %d: was an old copy put back?"


class Cosigner:
    """`log`: the key of the log. `key`, `state`: files that belong together, both made by the first start; a state that
    is gone, or is not this key's, is never replaced by a new one. `name`: of the witness; None: made of its key.

    Raises LessonProofError KEY_UNREADABLE, WITNESS_BUSY, WITNESS_FILE_UNWRITTEN, WITNESS_STATE_LOST,
    WITNESS_STATE_INVALID.
    """

    def __init__(self, log: Verifier, key: Path, state: Path, clock: Clock, name: str | None = None) -> None:
        first = not key.exists() and not state.exists()
        private = _made(key) if first else load(key)
        self._key_file = _locked(key)
        public = private.public_key().public_bytes_raw()
        self._signer = Signer(name or f"lessonproof/witness/{hashlib.sha256(public).hexdigest()[:16]}", private)
        self._log = log
        self._state = state
        self._clock = clock
        self._one_at_a_time = Lock()
        if first:
            empty = Note(str(Checkpoint(log.name, 0, merkle.EMPTY_ROOT)))
            self._save(empty.with_lines([self._signer.cosign(empty, self._now())]))
        else:
            self._note = self._loaded()

    @property
    def verifier(self) -> Verifier:
        return self._signer.verifier(COSIGNATURE)

    @property
    def origin(self) -> str:
        return self._log.name

    @property
    def note(self) -> Note:
        """The checkpoint that was cosigned last, with the log's signature and this witness's; of size 0 at first."""
        return self._note

    def add_checkpoint(self, body: bytes) -> str:
        """The cosignature line (C2SP tlog-witness).

        Raises LessonProofError CHECKPOINT_INVALID, NOTE_INVALID (400), CHECKPOINT_UNSIGNED (403), LOG_UNKNOWN (404),
        Rollback (409), Fork (422), WITNESS_FILE_UNWRITTEN (503).
        """
        request = parse_add_checkpoint(body)
        if parse_checkpoint(request.note).origin != self._log.name:
            raise LessonProofError("LOG_UNKNOWN", status=404, zh="没有这个日志", en="this witness knows no such log")
        with self._one_at_a_time:
            known = parse_checkpoint(self._note)
            try:
                check(request, (known.size, known.root), [self._log])
            except Rollback:
                if request.old_size > known.size:
                    _LOG.error(_PUT_BACK, request.old_size, known.size)
                raise
            line = self._signer.cosign(request.note, self._now())
            self._save(Note(request.note.text, (*self._log.lines_in(request.note), line)))
        return str(line)

    def close(self) -> None:
        """From now on another process may use the key."""
        self._key_file.close()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _save(self, note: Note) -> None:
        draft = self._state.with_name(f".{self._state.name}.draft")
        try:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            with draft.open("w", encoding="utf-8") as file:
                file.write(str(note))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._state)
            fsync_folder(self._state.parent)
        except OSError as error:
            raise _unwritten(self._state, error) from error
        self._note = note

    def _loaded(self) -> Note:
        try:
            note = parse_note(self._state.read_bytes())
            if parse_checkpoint(note).origin == self._log.name and self.verifier.cosigned(note):
                return note
        except FileNotFoundError:
            raise LessonProofError(
                "WITNESS_STATE_LOST",
                zh=f"状态文件 {self._state} 不见了:没有它就无法保证不见证两种历史,请见 docs/signed-log.md",
                en=f"the state file {self._state} is gone: without it two histories might be cosigned;"
                " see docs/signed-log.md",
                where=str(self._state),
            ) from None
        except (OSError, LessonProofError):
            pass
        raise LessonProofError(
            "WITNESS_STATE_INVALID",
            zh=f"状态文件 {self._state} 不是本见证方为日志 {self._log.name} 写的,请见 docs/signed-log.md",
            en=f"the state file {self._state} was not written by this witness for {self._log.name};"
            " see docs/signed-log.md",
            where=str(self._state),
        )


def _made(key: Path) -> Ed25519PrivateKey:
    try:
        private = load_or_create(key)
        fsync_folder(key.parent)
    except OSError as error:
        raise _unwritten(key, error) from error
    return private


def _unwritten(path: Path, error: OSError) -> LessonProofError:
    return LessonProofError(
        "WITNESS_FILE_UNWRITTEN",
        status=503,
        zh=f"无法写入 {path}({error.strerror})",
        en=f"{path} cannot be written ({error.strerror})",
        where=str(path),
    )


def _locked(key: Path) -> BinaryIO:
    """One process a key: two with memories of their own could cosign two histories."""
    file = key.open("rb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise LessonProofError(
            "WITNESS_BUSY",
            zh=f"另一个进程正在使用密钥 {key}",
            en=f"another process is using the key {key}",
            where=str(key),
        ) from None
    return file
