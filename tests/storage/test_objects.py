from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import LessonProofError
from storage.objects import LocalObjectStore, ObjectInfo


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "objects")


def test_an_object_is_taken_over_and_read_back_by_range(store: LocalObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(bytes(range(256)) * 2048)
    assert store.put("clips/ab/abcd.mp4", source) == ObjectInfo("clips/ab/abcd.mp4", 524288)
    assert not source.exists()
    assert b"".join(store.get_range("clips/ab/abcd.mp4", 255, 3)) == b"\xff\x00\x01"
    assert len(b"".join(store.get_range("clips/ab/abcd.mp4", 0, 524288))) == 524288
    assert b"".join(store.get_range("clips/ab/abcd.mp4", 524280, 100)) == bytes(range(248, 256))


def test_head_list_and_delete_agree(store: LocalObjectStore, tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).write_bytes(name.encode())
        store.put(f"clips/{name}", tmp_path / name)
    assert [item.key for item in store.list("clips/")] == ["clips/a", "clips/b"]
    store.delete("clips/a")
    store.delete("clips/a")
    assert store.head("clips/a") is None
    assert store.head("clips/b") == ObjectInfo("clips/b", 1)
    assert list(store.list("other/")) == []


def test_a_missing_object_is_told_before_the_first_byte(store: LocalObjectStore) -> None:
    with pytest.raises(LessonProofError, match="OBJECT_NOT_FOUND"):
        store.get_range("clips/none", 0, 1)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/.hidden", "A", "a\x00b", "a/"])
def test_a_key_cannot_lead_out_of_the_folder(store: LocalObjectStore, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        store.path(key)
