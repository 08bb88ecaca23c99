"""Log lines on standard error: sober text for people, or one JSON object a line for machines. Never a secret: every
line of either kind goes through `redacted`, with its arguments and its traceback."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from device_adapters.cameras.address import redact

JSON_LOG = "--json-log"
"""The word by which a child process is told to log as its parent does."""

# Up to the *last* @ of the word: a password may itself hold /, ?, # or @; better to hide too much than too little.
_USERINFO = re.compile(r"(://)\S*@")
_SHORTEST = 3  # a shorter password would blank every other word; in a URL it is hidden all the same


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without user and password of any URL in it, without credentials in queries, and without each of
    `secrets`, plain or percent-encoded."""
    forms = {form for secret in secrets for form in (secret, quote(secret, safe="")) if len(secret) >= _SHORTEST}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "***")
    return redact(_USERINFO.sub(r"\1***@", text))


class TextLines(logging.Formatter):
    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record), self._secrets)


class JsonLines(logging.Formatter):
    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Redacted before it is encoded: JSON's escapes would hide a secret from us and not from a reader."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage(), self._secrets),
        }
        if record.exc_info:
            line["trace"] = redacted(self.formatException(record.exc_info), self._secrets)
        return json.dumps(line, ensure_ascii=False)


def set_up(*, as_json: bool, level: int = logging.INFO, secrets: Iterable[str] = ()) -> None:
    """Configure the root logger of this process; called once, by the command. `secrets`: passwords known to it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets) if as_json else TextLines(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "http_message_signatures", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def is_json() -> bool:
    """Whether this process was set up so, and its children should be."""
    return any(isinstance(handler.formatter, JsonLines) for handler in logging.getLogger().handlers)


def passwords(urls: Iterable[str]) -> list[str]:
    """The passwords in camera URLs, as they are written there; URLs nobody can parse have theirs too."""
    found = []
    for url in urls:
        userinfo, at, _ = url.partition("://")[2].rpartition("@")
        if at and ":" in userinfo:
            found.append(userinfo.partition(":")[2])
    return found
