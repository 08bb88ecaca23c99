"""Who may open one more line of live pictures: a page within its person's share, a handshake of a box once."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from config.errors import LessonProofError

PAGES_MAX = 8  # of one person
REMEMBERED_MAX = 20_000
"""A signature is believed for minutes only (`supervisor.requests`); that many lines are not opened in that time."""


@dataclass
class Turnstile:
    """Of one centre's process; only its event loop comes here."""

    _pages: Counter[UUID] = field(default_factory=Counter)
    _handshakes: OrderedDict[str, None] = field(default_factory=OrderedDict)

    @contextmanager
    def page(self, account_id: UUID) -> Iterator[None]:
        """Raises LessonProofError TOO_MANY_TRIES (429)."""
        if self._pages[account_id] >= PAGES_MAX:
            raise too_many()
        self._pages[account_id] += 1
        try:
            yield
        finally:
            self._pages[account_id] -= 1
            if not self._pages[account_id]:
                del self._pages[account_id]

    def once(self, signature: str) -> None:
        """Who copied a handshake cannot take the box's place with it. Raises LessonProofError SIGNATURE_INVALID."""
        if signature in self._handshakes:
            raise LessonProofError(
                "SIGNATURE_INVALID", status=401, zh="握手已使用过", en="this handshake was used before"
            )
        self._handshakes[signature] = None
        while len(self._handshakes) > REMEMBERED_MAX:
            self._handshakes.popitem(last=False)


def too_many() -> LessonProofError:
    return LessonProofError(
        "TOO_MANY_TRIES", status=429, zh="打开的实时画面页面过多", en="too many live pages are open, or too many wishes"
    )
