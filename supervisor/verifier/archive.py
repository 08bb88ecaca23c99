"""A class archive: the centre's entry about it, every file against that entry, every bundle in it by itself, and its
listing against the centre's log."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from config.errors import LessonProofError
from storage.evidence.bundle import ARCHIVE_FORMAT, ARCHIVE_HEAD, CLASS, SUMS, Bundle, opened, sums
from supervisor.verifier.centre_history import CentreHistory, read_centre
from supervisor.verifier.entries import Logged
from supervisor.verifier.exported import check_exported, exported
from supervisor.verifier.policy import Policy
from supervisor.verifier.report import Failure, Report

CheckBundle = Callable[[Bundle, Policy, Report], None]


class ArchiveHead(BaseModel):
    """`archive.json`. `export`: index of the archive's entry in the centre's log."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: str
    class_id: str
    export: int


class ListedVerdict(BaseModel):
    state: str
    reasons: list[str]


class ListedHour(BaseModel):
    """What the listing says of a lesson hour, as far as it can be proven."""

    id: str
    verdict: ListedVerdict | None
    bundle: str | None


class ListedFile(BaseModel):
    """A file that somebody handed in. `file`: its name in the archive; None: it was left out."""

    sha256: str
    file: str | None


class ListedClass(BaseModel):
    class_no: str


class Listing(BaseModel):
    """The part of `class.json` that is checked."""

    training_class: ListedClass
    lesson_hours: list[ListedHour]
    files: list[ListedFile] | None = None  # None: packed when archives took no such files


def check_archive(archive: Bundle, policy: Policy, report: Report, check_bundle: CheckBundle) -> None:
    try:
        head = ArchiveHead.model_validate_json(archive.read(ARCHIVE_HEAD))
    except ValidationError as error:
        report.fail("BUNDLE_MALFORMED", ARCHIVE_HEAD, str(error).splitlines()[0])
        return
    if head.format != ARCHIVE_FORMAT:
        report.fail("BUNDLE_MALFORMED", ARCHIVE_HEAD, f"format {head.format[:60]}")
        return
    report.facts["class_id"] = head.class_id
    centre = read_centre(archive, policy, report)
    digests, bundles = _read(archive, policy, report, check_bundle)
    subject = f"training_class:{head.class_id}"
    export = exported(centre, subject, "class_archived", head.export, ARCHIVE_HEAD, report)
    if export is not None:
        report.facts["archived_ms"] = export.at_ms
        check_exported(archive, {name: digest for name, digest in digests.items() if _named(name)}, export, report)
    _check_sums(archive, digests, report)
    listing = _listing(archive, report)
    if listing is not None:
        _check_listing(listing, head, centre, bundles, report)
        _check_files(listing, subject, centre, digests, report)


def _read(
    archive: Bundle, policy: Policy, report: Report, check_bundle: CheckBundle
) -> tuple[dict[str, str], dict[str, Report]]:
    """SHA-256 of every file, and what was found of every bundle, by name."""
    digests: dict[str, str] = {}
    bundles: dict[str, Report] = {}
    for name in sorted(archive.names):
        try:
            if name.startswith("lesson-hours/"):
                with tempfile.TemporaryFile(prefix="lessonproof-") as file:
                    digests[name] = _copied(archive, name, file)
                    bundles[name] = _checked(file, policy, check_bundle)
            else:
                digests[name] = _copied(archive, name, None)
        except LessonProofError as error:
            report.fail(error.code, name, error.en)
    for name, found in bundles.items():
        for failure in found.failures:
            report.failures.append(Failure(failure.code, f"{name} {failure.where}".rstrip(), failure.detail))
    return digests, bundles


def _copied(archive: Bundle, name: str, file: IO[bytes] | None) -> str:
    digest = hashlib.sha256()
    for piece in archive.pieces(name):
        digest.update(piece)
        if file is not None:
            file.write(piece)
    return digest.hexdigest()


def _checked(file: IO[bytes], policy: Policy, check_bundle: CheckBundle) -> Report:
    found = Report()
    try:
        with opened(file) as bundle:
            check_bundle(bundle, policy, found)
    except LessonProofError as error:
        found.fail(error.code, error.where or "", error.en)
    return found


def _named(name: str) -> bool:
    """Whether the entry of the export has to name it: not what was made after the entry, from it."""
    return name not in (ARCHIVE_HEAD, SUMS) and not name.startswith("centre/")


def _check_sums(archive: Bundle, digests: dict[str, str], report: Report) -> None:
    """The list for `sha256sum -c` says nothing else than what was just computed."""
    if SUMS not in archive.names:
        report.fail("BUNDLE_INCOMPLETE", SUMS)
    elif archive.read(SUMS) != sums(digests):
        report.fail("FILE_ALTERED", SUMS)


