"""Witnesses outside (finance bureau, audit office) of the centre's own log: whose key each has, where it listens, and
how it is asked for a cosignature (C2SP tlog-witness).

No database here. An answer counts only if it verifies under the key that the settings name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence

import httpx

from config.errors import LessonProofError
from config.settings import WitnessSettings
from storage.evidence.checkpoint import AddCheckpoint
from storage.evidence.note import COSIGNATURE, LONGEST, Note, SignatureLine, Verifier, parse_lines, parse_vkey
from storage.evidence.witness import Fork, Rollback

log = logging.getLogger(__name__)

Answer = SignatureLine | LessonProofError
"""A verified cosignature; or Rollback (409), Fork (422), WITNESS_UNREACHABLE, WITNESS_REFUSED, COSIGNATURE_INVALID."""


class OutsideWitness:
    """`url`: submission prefix without a trailing slash."""

    def __init__(self, verifier: Verifier, url: str) -> None:
        self.verifier = verifier
        self.url = url
        self._trouble: str | None = None

    @property
    def name(self) -> str:
        return self.verifier.name

    def say(self, trouble: LessonProofError | None) -> None:
        """What is wrong with it now goes into the process's log when it begins, and when it is over."""
        code = None if trouble is None else trouble.code
        if code != self._trouble:
            if trouble is None:
                log.info("outside witness %s cosigns again", self.name)
            else:
                log.warning("outside witness %s at %s: %s", self.name, self.url, trouble.en)
        self._trouble = code


def configured(settings: Sequence[WitnessSettings], own: Collection[bytes]) -> tuple[OutsideWitness, ...]:
    """`own`: public keys of the centre itself, whose word proves nothing about the centre. Raises LessonProofError
    SETTINGS_INVALID."""
    witnesses: dict[bytes, OutsideWitness] = {}
    for number, one in enumerate(settings):
        where = f"witnesses.{number}.vkey"
        try:
            verifier = parse_vkey(one.vkey)
        except LessonProofError as error:
            raise _setting(where, error.zh, error.en) from None
        if verifier.kind != COSIGNATURE:
            raise _setting(where, "不是见证密钥(类型 0x04)", "not a witness's key (type 0x04)")
        if verifier.public_key in own:
            raise _setting(where, "这是本中心自己的密钥", "this is the centre's own key")
        if verifier.public_key in witnesses:
            raise _setting(where, "该见证方已配置过", "this witness is configured twice")
        witnesses[verifier.public_key] = OutsideWitness(verifier, str(one.url).rstrip("/"))
    return tuple(witnesses.values())


def ask_all(requests: Mapping[OutsideWitness, AddCheckpoint], within_s: float) -> dict[OutsideWitness, Answer]:
    """All at once, so that nobody waits for who is slow. Not to be called from a coroutine."""

    async def ask(client: httpx.AsyncClient, witness: OutsideWitness) -> SignatureLine:
        async with asyncio.timeout(within_s):
            return await _cosignature(client, witness, requests[witness])

    async def ask_each() -> list[SignatureLine | BaseException]:
        async with httpx.AsyncClient(timeout=within_s, headers={"Accept-Encoding": "identity"}) as client:
            return await asyncio.gather(*(ask(client, witness) for witness in requests), return_exceptions=True)

    return {witness: _answer(one) for witness, one in zip(requests, asyncio.run(ask_each()), strict=True)}


def _answer(outcome: SignatureLine | BaseException) -> Answer:
    """Whatever goes wrong with one of them is its own affair."""
    if isinstance(outcome, SignatureLine | LessonProofError):
        return outcome
    if not isinstance(outcome, Exception):
        raise outcome
    what = type(outcome).__name__
    return LessonProofError("WITNESS_UNREACHABLE", status=503, zh=f"无法连接({what})", en=f"cannot be reached ({what})")


async def _cosignature(client: httpx.AsyncClient, witness: OutsideWitness, request: AddCheckpoint) -> SignatureLine:
    body = b""
    async with client.stream("POST", f"{witness.url}/add-checkpoint", content=str(request).encode()) as answer:
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > LONGEST:
                raise _invalid()
    if answer.status_code == httpx.codes.CONFLICT:
        raise Rollback(_size(body, request.old_size))
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        raise Fork(request.old_size)
    if answer.status_code != httpx.codes.OK:
        status = answer.status_code
        raise LessonProofError(
            "WITNESS_REFUSED",
            status=502,
            zh=f"拒绝见证(HTTP {status}):它是否配置了本日志的密钥?",
            en=f"refuses (HTTP {status}): was it given the key of this log?",
        )
    try:
        lines = witness.verifier.lines_in(Note(request.note.text, parse_lines(body.decode())))[:1]
    except ValueError:
        raise _invalid() from None
    if not witness.verifier.cosigned(Note(request.note.text, tuple(lines))):
        raise _invalid()
    return lines[0]  # one is enough: further ones, however many, would only swell the note


def _size(body: bytes, old_size: int) -> int:
    """What it cosigned last, as told with 409: something else than what was asked for."""
    digits = body.strip()
    if not digits.isdigit() or len(digits) > 15 or int(digits) == old_size:
        raise _invalid()
    return int(digits)


def _invalid() -> LessonProofError:
    return LessonProofError(
        "COSIGNATURE_INVALID",
        status=502,
        zh="回答不是其密钥的有效见证签名",
        en="its answer is no valid cosignature by the key in the settings",
    )


def _setting(where: str, zh: str, en: str) -> LessonProofError:
    return LessonProofError("SETTINGS_INVALID", zh=f"配置项 {where}:{zh}", en=f"setting {where}: {en}", where=where)
