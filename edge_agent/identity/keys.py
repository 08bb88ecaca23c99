"""The key of the template store: 32 random bytes in a file of its own (0600), made at first use, never leaves the box.

Two keys are derived from it (HKDF-SHA256): one encrypts, one hides references in file names. A backup of the box that
leaves this file out holds no readable template.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.errors import LessonProofError
from storage.objects import fsync_folder

_BYTES = 32


class StoreKeys:
    """`folder` and `suffix`: files of this key. While there are any, a lost key is an error and not a new key."""

    def __init__(self, path: Path, folder: Path, suffix: str) -> None:
        self._path, self._folder, self._suffix = path, folder, suffix

    def encryption(self) -> bytes:
        """Raises LessonProofError IDENTITY_KEY_MISSING."""
        return self._derived(b"templates")

    def name_of(self, reference: str) -> str:
        """HMAC-SHA256 of a reference, hex. Raises LessonProofError IDENTITY_KEY_MISSING."""
        return hmac.new(self._derived(b"file names"), reference.encode(), hashlib.sha256).hexdigest()

    def _derived(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), _BYTES, None, b"lessonproof identity/1 " + purpose).derive(self._master)

    @cached_property
    def _master(self) -> bytes:
        try:
            if not self._path.exists() and not any(self._folder.glob(f"*{self._suffix}")):
                _create(self._path)
            key = self._path.read_bytes()
        except OSError:
            key = b""
        if len(key) != _BYTES:
            raise LessonProofError(
                "IDENTITY_KEY_MISSING",
                zh=f"无法读取人脸模板密钥 {self._path}:请检查权限;如已丢失,请删除该文件和目录 {self._folder},重新录入",
                en=f"cannot read the key of the face templates, {self._path}: check its permissions; if it is lost, "
                f"delete it and the folder {self._folder}, and enrol anew",
                status=503,
                where=str(self._path),
            )
        return key


def _create(path: Path) -> None:
    """Exactly one of two processes that start together makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)  # refuses to replace: unlike rename
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    fsync_folder(path.parent)
