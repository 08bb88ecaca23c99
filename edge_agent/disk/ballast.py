"""A file that is worth nothing, so that the box still can write when the disk is full: SQLite cannot even delete a row
then. It is given up first and made again when there is room."""

from __future__ import annotations

import logging
import os
from pathlib import Path

_LOG = logging.getLogger(__name__)
SIZE = 64 * 1024 * 1024


class Ballast:
    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self.size = size

    @property
    def there(self) -> bool:
        return self._path.is_file() and self._path.stat().st_size == self.size

    def make(self) -> bool:
        """Really taken from the disk, not sparse. False: there was no room after all."""
        if self.there:
            return True
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)
        return True

    def give_up(self) -> bool:
        """False: it was given up already."""
        if not self._path.exists():
            return False
        self._path.unlink(missing_ok=True)
        _LOG.error("ALARM the disk is full: the ballast was given up so that the index and the log can be written")
        return True
