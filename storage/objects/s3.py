"""Objects in an S3 bucket, through obstore.

What the store says is not believed: the digest is checked here before a byte leaves, and a HEAD follows each put.
One put is one request with `If-None-Match: *`, never a multipart upload: only so the creation is atomic everywhere, and
Ceph 16 silently drops Object Lock from multipart uploads. Object Lock itself is the bucket's default retention, which
the store applies to whatever arrives; the HEAD shows whether it did.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import SecretStr

from config.errors import LessonProofError
from storage.objects.interface import ObjectInfo, away, check_digest, checked_key, exists, not_found
from storage.objects.lifecycle import deleting_rules

if TYPE_CHECKING:
    from obstore.store import S3Config

PIECE_BYTES = 4 * 1024 * 1024  # of one ranged request, so that a slow reader holds no connection open
CALL_LIMIT = timedelta(seconds=30)
SLOWEST_PUT = 1024 * 1024  # bytes/s; a put that is slower is given up and repeated later
_SIGNED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where and as whom. `path_style`: bucket in the path, not in the host name, as most stores of one's own want it.
    `endpoint` None: Amazon's for `region`."""

    name: str
    access_key_id: str
    secret_access_key: SecretStr
    region: str
    endpoint: str | None = None
    path_style: bool = True


class S3ObjectStore:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._store = _connect(bucket, CALL_LIMIT)
        self._http = httpx.Client(timeout=CALL_LIMIT.total_seconds())

    def put(self, key: str, source: Path, sha256: str) -> ObjectInfo:
        path = checked_key(key)
        check_digest(source, sha256)
        size = source.stat().st_size
        patient = _connect(self._bucket, CALL_LIMIT + timedelta(seconds=size / SLOWEST_PUT))
        with _errors():
            try:
                obstore.put(patient, path, _mapped(source), mode="create")
            except AlreadyExistsError:
                self._check_same(key, sha256, size)
        stored = self.head(key)
        if stored is None or stored.size != size:
            raise away(f"{0 if stored is None else stored.size} of {size} bytes are there after the put")
        source.unlink()
        return stored

    def get_range(self, key: str, start: int, length: int) -> Iterator[bytes]:
        stored = self.head(key)
        if stored is None:
            raise not_found()
        return self._pieces(key, start, min(start + length, stored.size))

    def head(self, key: str) -> ObjectInfo | None:
        """Object Lock is in the answer's headers, which obstore does not show: so its signature, and our own call."""
        with _errors():
            url = obstore.sign(self._store, "HEAD", checked_key(key), _SIGNED_FOR)
            answer = self._http.head(url)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise _refused()
        if not answer.is_success:
            raise away(f"HTTP {answer.status_code}")
        return ObjectInfo(key, int(answer.headers["Content-Length"]), _locked_until(answer.headers))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """S3 lists in order of keys. A prefix ends anywhere in a key here, but in obstore at a `/` only."""
        folder = prefix.rpartition("/")[0]
        with _errors():
            for page in obstore.list(self._store, prefix=folder or None):
                for one in page:
                    if one["path"].startswith(prefix):
                        yield ObjectInfo(one["path"], one["size"])

    def delete(self, key: str) -> None:
        with _errors():
            try:
                obstore.delete(self._store, checked_key(key))
            except FileNotFoundError:
                return

    def deletes_by_itself(self, prefix: str) -> tuple[str, ...]:
        """obstore has no call for it. But what it signs is an address with its query, and an endpoint may have one."""
        base = self._bucket.endpoint or f"https://s3.{self._bucket.region}.amazonaws.com"
        scheme, _, host = base.partition("://")
        name = self._bucket.name
        place = f"{base}/{name}" if self._bucket.path_style else f"{scheme}://{name}.{host}/"
        asking = replace(self._bucket, endpoint=f"{place}?lifecycle&x=", path_style=False)
        with _errors():
            answer = self._http.get(obstore.sign(_connect(asking, CALL_LIMIT), "GET", "x", _SIGNED_FOR))
        if answer.status_code == httpx.codes.NOT_FOUND and b"NoSuchLifecycleConfiguration" in answer.content:
            return ()
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise _refused()
        if not answer.is_success:
            raise away(f"HTTP {answer.status_code}")
        return deleting_rules(answer.content, prefix)

    def _pieces(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            length = min(PIECE_BYTES, stop - start)
            with _errors():
                piece = bytes(obstore.get_range(self._store, key, start=start, length=length))
            if len(piece) != length:
                raise away(f"{len(piece)} of {length} bytes came")
            yield piece
            start += length

    def _check_same(self, key: str, sha256: str, size: int) -> None:
        """Read back whole: who came first may have been ourselves, or somebody with other bytes."""
        digest = hashlib.sha256()
        for piece in self.get_range(key, 0, size + 1):
            digest.update(piece)
        if digest.hexdigest() != sha256:
            raise exists()


def _connect(bucket: Bucket, limit: timedelta) -> S3Store:
    config: S3Config = {
        "access_key_id": bucket.access_key_id,
        "secret_access_key": bucket.secret_access_key.get_secret_value(),
        "region": bucket.region,
        "virtual_hosted_style_request": not bucket.path_style,
        "checksum_algorithm": "SHA256",
        "conditional_put": "etag",
    }
    if bucket.endpoint is not None:
        config["endpoint"] = bucket.endpoint
    return S3Store(
        bucket.name,
        config=config,
        client_options={
            "timeout": limit,
            "connect_timeout": timedelta(seconds=5),
            "allow_http": (bucket.endpoint or "").startswith("http://"),
        },
        retry_config={"max_retries": 2, "retry_timeout": limit},
    )


def _mapped(source: Path) -> mmap.mmap | bytes:
    """The file's bytes without a copy of them in memory (an empty file cannot be mapped). Whoever puts a file keeps
    others from shortening it meanwhile: a mapped page that is gone ends the process."""
    with source.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if source.stat().st_size else b""


def _locked_until(headers: httpx.Headers) -> datetime | None:
    """Only COMPLIANCE counts: GOVERNANCE can be lifted by whoever has the right to."""
    until = headers.get("x-amz-object-lock-retain-until-date")
    if headers.get("x-amz-object-lock-mode") != "COMPLIANCE" or until is None:
        return None
    try:
        return datetime.fromisoformat(until).astimezone(UTC)
    except ValueError:
        return None


@contextmanager
def _errors() -> Iterator[None]:
    """obstore's texts may name the address and the request's headers: only the kind of error goes on."""
    try:
        yield
    except FileNotFoundError:
        raise not_found() from None
    except (PermissionDeniedError, UnauthenticatedError):
        raise _refused() from None
    except (BaseError, httpx.HTTPError) as error:
        raise away(type(error).__name__) from None


def _refused() -> LessonProofError:
    return LessonProofError(
        "ARCHIVE_REFUSED",
        status=503,
        zh="归档存储拒绝访问:请检查密钥和存储桶权限",
        en="the archive refuses access: check the keys and the rights on the bucket",
    )
