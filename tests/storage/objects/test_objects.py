"""One suite for both stores: what holds on the disk holds in a bucket of a real S3 server."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.errors import LessonProofError
from storage.objects import LocalObjectStore, ObjectInfo, ObjectStore
from storage.objects.interface import checked_key
from storage.objects.s3 import PIECE_BYTES, S3ObjectStore


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "local":
        return LocalObjectStore(tmp_path / "objects")
    return S3ObjectStore(request.getfixturevalue("seaweed").bucket())


def put(store: ObjectStore, key: str, content: bytes, folder: Path) -> ObjectInfo:
    source = folder / f"source-{hashlib.sha256(key.encode() + content).hexdigest()}"
    source.write_bytes(content)
    return store.put(key, source, hashlib.sha256(content).hexdigest())


def read(store: ObjectStore, key: str, start: int = 0, length: int = 1 << 40) -> bytes:
    return b"".join(store.get_range(key, start, length))


def test_an_object_is_taken_over_and_read_back_by_range(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    content = bytes(range(256)) * 2048
    source.write_bytes(content)
    info = store.put("clips/ab/abcd.mp4", source, hashlib.sha256(content).hexdigest())
    assert (info.key, info.size) == ("clips/ab/abcd.mp4", 524288)
    assert not source.exists()
    assert read(store, "clips/ab/abcd.mp4", 255, 3) == b"\xff\x00\x01"
    assert read(store, "clips/ab/abcd.mp4", 0, 524288) == content
    assert read(store, "clips/ab/abcd.mp4", 524280, 100) == bytes(range(248, 256))
    assert read(store, "clips/ab/abcd.mp4", 524288, 1) == b""


def test_an_object_longer_than_one_piece_comes_back_whole(store: ObjectStore, tmp_path: Path) -> None:
    content = hashlib.sha256(b"seed").digest() * (PIECE_BYTES // 32 * 2) + b"tail"
    put(store, "clips/long.mp4", content, tmp_path)
    assert read(store, "clips/long.mp4") == content
    assert (
        read(store, "clips/long.mp4", PIECE_BYTES - 1, PIECE_BYTES + 2) == content[PIECE_BYTES - 1 :][: PIECE_BYTES + 2]
    )


def test_an_empty_object_is_an_object(store: ObjectStore, tmp_path: Path) -> None:
    assert put(store, "clips/empty", b"", tmp_path).size == 0
    assert read(store, "clips/empty") == b""
    assert store.head("clips/empty") == ObjectInfo("clips/empty", 0)


def test_head_list_and_delete_agree(store: ObjectStore, tmp_path: Path) -> None:
    for name in ("b", "a"):
        put(store, f"clips/{name}", name.encode(), tmp_path)
    assert [(item.key, item.size) for item in store.list("clips/")] == [("clips/a", 1), ("clips/b", 1)]
    assert [item.key for item in store.list("clips/b")] == ["clips/b"]
    assert [item.key for item in store.list("cl")] == ["clips/a", "clips/b"]
    store.delete("clips/a")
    store.delete("clips/a")
    assert store.head("clips/a") is None
    assert store.head("clips/b") == ObjectInfo("clips/b", 1)
    assert list(store.list("other/")) == []


def test_a_missing_object_is_told_before_the_first_byte(store: ObjectStore) -> None:
    with pytest.raises(LessonProofError, match="OBJECT_NOT_FOUND"):
        store.get_range("clips/none", 0, 1)


def test_bytes_that_are_not_those_of_the_digest_are_refused_and_left_where_they_are(
    store: ObjectStore, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"something else")
    with pytest.raises(LessonProofError, match="OBJECT_DIGEST"):
        store.put("clips/a", source, hashlib.sha256(b"something").hexdigest())
    assert source.exists()
    assert store.head("clips/a") is None


def test_the_same_bytes_may_come_again_and_other_bytes_never_replace_them(store: ObjectStore, tmp_path: Path) -> None:
    put(store, "clips/a", b"first", tmp_path)
    assert put(store, "clips/a", b"first", tmp_path).size == 5
    for other in (b"other", b"first and more"):
        with pytest.raises(LessonProofError, match="OBJECT_EXISTS"):
            put(store, "clips/a", other, tmp_path)
    assert read(store, "clips/a") == b"first"


def test_of_sixteen_racers_with_different_bytes_exactly_one_wins(store: ObjectStore, tmp_path: Path) -> None:
    def race(number: int) -> bytes | None:
        content = f"racer {number}".encode()
        try:
            put(store, "clips/race", content, tmp_path)
        except LessonProofError as error:
            assert error.code == "OBJECT_EXISTS"
            return None
        return content

    with ThreadPoolExecutor(16) as pool:
        winners = [content for content in pool.map(race, range(16)) if content is not None]
    assert len(winners) == 1
    assert read(store, "clips/race") == winners[0]


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.hidden", "A", "a\x00b", "a/"])
def test_a_key_cannot_lead_out_of_the_store(key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        checked_key(key)