def _planned(told: list[Logged]) -> set[str]:
    """Lesson hours of the opening and of every change of the plan; those that were moved or cancelled stay listed."""
    hours = [one.details.get("lesson_hours") for one in told]
    return {hour for some in hours if isinstance(some, dict) for hour in some}


def _listing(archive: Bundle, report: Report) -> Listing | None:
    try:
        return Listing.model_validate_json(archive.read(CLASS))
    except ValidationError as error:
        report.fail("BUNDLE_MALFORMED", CLASS, str(error).splitlines()[0])
        return None


def _check_files(
    listing: Listing, subject: str, centre: CentreHistory, digests: dict[str, str], report: Report
) -> None:
    """Every file that was handed in, by the centre's log, is listed; those in the archive are the listed bytes."""
    listed = listing.files or []
    here = {name: digest for name, digest in digests.items() if name.startswith("files/")}
    if here.keys() != {one.file for one in listed if one.file is not None}:
        report.fail("ARCHIVE_DIFFERS", CLASS, "the files listed are not those in the archive")
    for one in listed:
        if one.file in here and here[one.file] != one.sha256:
            report.fail("ARCHIVE_DIFFERS", one.file, "not the bytes that were handed in")
    told = [str(entry.details.get("sha256")) for entry in centre.about(subject, "class_file_added")]
    if listing.files is not None and sorted(one.sha256 for one in listed) != sorted(told):
        report.fail("ARCHIVE_DIFFERS", CLASS, "the files listed are not those that were handed in")
    report.facts["files"] = [one.model_dump() for one in listed]


def _check_listing(
    listing: Listing, head: ArchiveHead, centre: CentreHistory, bundles: dict[str, Report], report: Report
) -> None:
    """Every lesson hour that was approved is listed, with the verdict that the centre logged, and its own bundle."""
    approvals = centre.about(f"training_class:{head.class_id}", "class_approved")
    planned = _planned(approvals[-1:] + centre.about(f"training_class:{head.class_id}", "plan_changed"))
    listed = {hour.id for hour in listing.lesson_hours}
    if approvals and approvals[-1].details.get("class_no") != listing.training_class.class_no:
        report.fail("ARCHIVE_DIFFERS", CLASS, "not the class number approved")
    if len(listed) != len(listing.lesson_hours):
        report.fail("ARCHIVE_DIFFERS", CLASS, "a lesson hour twice")
    if listed != planned:
        report.fail("ARCHIVE_DIFFERS", CLASS, "the lesson hours listed are not those approved")
    if bundles.keys() != {hour.bundle for hour in listing.lesson_hours if hour.bundle is not None}:
        report.fail("ARCHIVE_DIFFERS", CLASS, "the bundles listed are not those in the archive")
    for hour in listing.lesson_hours:
        told = None if hour.verdict is None else hour.verdict.model_dump()
        if told != _logged_verdict(centre, hour.id):
            report.fail("ARCHIVE_DIFFERS", f"lesson_hour:{hour.id}", "not the verdict in the centre's log")
        if hour.bundle is None and told is not None and told["state"] == "pass":
            report.fail("ARCHIVE_DIFFERS", f"lesson_hour:{hour.id}", "a pass without a bundle")
        if hour.bundle in bundles:
            facts = bundles[hour.bundle].facts
            if facts.get("lesson_hour_id") != hour.id or facts.get("verdict") != told:
                report.fail("ARCHIVE_DIFFERS", hour.bundle, "a bundle of another lesson hour, or verdict")
    report.facts["class_no"] = listing.training_class.class_no
    report.facts["lesson_hours"] = [_told(hour, bundles) for hour in listing.lesson_hours]
    report.facts["clips_left_out"] = [
        sha256 for found in bundles.values() for sha256 in found.facts.get("clips_left_out", [])
    ]


def _logged_verdict(centre: CentreHistory, lesson_hour_id: str) -> Any:
    """State and reasons of the newest of the centre's own; None: there is none."""
    own = [
        entry.details.get("verdict")
        for entry in centre.about(f"lesson_hour:{lesson_hour_id}", "verdict")
        if entry.details.get("source") != "box"
    ]
    verdict = own[-1] if own else None
    return {key: verdict.get(key) for key in ("state", "reasons")} if isinstance(verdict, dict) else None


def _told(hour: ListedHour, bundles: dict[str, Report]) -> dict[str, Any]:
    found = bundles.get(hour.bundle or "")
    return {
        "id": hour.id,
        "state": None if hour.verdict is None else hour.verdict.state,
        "bundle": hour.bundle,
        "ok": None if found is None else found.ok,
        "clips_left_out": 0 if found is None else len(found.facts.get("clips_left_out", [])),
    }
