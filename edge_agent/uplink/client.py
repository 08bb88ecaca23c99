"""The centre as the box sees it: a dozen calls over HTTP, signed, each with a time limit, every refusal a
LessonProofError.

Nothing here waits, retries or remembers; that is for those who call.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from typing import TypeVar
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import BaseModel, ValidationError

from config.clock import Clock
from config.errors import LessonProofError
from storage.evidence.witness import Rollback
from supervisor.contract.direct import DirectUpload
from supervisor.contract.enrolment import EnrolReply, EnrolRequest
from supervisor.contract.keys import KeyChange, KeyReply
from supervisor.contract.log import LogAppend, LogReceipt
from supervisor.contract.rotating_code import RotatingCodeOut
from supervisor.contract.signing import BoxAuth
from supervisor.contract.state import BoxState
from supervisor.contract.target import TargetState

TIMEOUT = httpx.Timeout(20, connect=5)
Model = TypeVar("Model", bound=BaseModel)
_LARGEST_ANSWER = 32 * 1024 * 1024


class CentreAway(LessonProofError):
    """The centre could not be reached, or says that it cannot answer now. `retry_after_s`: when it wants to be asked
    again.
    """

    def __init__(self, zh: str, en: str, retry_after_s: float | None = None) -> None:
        super().__init__("CENTRE_UNREACHABLE", zh=zh, en=en, status=503)
        self.retry_after_s = retry_after_s


class LogHole(LessonProofError):
    """409: the centre wants entries from `size` on."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "LOG_HOLE",
            zh=f"监管中心要求从第 {size} 条记录开始上传",
            en=f"the centre wants entries from {size}",
            status=409,
        )
        self.size = size


@dataclass(frozen=True, slots=True)
class TargetAnswer:
    """`state` None: nothing changed (304)."""

    state: TargetState | None
    etag: str | None


@dataclass(frozen=True, slots=True)
class UploadState:
    """`offset`: bytes of the clip the centre holds. `direct`: it may go straight into the centre's bucket."""

    offset: int
    complete: bool
    direct: bool = False


class CentreClient:
    """One box's connection to its centre. Close it, or use it as a context manager. Not for several threads at once."""

    def __init__(self, url: str, auth: httpx.Auth | None = None) -> None:
        # A proxy of the site is for the way out; a centre on this very machine is never behind one.
        self._http = httpx.Client(base_url=url, auth=auth, timeout=TIMEOUT, trust_env=not is_loopback(url))
        self.url = url

    @classmethod
    def for_box(cls, url: str, key: Ed25519PrivateKey, box_id: str, clock: Clock) -> CentreClient:
        return cls(url, BoxAuth(key, box_id, clock))

    def sign_with(self, auth: BoxAuth) -> None:
        """From the next call on."""
        self._http.auth = auth

    def __enter__(self) -> CentreClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def enrol(self, request: EnrolRequest) -> EnrolReply:
        """Raises CODE_UNKNOWN, CODE_VOID, CODE_EXPIRED and CODE_USED as the centre says them, and CentreAway."""
        return _parsed(EnrolReply, self._call("POST", "/api/box/enrol", json=request.model_dump(mode="json")))

    def change_key(self, change: KeyChange) -> KeyReply:
        """Raises SIGNATURE_INVALID, KEY_SUPERSEDED, PUBLIC_KEY_TAKEN as the centre says them, and CentreAway."""
        return _parsed(KeyReply, self._call("POST", "/api/box/key", json=change.model_dump(mode="json")))

    def target(self, etag: str | None) -> TargetAnswer:
        headers = {} if etag is None else {"If-None-Match": etag}
        answer = self._call("GET", "/api/box/target", headers=headers, accept={HTTPStatus.NOT_MODIFIED})
        if answer.status_code == HTTPStatus.NOT_MODIFIED:
            return TargetAnswer(None, etag)
        return TargetAnswer(_parsed(TargetState, answer), answer.headers.get("ETag"))

    def append_log(self, batch: LogAppend) -> LogReceipt:
        """Raises LogHole, LOG_FORK, CentreAway."""
        body = batch.model_dump_json().encode()
        answer = self._call("POST", "/api/box/log", content=body, headers={"Content-Type": "application/json"})
        return _parsed(LogReceipt, answer)

    def add_checkpoint(self, body: str) -> str:
        """C2SP tlog-witness: the centre's cosignature lines. Raises Rollback, and whatever else it refuses."""
        answer = self._call("POST", "/witness/add-checkpoint", content=body.encode(), accept={HTTPStatus.CONFLICT})
        if answer.status_code == HTTPStatus.CONFLICT:
            size = answer.text.strip()
            if not (size.isascii() and size.isdecimal()):
                raise _not_the_centre(answer.status_code)
            raise Rollback(int(size))
        return answer.text

    def report(self, state: BoxState) -> None:
        # A centre from before the field refuses it: a box that takes no selfies still tells it all.
        body = state.model_dump_json(exclude={"sealing_key"} if state.sealing_key is None else None).encode()
        self._call("POST", "/api/box/state", content=body, headers={"Content-Type": "application/json"})

    def clip_state(self, sha256: str) -> UploadState | None:
        """None: the centre does not know this clip; its verdict entry has not arrived."""
        return self._held(f"/api/box/clips/{sha256}")

    def send_clip(self, sha256: str, offset: int, chunk: bytes) -> UploadState:
        """An empty chunk at the end asks for the check of what is there.

        Raises UPLOAD_OFFSET (409) and CLIP_DIGEST (422) as the centre says them, and CentreAway.
        """
        return self._send_piece(f"/api/box/clips/{sha256}", offset, chunk)

    def span_state(self, span_id: str) -> UploadState | None:
        """None: the centre does not wait for this span (any more, or not before its log entry)."""
        return self._held(f"/api/box/spans/{span_id}")

    def send_span(self, span_id: str, offset: int, chunk: bytes) -> UploadState:
        """As `send_clip`."""
        return self._send_piece(f"/api/box/spans/{span_id}", offset, chunk)

    def _held(self, path: str) -> UploadState | None:
        answer = self._call("HEAD", path, accept={HTTPStatus.NOT_FOUND})
        return None if answer.status_code == HTTPStatus.NOT_FOUND else _upload_state(answer)

    def _send_piece(self, path: str, offset: int, chunk: bytes) -> UploadState:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        return _upload_state(self._call("PATCH", path, content=chunk, headers=headers))

    def direct_upload(self, sha256: str) -> DirectUpload:
        """Asks for leave to put the clip into the bucket, and for the check of what is there. Raises CentreAway."""
        return _parsed(DirectUpload, self._call("POST", f"/api/box/clips/{sha256}/direct"))

    def rotating_code(self, session_id: UUID) -> RotatingCodeOut:
        """For the classroom's screen. Raises SESSION_NOT_FOUND, ROTATING_CODE_OFF as the centre does, CentreAway."""
        return _parsed(RotatingCodeOut, self._call("GET", f"/api/box/sessions/{session_id}/rotating-code"))

    def selfie(self, selfie_id: UUID) -> bytes:
        """The sealed octets. Raises SELFIE_NOT_FOUND as the centre does (it was replaced or withdrawn), CentreAway."""
        return self._call("GET", f"/api/box/selfies/{selfie_id}").content

    def probe(self) -> httpx.Response:
        """Any answer at all, for `doctor`: status and Date header are looked at. Raises CentreAway."""
        return self._send("GET", "/", headers={})

    def _call(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        accept: frozenset[HTTPStatus] | set[HTTPStatus] = frozenset(),
        content: bytes | None = None,
        json: object = None,
    ) -> httpx.Response:
        answer = self._send(method, path, headers=headers or {}, content=content, json=json)
        if answer.is_success or answer.status_code in accept:
            return answer
        raise _refusal(answer)

    def _send(
        self, method: str, path: str, *, headers: dict[str, str], content: bytes | None = None, json: object = None
    ) -> httpx.Response:
        try:
            with self._http.stream(method, path, headers=headers, content=content, json=json) as answer:
                size = 0
                parts = []
                for part in answer.iter_bytes():
                    size += len(part)
                    if size > _LARGEST_ANSWER:
                        raise _not_the_centre()
                    parts.append(part)
        except httpx.HTTPError as error:
            raise CentreAway(
                zh=f"无法连接监管中心 {self.url}:请检查网络和地址({type(error).__name__})",
                en=f"cannot reach the centre at {self.url}: check the network and the address ({type(error).__name__})",
            ) from None
        except (httpx.InvalidURL, ValueError):
            raise LessonProofError(
                "CENTRE_URL_INVALID", zh=f"监管中心地址不正确:{self.url}", en=f"not a centre address: {self.url}"
            ) from None
        # Iterated bytes are already decoded, so the answer is rebuilt without its transfer and content coding.
        plain = {k: v for k, v in answer.headers.items() if k not in {"content-encoding", "transfer-encoding"}}
        return httpx.Response(answer.status_code, headers=plain, content=b"".join(parts))


