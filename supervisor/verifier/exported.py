"""What the centre exported, by the entry that it wrote about it: nothing was changed, put beside it, or left out."""

from __future__ import annotations

from collections.abc import Mapping

from storage.evidence.bundle import Bundle, entry_name
from supervisor.verifier.centre_history import CentreHistory
from supervisor.verifier.entries import Logged
from supervisor.verifier.report import Report


def exported(centre: CentreHistory, subject: str, kind: str, index: int, where: str, report: Report) -> Logged | None:
    """The proven entry of the export; None, and a failure, without one that lists files."""
    entry = next((one for one in centre.about(subject, kind) if one.index == index), None)
    if entry is None or not isinstance(entry.details.get("files"), dict):
        report.fail("EXPORT_MISSING", where)
        return None
    return entry


def check_exported(bundle: Bundle, digests: Mapping[str, str | None], export: Logged, report: Report) -> None:
    """`digests`: SHA-256 of the files that the export's entry has to name; None: somebody else checks its bytes."""
    files = export.details["files"]
    for name, digest in sorted(digests.items()):
        if name not in files:
            report.fail("FILE_UNKNOWN", name)
        elif digest not in (None, files[name]):
            report.fail("FILE_ALTERED", name)
    expected = set(files) | {entry_name("centre", export.index)}
    for log in ("box", "centre"):
        listed = export.details.get(log)
        expected |= {entry_name(log, index) for index in listed} if isinstance(listed, list) else set()
    for name in sorted(expected - bundle.names):
        report.fail("BUNDLE_INCOMPLETE", name)
    logged = {entry_name(log, index) for log in ("box", "centre") for index in bundle.entries(log)}
    for name in sorted(logged - expected):
        report.fail("FILE_UNKNOWN", name)
