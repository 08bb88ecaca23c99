"""What only a bucket has: Object Lock, refused keys, a server that dies in the middle of a put."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config.errors import LessonProofError
from storage.objects.s3 import S3ObjectStore
from tests.support.seaweed import SECRET, Seaweed

CLIP = b"a clip" * 1000
NAME = hashlib.sha256(CLIP).hexdigest()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    source = tmp_path / "clip.part"
    source.write_bytes(CLIP)
    return source


def test_a_bucket_with_object_lock_keeps_the_version_whoever_asks(seaweed: Seaweed, clip: Path) -> None:
    bucket = seaweed.bucket(lock_days=2)
    store = S3ObjectStore(bucket)
    stored = store.put("clips/locked.mp4", clip, NAME)
    assert stored.locked_until is not None
    assert timedelta(days=1) < stored.locked_until - datetime.now(UTC) <= timedelta(days=2)
    assert seaweed.delete_version(bucket, "clips/locked.mp4").status_code == 403
    assert b"".join(store.get_range("clips/locked.mp4", 0, len(CLIP))) == CLIP


def test_without_object_lock_nothing_claims_that_there_is_one(seaweed: Seaweed, clip: Path) -> None:
    bucket = seaweed.bucket()
    assert S3ObjectStore(bucket).put("clips/free.mp4", clip, NAME).locked_until is None
    assert seaweed.delete_version(bucket, "clips/free.mp4").is_success


def test_a_wrong_secret_is_refused_and_the_error_does_not_repeat_it(seaweed: Seaweed, clip: Path) -> None:
    wrong = "not-the-secret-at-all"
    store = S3ObjectStore(replace(seaweed.bucket(), secret_access_key=SecretStr(wrong)))
    with pytest.raises(LessonProofError, match="ARCHIVE_REFUSED") as refused:
        store.put("clips/a", clip, NAME)
    assert clip.exists()
    assert refused.value.__cause__ is None
    with pytest.raises(LessonProofError, match="ARCHIVE_REFUSED"):
        store.head("clips/a")
    for text in (str(refused.value), repr(refused.value), repr(seaweed.bucket())):
        assert wrong not in text
        assert SECRET not in text


def test_a_bucket_that_does_not_exist_is_an_error_and_not_an_empty_archive(seaweed: Seaweed, clip: Path) -> None:
    store = S3ObjectStore(replace(seaweed.bucket(), name="never-made"))
    with pytest.raises(LessonProofError, match=r"ARCHIVE_AWAY|OBJECT_NOT_FOUND"):
        store.put("clips/a", clip, NAME)
    assert clip.exists()


@pytest.mark.story
def test_a_server_killed_in_the_middle_of_a_put_costs_a_retry_and_nothing_else(
    own_seaweed: Seaweed, tmp_path: Path
) -> None:
    content = hashlib.sha512(b"x").digest() * (96 * 1024 * 1024 // 64)
    name = hashlib.sha256(content).hexdigest()
    source = tmp_path / "clip.part"
    source.write_bytes(content)
    store = S3ObjectStore(own_seaweed.bucket())
    killer = threading.Timer(0.35, own_seaweed.kill)
    killer.start()
    with pytest.raises(LessonProofError, match="ARCHIVE_AWAY"):
        store.put("clips/killed.mp4", source, name)
    killer.join()
    assert source.stat().st_size == len(content)
    own_seaweed.start()
    assert store.put("clips/killed.mp4", source, name).size == len(content)
    digest = hashlib.sha256()
    for piece in store.get_range("clips/killed.mp4", 0, len(content)):
        digest.update(piece)
    assert digest.hexdigest() == name
    assert [one.key for one in store.list()] == ["clips/killed.mp4"]
    assert not source.exists()
