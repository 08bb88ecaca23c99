"""The keys that trainees' selfies are sealed to: P-256, made in this box; the private half never leaves it.

`sealing/<made, ms>.pem`: the newest is told to the centre; an older one stays until nothing sealed to it can come any
more.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from config.clock import Clock, epoch_ms, from_epoch_ms
from config.settings import EdgeSettings
from storage.evidence.keyfile import create_once
from storage.objects import fsync_folder
from supervisor.contract.sealing import SUITE, SealingKey

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)  # a phone may have opened its page before the key was renewed


class SealingKeys:
    """`folder`: `BoxPaths.sealing`. Methods raise OSError when the disk does not answer."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def current(self) -> SealingKey:
        """The public half in use; the first call makes the first key."""
        if not self._read():
            self.renew()
        return self._read()[-1][1]

    def renew(self) -> None:
        """Another key from now on; the one before still opens what is on its way."""
        made = max([epoch_ms(self._clock.now()), *(made + 1 for made, _, _ in self._read())])
        key = generate_private_key(SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        create_once(self._folder / f"{made}.pem", pem)

    def open(self, key_id: str, sealed: bytes, info: bytes) -> bytes | None:
        """What was sealed to this key as `info`; None: it does not open."""
        for _, public, private in self._read():
            if public.key_id == key_id:
                try:
                    return SUITE.decrypt(sealed, private, info)
                except (InvalidTag, ValueError):
                    return None
        return None

    def forget_old(self, waiting: Collection[str], confirmed_at: datetime) -> int:
        """Delete superseded keys that nothing can be sealed to any more; how many. `waiting`: key ids the centre still
        has selfies for, as it said at `confirmed_at`."""
        keys = self._read()
        gone = 0
        for (made, public, _), (superseded, _, _) in pairwise(keys):
            if public.key_id not in waiting and confirmed_at - from_epoch_ms(superseded) > GRACE:
                (self._folder / f"{made}.pem").unlink(missing_ok=True)
                gone += 1
        if gone:
            fsync_folder(self._folder)
        return gone

    def _read(self) -> list[tuple[int, SealingKey, EllipticCurvePrivateKey]]:
        """Oldest first. A file that is no key is named and skipped."""
        found = []
        for path in self._folder.glob("*.pem"):
            if not path.stem.isdecimal():
                continue
            try:
                key = load_pem_private_key(path.read_bytes(), password=None)
            except FileNotFoundError:
                continue  # forgotten meanwhile
            except (OSError, ValueError):
                key = None
            if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
                found.append((int(path.stem), SealingKey.of(key.public_key()), key))
            else:
                log.warning("no sealing key: %s", path)
        return sorted(found, key=lambda one: one[0])


def told_key(settings: EdgeSettings, folder: Path, clock: Clock) -> SealingKey | None:
    """What the centre is told. None: this box takes no selfies; nor where its disk fails, which must not cost the rest
    of what it tells."""
    if not settings.selfies:
        return None
    try:
        return SealingKeys(folder, clock).current()
    except OSError:
        log.exception("no sealing key")
        return None
