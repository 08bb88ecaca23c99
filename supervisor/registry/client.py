"""The port to the registry, and the adapters: HTTP, sheets in a folder, none."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol
from urllib.parse import quote

import httpx
from openpyxl import Workbook

from config.settings import CentreSettings, RegistrySettings
from supervisor.registry.mapping import Mapping, load_mapping

WORDS_MAX = 500
_AGAIN = frozenset({401, 403, 408, 425, 429})
"""Of the registry's door or its load, not of the message: tried again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message as it leaves: `fields` by our names, with the name and ID number in clear."""

    key: str
    kind: str
    subject: str
    n: int
    event_at: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one message. `handed`: put where a person carries it on; its acknowledgement comes later."""

    key: str
    outcome: Literal["acknowledged", "refused", "again", "handed"]
    ref: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the registry has: `fields` by its own codes."""

    key: str
    kind: str
    subject: str
    fields: dict[str, Any]


class RegistryAway(Exception):
    """The registry could not be asked."""


class RegistryClient(Protocol):
    in_line: bool
    """Whether several messages of one subject may be in a batch, in their order."""

    def push(self, batch: Sequence[Outgoing]) -> list[Pushed]:
        """One answer a message, in the order of `batch`. Never raises for the registry's sake."""

    def fetch_day(self, day: date) -> Iterator[Held]:
        """Everything the registry has of a day. Raises RegistryAway."""


