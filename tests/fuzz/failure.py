"""What a fuzz run found: the seed brings it back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    seed: int
    what: str


class _Errors(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(self.format(record))


@contextmanager
def errors_logged() -> Iterator[list[str]]:
    """What the practice camera logs as an error: a connection that failed by surprise is one."""
    said: list[str] = []
    handler = _Errors(said)
    watched = [logging.getLogger("device_adapters"), logging.getLogger("asyncio")]
    for logger in watched:
        logger.addHandler(handler)
    try:
        yield said
    finally:
        for logger in watched:
            logger.removeHandler(handler)
