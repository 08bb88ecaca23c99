"""HTTP message signatures (RFC 9421) between box and centre: Ed25519, over method, path, query and body digest.

The authority is not covered: phones, boxes and reverse proxies know the centre by different names. A signature is
made when a request is *sent*, not when its content was made, so a box that was off-line for days signs afresh. A
replayed request is accepted within the five minutes: everything a box sends is idempotent, so a replay changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
)
from http_message_signatures.algorithms import ED25519
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from config.clock import Clock
from config.errors import LessonProofError

MAX_AGE = timedelta(minutes=5)
MAX_SKEW = timedelta(seconds=30)
COVERED = ("@method", "@path", "@query", "content-digest")
LABEL = "lessonproof"


@dataclass(frozen=True, slots=True)
class _Message:
    method: str
    url: str
    headers: Any  # a mutable mapping of strings


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, private: Ed25519PrivateKey | None, public: Callable[[str], Ed25519PublicKey | None]) -> None:
        self._private = private
        self._public = public

    def resolve_private_key(self, key_id: str) -> Any:
        return self._private

    def resolve_public_key(self, key_id: str) -> Any:
        return self._public(key_id)


class _Verifier(HTTPMessageVerifier):
    """The library's verifier asks the operating system for the time; this one asks the clock it was given."""

    def __init__(self, clock: Clock, keys: _Keys) -> None:
        super().__init__(signature_algorithm=ED25519, key_resolver=keys)
        self._clock = clock

    def validate_created_and_expires(self, sig_input: Any, max_age: timedelta | None = None) -> None:
        created: datetime = self._parse_integer_timestamp(  # type: ignore[no-untyped-call]
            sig_input.params.get("created"), field_name="created"
        )
        now = self._clock.now()
        if created > now + MAX_SKEW or created < now - MAX_AGE - MAX_SKEW:
            raise InvalidSignature("the signature is too old, or from the future")


class BoxAuth(httpx.Auth):
    """Signs every request of an httpx client: `httpx.Client(base_url=…, auth=BoxAuth(key, box_id, clock))`.

    Content must be bytes or JSON, never a one-way stream: its digest is in the header.
    """

    requires_request_body = True

    def __init__(self, key: Ed25519PrivateKey, box_id: str, clock: Clock) -> None:
        self._signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Keys(key, lambda _: None))
        self._box_id = box_id
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        headers: dict[str, str] = {}
        self._signer.sign(
            _Message(request.method, str(request.url), headers),
            key_id=self._box_id,
            created=self._clock.now(),
            label=LABEL,
            covered_component_ids=COVERED[:-1],
            body=request.content,  # adds Content-Digest, and covers it
        )
        request.headers.update(headers)
        yield request


def verify_request(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    clock: Clock,
    public_key: Callable[[str], Ed25519PublicKey | None],
) -> str:
    """The box id (keyid) whose key signed this request. `url` is absolute; `public_key` answers None for an unknown
    box.

    Raises LessonProofError SIGNATURE_INVALID (401), the same for every cause: who guesses learns nothing.
    """
    verifier = _Verifier(clock, _Keys(None, public_key))
    try:
        results = verifier.verify(_Message(method, url, headers), require_components=COVERED, body=body)
    except HTTPMessageSignaturesException:
        results = []
    if len(results) != 1:
        raise LessonProofError(
            "SIGNATURE_INVALID",
            status=401,
            zh="请求签名无效:盒子未登记,所用密钥不是当前密钥,或时钟相差超过 5 分钟",
            en="invalid request signature: unknown box, not its key now, or a clock that is off by more than 5 minutes",
        )
    return str(results[0].parameters["keyid"])


def public_key_text(key: Ed25519PrivateKey) -> str:
    """The public half as `EnrolRequest.public_key` wants it: 32 bytes in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def parse_public_key(text: str) -> Ed25519PublicKey:
    """Raises LessonProofError PUBLIC_KEY_INVALID (422)."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error):
        raise LessonProofError(
            "PUBLIC_KEY_INVALID",
            status=422,
            where="/public_key",
            zh="公钥不是 base64 编码的 32 字节 Ed25519 公钥",
            en="the public key is not a base64 Ed25519 key of 32 bytes",
        ) from None
