"""The bundle of a lesson hour: one zip that proves itself. Here are its names and its safe opening, and those of a
class archive, a zip of bundles; docs/bundle.md and docs/class-archive.md have the formats, `supervisor.verifier` the
checks.

A bundle comes from anybody. Nothing in it is unpacked under a name of its own, and what it claims of its sizes is
bounded before a byte is read.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from config.errors import LessonProofError

FORMAT = "lessonproof/bundle/1"
HEAD = "bundle.json"
EVIDENCE = "evidence.json"
VERDICT = "verdict.json"
PROFILE = "profile.json"
PAGE = "index.html"
SHOWN = (EVIDENCE, VERDICT, PROFILE, PAGE)
"""Made for people and for other programs; the entry of the export in the centre's log names their hashes."""

ARCHIVE_FORMAT = "lessonproof/class-archive/1"
ARCHIVE_HEAD = "archive.json"
CLASS = "class.json"
SUMS = "SHA256SUMS"
INCLUDED, LEFT_OUT = "included", "left_out"
"""What the entry of an export says of `media`: whether the clips' files went in."""

MOST_FILES = 20_000
MOST_ENTRY = 4 * 1024 * 1024  # bytes of one log entry
MOST_TEXT = 16 * 1024 * 1024  # bytes of one text
MOST_TEXTS = 256 * 1024 * 1024  # of all together
MOST_CLIP = 4 * 1024**3  # of one clip; in a class archive of one bundle, of one file handed in
_PIECE = 1024 * 1024
_NAME = re.compile(
    r"(?P<head>bundle\.json)|(?P<shown>evidence\.json|verdict\.json|profile\.json|index\.html)"
    r"|(?P<large>clips/[0-9a-f]{64}\.mp4)|(?P<logged>(box|centre)/(0|[1-9][0-9]{0,17})\.(json|tlog-proof))"
)
_ARCHIVE_NAME = re.compile(
    r"(?P<head>archive\.json)|(?P<shown>class\.json|lesson_hours\.csv|attendance\.csv|index\.html)|(?P<sums>SHA256SUMS)"
    r"|(?P<large>lesson-hours/[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{1,3}-[0-9a-f-]{36}\.zip"
    r"|files/[0-9a-f]{64}\.(pdf|jpeg|png))"
    r"|(?P<logged>centre/(0|[1-9][0-9]{0,17})\.(json|tlog-proof))"
)


def clip_name(sha256: str) -> str:
    return f"clips/{sha256}.mp4"


def packed_name(day: str, slot: int, lesson_hour_id: str) -> str:
    """Of a lesson hour's bundle in a class archive. `day`: YYYY-MM-DD."""
    return f"lesson-hours/{day}-{slot}-{lesson_hour_id}.zip"


def file_name(sha256: str, kind: str) -> str:
    """Of a file that somebody handed in, in a class archive. `kind`: pdf | jpeg | png."""
    return f"files/{sha256}.{kind}"


def entry_name(log: str, index: int) -> str:
    """`log`: box | centre. The file holds the entry's very bytes: they are the leaf."""
    return f"{log}/{index}.json"


def proof_name(log: str, index: int) -> str:
    """C2SP tlog-proof."""
    return f"{log}/{index}.tlog-proof"


def sums(digests: Mapping[str, str]) -> bytes:
    """The text of SHA256SUMS, for `sha256sum -c`: name → SHA-256 of every file but itself."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()) if name != SUMS).encode()


class Bundle:
    """An opened bundle, or class archive, whose names and sizes are in order. `names`: of its files."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._sizes = _checked(archive, _ARCHIVE_NAME if ARCHIVE_HEAD in archive.NameToInfo else _NAME)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._sizes)

    def entries(self, log: str) -> list[int]:
        """Indexes of the entries that the bundle holds of a log (box | centre), ascending."""
        found = (name.removesuffix(".json").split("/") for name in self._sizes if name.endswith(".json"))
        return sorted(int(parts[1]) for parts in found if parts[0] == log and len(parts) == 2)

    def read(self, name: str) -> bytes:
        """Raises LessonProofError BUNDLE_INCOMPLETE, BUNDLE_UNREADABLE."""
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The file's bytes, never more than its size says. Raises as `read`."""
        if name not in self._sizes:
            raise LessonProofError(
                "BUNDLE_INCOMPLETE", status=422, where=name, zh=f"存证包缺少 {name}", en=f"the bundle has no {name}"
            )
        left = self._sizes[name]
        try:
            with self._archive.open(name) as file:
                while piece := file.read(min(_PIECE, left + 1)):
                    left -= len(piece)
                    if left < 0:
                        raise _unreadable(f"{name} is longer than it says")
                    yield piece
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError) as error:
            raise _unreadable(f"{name}: {error}") from None
        except Exception as error:  # zlib.error and whatever other decompressors raise
            if isinstance(error, LessonProofError):
                raise
            raise _unreadable(f"{name}: {error}") from None


@contextmanager
def opened(source: Path | IO[bytes]) -> Iterator[Bundle]:
    """Raises LessonProofError BUNDLE_UNREADABLE, BUNDLE_NAME (a name that no bundle has: path traversal among them),
    BUNDLE_TWICE (two files of one name), BUNDLE_TOO_LARGE (a zip bomb among them)."""
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _unreadable(str(error)) from None
    with archive:
        yield Bundle(archive)


def _checked(archive: zipfile.ZipFile, names: re.Pattern[str]) -> dict[str, int]:
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise _too_large("too many files")
    if sum(info.compress_size for info in infos) > archive.start_dir:
        raise _too_large("files that share bytes")
    sizes: dict[str, int] = {}
    texts = 0
    for info in infos:
        match = names.fullmatch(info.orig_filename)
        if match is None or info.filename != info.orig_filename:
            raise LessonProofError(
                "BUNDLE_NAME",
                status=422,
                where=info.orig_filename[:200],
                zh="存证包中有不该有的文件名",
                en="the bundle holds a name that no bundle has",
            )
        if info.filename in sizes:
            raise LessonProofError(
                "BUNDLE_TWICE",
                status=422,
                where=info.filename,
                zh=f"存证包中有两个 {info.filename}",
                en=f"the bundle holds {info.filename} twice",
            )
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _unreadable(f"{info.filename} is encrypted, or packed in a way that no bundle is")
        if match["large"]:
            if info.file_size > MOST_CLIP or info.compress_type != zipfile.ZIP_STORED:
                raise _too_large(info.filename)
        else:
            texts += info.file_size
            most = MOST_ENTRY if match["logged"] else MOST_TEXT
            if info.file_size > most or texts > MOST_TEXTS:
                raise _too_large(info.filename)
        sizes[info.filename] = info.file_size
    return sizes


def _unreadable(why: str) -> LessonProofError:
    return LessonProofError(
        "BUNDLE_UNREADABLE", status=422, zh="这个文件不是完整的存证包", en=f"not a whole bundle: {why[:200]}"
    )


def _too_large(what: str) -> LessonProofError:
    return LessonProofError(
        "BUNDLE_TOO_LARGE", status=422, where=what, zh="存证包过大,拒绝打开", en="larger than any bundle: not opened"
    )
