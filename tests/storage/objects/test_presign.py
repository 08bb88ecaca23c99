"""Leave to put one object: what a store lets somebody do who has nothing but the signed address."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr

from config.clock import ManualClock, SystemClock
from storage.objects.presign import PresignedPut, Presigner, object_url, presigned
from storage.objects.s3 import Bucket, S3ObjectStore
from tests.support.seaweed import Seaweed

CLIP = b"a clip" * 1000
NAME = hashlib.sha256(CLIP).hexdigest()
KEY = "clips/a.mp4"
VALID = timedelta(minutes=15)


@pytest.fixture
def bucket(seaweed: Seaweed) -> Bucket:
    return seaweed.bucket(lock_days=2)


def leave(bucket: Bucket) -> PresignedPut:
    return Presigner(bucket, SystemClock()).put(KEY, len(CLIP), NAME, VALID)


def send(put: PresignedPut, content: bytes = CLIP, **headers: str) -> int:
    return httpx.put(put.url, content=content, headers={**put.headers, **headers}, timeout=20).status_code


def test_the_signature_is_that_of_the_published_example() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""
    secret = SecretStr("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    bucket = Bucket("examplebucket", "AKIAIOSFODNN7EXAMPLE", secret, "us-east-1")
    address, at = "https://examplebucket.s3.amazonaws.com/test.txt", datetime(2013, 5, 24, tzinfo=UTC)
    url = presigned("GET", address, {}, bucket, at, timedelta(days=1))
    assert url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize(
    ("endpoint", "path_style", "url"),
    [
        (None, True, "https://s3.eu-west-1.amazonaws.com/clips/k.mp4"),
        (None, False, "https://clips.s3.eu-west-1.amazonaws.com/k.mp4"),
        ("https://store.example:8333", True, "https://store.example:8333/clips/k.mp4"),
        ("https://store.example/s3", True, "https://store.example/s3/clips/k.mp4"),
        ("https://store.example:8333", False, "https://clips.store.example:8333/k.mp4"),
    ],
)
def test_the_address_of_an_object(endpoint: str | None, path_style: bool, url: str) -> None:
    bucket = Bucket("clips", "me", SecretStr("secret"), "eu-west-1", endpoint, path_style)
    assert object_url(bucket, "k.mp4") == url


def test_it_creates_the_one_object_locked_by_the_bucket(bucket: Bucket) -> None:
    put = leave(bucket)
    assert send(put) == 200
    stored = S3ObjectStore(bucket).head(KEY)
    assert stored is not None and stored.size == len(CLIP) and stored.locked_until is not None
    assert send(put) == 412, "created once, never replaced"


def test_other_bytes_another_length_or_no_condition_are_refused(bucket: Bucket) -> None:
    put = leave(bucket)
    assert send(put, b"other!" * 1000) == 400
    assert send(put, CLIP + b"x", **{"content-length": str(len(CLIP) + 1)}) == 403
    assert send(put, **{"if-none-match": '"x"'}) == 403
    assert httpx.put(put.url, content=CLIP, timeout=20).status_code == 403
    assert httpx.put(put.url.replace(KEY, "clips/b.mp4"), content=CLIP, headers=put.headers).status_code == 403
    assert httpx.delete(put.url, timeout=20).status_code == 403
    assert S3ObjectStore(bucket).head(KEY) is None


def test_an_hour_later_it_is_worth_nothing(bucket: Bucket) -> None:
    before = ManualClock(datetime.now(UTC) - timedelta(hours=1))
    put = Presigner(bucket, before).put(KEY, len(CLIP), NAME, VALID)
    assert put.expires_at < datetime.now(UTC)
    assert send(put) == 403
    assert S3ObjectStore(bucket).head(KEY) is None


def test_neither_the_secret_nor_the_address_is_in_what_may_be_logged(bucket: Bucket) -> None:
    put = leave(bucket)
    assert bucket.secret_access_key.get_secret_value() not in put.url
    assert "X-Amz-Signature" not in repr(put)