class HttpRegistryClient:
    """JSON over HTTP. Names are resolved and connected to only for the configured address; redirects are refused."""

    in_line = False

    def __init__(self, settings: RegistrySettings, mapping: Mapping) -> None:
        assert settings.base_url is not None
        assert settings.token is not None
        self._settings = settings
        self._mapping = mapping
        self._base = str(settings.base_url).rstrip("/")
        self._headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}

    def push(self, batch: Sequence[Outgoing]) -> list[Pushed]:
        results: list[Pushed] = []
        away: str | None = None
        with self._client() as client:
            for message in batch:
                if away is None:
                    result, away = self._push_one(client, message)
                    results.append(result)
                else:  # it was just found away: the others need not find out each for itself
                    results.append(Pushed(message.key, "again", words=away))
        return results

    def fetch_day(self, day: date) -> Iterator[Held]:
        after = ""
        with self._client() as client:
            while True:
                path = f"/days/{day.isoformat()}?after={quote(after)}"
                try:
                    status, answer = self._exchange(client, "GET", path)
                    if status != 200:
                        raise RegistryAway(f"HTTP {status}")
                    rows = [Held(one["key"], one["kind"], one["subject"], one["fields"]) for one in answer["messages"]]
                    following = answer["next"]
                except (KeyError, TypeError):
                    raise RegistryAway("not an answer of a registry") from None
                yield from rows
                if following is None:
                    return
                if not isinstance(following, str) or following <= after:  # it would go on for ever
                    raise RegistryAway("pages that do not go on")
                after = following

    def _push_one(self, client: httpx.Client, message: Outgoing) -> tuple[Pushed, str | None]:
        body = {
            "key": message.key,
            "kind": message.kind,
            "subject": message.subject,
            "n": message.n,
            "event_at": message.event_at,
            "fields": self._mapping.coded(message.kind, message.fields),
        }
        try:
            status, answer = self._exchange(
                client, "POST", "/messages", content=json.dumps(body), key={"Idempotency-Key": message.key}
            )
        except RegistryAway as error:
            return Pushed(message.key, "again", words=str(error)), str(error)
        if 200 <= status < 300 and isinstance(answer, dict) and answer.get("ref"):
            return Pushed(message.key, "acknowledged", ref=str(answer["ref"])[:128]), None
        if 400 <= status < 500 and status not in _AGAIN:
            said = answer.get("words") if isinstance(answer, dict) else None
            words = _without_person(str(said or f"HTTP {status}"), message)
            return Pushed(message.key, "refused", words=words), None
        away = f"HTTP {status}" if status >= 300 else "HTTP 2xx without a receipt"
        return Pushed(message.key, "again", words=away), away

    def _client(self) -> httpx.Client:
        return httpx.Client(headers=self._headers, timeout=self._settings.timeout_s, follow_redirects=False)

    def _exchange(
        self,
        client: httpx.Client,
        method: str,
        path: str,
        content: str | None = None,
        key: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and JSON (None when it is none). One deadline for the whole answer, one bound for its size."""
        ends = time.monotonic() + self._settings.timeout_s
        headers = {"Content-Type": "application/json"} | (key or {})
        taken = bytearray()
        try:
            with client.stream(method, self._base + path, content=content, headers=headers) as answer:
                for piece in answer.iter_bytes():
                    taken += piece
                    if len(taken) > self._settings.response_max_bytes:
                        raise RegistryAway("answer too long")
                    if time.monotonic() > ends:
                        raise RegistryAway("time limit")
        except httpx.TimeoutException:
            raise RegistryAway("time limit") from None
        except httpx.HTTPError as error:
            raise RegistryAway(type(error).__name__) from None
        try:
            return answer.status_code, json.loads(bytes(taken))
        except ValueError:
            return answer.status_code, None


class FileRegistryClient:
    """A sheet a kind into a folder; a person carries it over and brings an acknowledgement sheet back."""

    in_line = True

    def __init__(self, settings: RegistrySettings, mapping: Mapping) -> None:
        assert settings.folder is not None
        self._folder = settings.folder
        self._sheet = settings.sheet
        self._mapping = mapping

    def push(self, batch: Sequence[Outgoing]) -> list[Pushed]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for kind in dict.fromkeys(message.kind for message in batch):
                self._write(kind, [message for message in batch if message.kind == kind])
        except OSError as error:
            return [Pushed(message.key, "again", words=type(error).__name__) for message in batch]
        return [Pushed(message.key, "handed") for message in batch]

    def fetch_day(self, day: date) -> Iterator[Held]:
        raise RegistryAway("sheets cannot be asked")

    def _write(self, kind: str, messages: Sequence[Outgoing]) -> None:
        """The same messages always make the same file name: written again, they replace themselves."""
        digest = hashlib.sha256("\n".join(message.key for message in messages).encode()).hexdigest()[:16]
        path = self._folder / f"{kind}-{digest}.{self._sheet}"
        coded = [self._mapping.coded(kind, message.fields) for message in messages]
        heads = [self._mapping.acknowledgement.key, *self._mapping.kinds[kind].values()]
        rows = [
            [message.key, *(_cell(fields.get(code)) for code in heads[1:])]
            for message, fields in zip(messages, coded, strict=True)
        ]
        part = path.with_suffix(".part")
        part.touch(0o600)
        part.write_bytes(_csv(heads, rows) if self._sheet == "csv" else _xlsx(heads, rows))
        part.replace(path)


class NullRegistryClient:
    """Not configured: everything waits."""

    in_line = False

    def push(self, batch: Sequence[Outgoing]) -> list[Pushed]:
        return [Pushed(message.key, "again", words="not configured") for message in batch]

    def fetch_day(self, day: date) -> Iterator[Held]:
        raise RegistryAway("not configured")


def open_client(settings: CentreSettings) -> RegistryClient:
    """The adapter of the settings. Raises LessonProofError REGISTRY_MAPPING."""
    wanted = settings.registry
    if wanted.kind == "none":
        return NullRegistryClient()
    mapping = load_mapping(wanted.mapping)
    return HttpRegistryClient(wanted, mapping) if wanted.kind == "http" else FileRegistryClient(wanted, mapping)


def _without_person(words: str, message: Outgoing) -> str:
    """The registry may repeat the person it refuses; we do not keep that."""
    for name in ("id_number", "name"):
        if message.fields.get(name):
            words = words.replace(str(message.fields[name]), "***")
    return words[:WORDS_MAX]


def _cell(value: Any) -> str:
    """As text; what a spreadsheet would take for a formula is quoted."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _csv(heads: list[str], rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")  # Excel knows UTF-8 by its mark


def _xlsx(heads: list[str], rows: list[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("data")
    for row in [heads, *rows]:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