def _refusal(answer: httpx.Response) -> LessonProofError:
    """problem+json (RFC 9457) → the same error on this side."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = str(problem.get("code", ""))
    if code == "LOG_HOLE" and isinstance(problem.get("size"), int) and problem["size"] >= 0:
        return LogHole(problem["size"])
    if answer.status_code in {429, 500, 502, 503, 504}:
        return CentreAway(
            zh=f"监管中心暂时不能处理请求(HTTP {answer.status_code})",
            en=f"the centre cannot answer now (HTTP {answer.status_code})",
            retry_after_s=_seconds(answer.headers.get("Retry-After")),
        )
    if not code:
        return _not_the_centre(answer.status_code)
    where = problem.get("where")
    return LessonProofError(
        code,
        zh=str(problem.get("title_zh", code))[:500],
        en=str(problem.get("title", code))[:500],
        status=answer.status_code,
        where=None if where is None else str(where)[:200],
    )


def _parsed(model: type[Model], answer: httpx.Response) -> Model:
    """A newer centre may tell more than this version knows: what is unknown is left out."""
    try:
        return model.model_validate_json(answer.content, extra="ignore")
    except ValidationError:
        raise _not_the_centre(answer.status_code) from None


def _upload_state(answer: httpx.Response) -> UploadState:
    offset = answer.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdecimal()):
        raise _not_the_centre(answer.status_code)
    said = {name: answer.headers.get(f"Upload-{name}") == "?1" for name in ("Complete", "Direct")}
    return UploadState(int(offset), complete=said["Complete"], direct=said["Direct"])


def _not_the_centre(status: int | None = None) -> LessonProofError:
    return LessonProofError(
        "CENTRE_ANSWER_INVALID",
        zh=f"对方的应答不是监管中心的格式(HTTP {status}):请检查地址,以及双方版本是否一致",
        en=f"the answer (HTTP {status}) is not one of a LessonProof centre: check the address, and that versions fit",
        status=502,
    )


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdecimal() else None


def is_loopback(url: str) -> bool:
    try:
        host = httpx.URL(url).host
        return host == "localhost" or ip_address(host).is_loopback
    except (httpx.InvalidURL, ValueError):
        return False
