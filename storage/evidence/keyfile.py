"""An Ed25519 private key in a file of its own: made here, mode 0600, never leaves the machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from config.errors import LessonProofError
from storage.objects import fsync_folder


def load_or_create(path: Path) -> Ed25519PrivateKey:
    """The key at `path`; made on the first call, complete or not at all. Raises KEY_UNREADABLE."""
    if not path.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        create_once(path, pem)
    return load(path)


def load(path: Path) -> Ed25519PrivateKey:
    """Raises LessonProofError KEY_UNREADABLE."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise LessonProofError(
            "KEY_UNREADABLE",
            zh=f"无法读取密钥 {path}:请检查文件权限;如果密钥已丢失,请见 docs/signed-log.md",
            en=f"cannot read the key {path}: check its permissions; if it is lost, see docs/signed-log.md",
            where=str(path),
        )
    return key


def create_once(path: Path, key: bytes) -> None:
    """A file of mode 0600, complete or not at all. Exactly one of two processes that start together makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)  # refuses to replace: unlike rename
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    fsync_folder(path.parent)  # whoever is told of the key must find it here after a power cut


def supersede(path: Path, by: Path) -> None:
    """Put `by` in the place of the key at `path`, which is kept beside it: what it signed may have to be explained
    one day. There is a key at `path` at every moment; killed in between, do it again.
    """
    if path.exists():
        old = path.with_suffix(".old.pem")
        old.unlink(missing_ok=True)
        old.hardlink_to(path)
    by.replace(path)
    fsync_folder(path.parent)
