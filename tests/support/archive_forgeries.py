"""What somebody who has the archive of a class alone does to it, and the failure codes that must name it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from storage.evidence.bundle import ARCHIVE_HEAD, CLASS, PAGE, SUMS, file_name
from tests.support.forger import Files, bomb

PDF = b"%PDF-1.7 a notice"
PNG = b"\x89PNG\r\n\x1a\n a sheet"


def paper(body: bytes, kind: str) -> str:
    return file_name(hashlib.sha256(body).hexdigest(), kind)


def packed(files: Files) -> str:
    (name,) = [name for name in files.data if name.startswith("lesson-hours/")]
    return name


def bundle_swapped_for_a_bomb(files: Files) -> None:
    files.data[packed(files)] = bomb("evidence.json", 64 * 2**20)


def bundle_under_another_lessons_name(files: Files) -> None:
    name = packed(files)
    other = json.loads(files.data[CLASS])["lesson_hours"][1]["id"]
    files.data[f"{name[:-40]}{other}.zip"] = files.data.pop(name)


def bundle_without_its_clip(files: Files) -> None:
    files.data[packed(files)] = repacked(files, lambda inner: inner.data.pop(inner.clip))


def bundle_with_a_bit_flipped_in_its_clip(files: Files) -> None:
    def flip(inner: Files) -> None:
        data = bytearray(inner.data[inner.clip])
        data[len(data) // 2] ^= 1
        inner.data[inner.clip] = bytes(data)

    files.data[packed(files)] = repacked(files, flip)


def paper_altered(files: Files) -> None:
    files.data[paper(PDF, "pdf")] = PDF + b"!"


def papers_swapped(files: Files) -> None:
    first, second = paper(PDF, "pdf"), paper(PNG, "png")
    files.data[first], files.data[second] = files.data[second], files.data[first]


def paper_removed(files: Files) -> None:
    del files.data[paper(PNG, "png")]


def paper_added(files: Files) -> None:
    files.data[paper(b"%PDF-1.7", "pdf")] = b"%PDF-1.7"


def csv_edited(files: Files) -> None:
    files.data["attendance.csv"] = files.data["attendance.csv"].replace(b",normal,", b",absent,")


def page_edited(files: Files) -> None:
    files.data[PAGE] += b"<p>"


def file_added(files: Files) -> None:
    name = packed(files)
    files.data[name.replace("-1-", "-9-")] = files.data[name]


def file_removed(files: Files) -> None:
    del files.data["lesson_hours.csv"]


def verdict_raised_in_the_listing(files: Files) -> None:
    told = json.loads(files.data[CLASS])
    told["lesson_hours"][1]["verdict"] = {"state": "pass", "reasons": []}
    files.data[CLASS] = json.dumps(told).encode()


def listing_that_is_none(files: Files) -> None:
    files.data[CLASS] = b"[]"


def sums_edited(files: Files) -> None:
    files.data[SUMS] = files.data[SUMS].replace(b"a", b"b", 1)


def sums_left_out(files: Files) -> None:
    del files.data[SUMS]


def approval_left_out(files: Files) -> None:
    files.remove("centre", files.find("centre", "class_approved")[0])


def approval_edited(files: Files) -> None:
    files.edit("centre", files.find("centre", "class_approved")[0], lambda value: value.update(at=0))


def export_forgotten(files: Files) -> None:
    files.remove("centre", files.find("centre", "class_archived")[0])


def another_class(files: Files) -> None:
    files.data[ARCHIVE_HEAD] = files.data[ARCHIVE_HEAD].replace(b'"class_id":"', b'"class_id":"0')


def format_of_the_future(files: Files) -> None:
    files.data[ARCHIVE_HEAD] = files.data[ARCHIVE_HEAD].replace(b"archive/1", b"archive/9")


def name_of_its_own(files: Files) -> None:
    files.data["../x"] = b""


def repacked(files: Files, change: Callable[[Files], Any]) -> bytes:
    outer = io.BytesIO(files.data[packed(files)])
    with zipfile.ZipFile(outer) as archive:
        inner = Files({name: archive.read(name) for name in archive.namelist()})
    change(inner)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in inner.data.items():
            archive.writestr(name, data)
    return made.getvalue()


FORGERIES: dict[Callable[[Files], None], set[str]] = {
    bundle_swapped_for_a_bomb: {"FILE_ALTERED", "BUNDLE_TOO_LARGE", "ARCHIVE_DIFFERS"},
    bundle_under_another_lessons_name: {"FILE_UNKNOWN", "BUNDLE_INCOMPLETE", "ARCHIVE_DIFFERS"},
    bundle_without_its_clip: {"FILE_ALTERED", "CLIP_MISSING"},
    bundle_with_a_bit_flipped_in_its_clip: {"FILE_ALTERED", "CLIP_ALTERED"},
    paper_altered: {"FILE_ALTERED", "ARCHIVE_DIFFERS"},
    papers_swapped: {"FILE_ALTERED", "ARCHIVE_DIFFERS"},
    paper_removed: {"BUNDLE_INCOMPLETE", "ARCHIVE_DIFFERS"},
    paper_added: {"FILE_UNKNOWN", "ARCHIVE_DIFFERS"},
    csv_edited: {"FILE_ALTERED"},
    page_edited: {"FILE_ALTERED"},
    file_added: {"FILE_UNKNOWN", "ARCHIVE_DIFFERS"},
    file_removed: {"BUNDLE_INCOMPLETE"},
    verdict_raised_in_the_listing: {"FILE_ALTERED", "ARCHIVE_DIFFERS"},
    listing_that_is_none: {"FILE_ALTERED", "BUNDLE_MALFORMED"},
    sums_edited: {"FILE_ALTERED"},
    sums_left_out: {"BUNDLE_INCOMPLETE"},
    approval_left_out: {"BUNDLE_INCOMPLETE"},
    approval_edited: {"CENTRE_ENTRY_UNPROVEN"},
    export_forgotten: {"EXPORT_MISSING"},
    another_class: {"EXPORT_MISSING"},
    format_of_the_future: {"BUNDLE_MALFORMED"},
    name_of_its_own: {"BUNDLE_NAME"},
}
"""What is done to the archive → failures that must be named (others may follow from them)."""
