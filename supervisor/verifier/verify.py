"""The whole check of one bundle, from the outside in: the file, the centre's log, the box's log, the judgement, the
clips."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from config.errors import LessonProofError
from storage.evidence.bundle import FORMAT, HEAD, SHOWN, Bundle, entry_name, opened
from supervisor.verifier.box_history import lateness, read_box, verdict_entry
from supervisor.verifier.centre_history import CentreHistory, read_centre
from supervisor.verifier.judgement import check_judgement, start_ms
from supervisor.verifier.media import check_clips
from supervisor.verifier.policy import Policy
from supervisor.verifier.report import Report


class Head(BaseModel):
    """`bundle.json`. `export`: index of the export's entry in the centre's log."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: str
    lesson_hour_id: str
    box: str
    export: int


def verify(path: Path, policy: Policy) -> Report:
    """Never raises for anything that a bundle may hold: what is wrong is in the report."""
    report = Report()
    try:
        with opened(path) as bundle:
            _verify(bundle, policy, report)
    except LessonProofError as error:
        report.fail(error.code, error.where or "", error.en)
    return report


def _verify(bundle: Bundle, policy: Policy, report: Report) -> None:
    try:
        head = Head.model_validate_json(bundle.read(HEAD))
    except ValidationError as error:
        report.fail("BUNDLE_MALFORMED", HEAD, str(error).splitlines()[0])
        return
    if head.format != FORMAT:
        report.fail("BUNDLE_MALFORMED", HEAD, f"format {head.format[:60]}")
        return
    report.facts |= {"lesson_hour_id": head.lesson_hour_id, "box": head.box}
    centre = read_centre(bundle, policy, report)
    _check_export(bundle, head, centre, report)
    history = read_box(bundle, head.box, centre, policy, report)
    lateness(history, policy, report)
    entry = verdict_entry(history, head.lesson_hour_id, report)
    if entry is None:
        return
    judged = check_judgement(bundle, entry, head.box, centre, history, policy, report)
    if judged is not None:
        check_clips(bundle, entry.value.get("clips"), judged.evidence, start_ms(judged.evidence), report)


def _check_export(bundle: Bundle, head: Head, centre: CentreHistory, report: Report) -> None:
    """What is in the bundle is what the centre exported: nothing was changed, put beside it, or left out."""
    about = centre.about(f"lesson_hour:{head.lesson_hour_id}", "bundle_exported")
    export = next((entry for entry in about if entry.index == head.export), None)
    files: Any = None if export is None else export.details.get("files")
    if not isinstance(files, dict):
        report.fail("EXPORT_MISSING", HEAD)
        return
    for name in sorted(bundle.names):
        if name in files and name in SHOWN:
            digest = hashlib.sha256(bundle.read(name)).hexdigest()
            if digest != files[name]:
                report.fail("FILE_ALTERED", name)
        elif name in SHOWN or (name.startswith("clips/") and name not in files):
            report.fail("FILE_UNKNOWN", name)
    expected = set(files) | {entry_name("centre", head.export)}
    for log in ("box", "centre"):
        exported = export.details.get(log) if export else None
        expected |= {entry_name(log, index) for index in exported} if isinstance(exported, list) else set()
    for name in sorted(expected - bundle.names):
        report.fail("BUNDLE_INCOMPLETE", name)
    logged = {entry_name(log, index) for log in ("box", "centre") for index in bundle.entries(log)}
    for name in sorted(logged - expected):
        report.fail("FILE_UNKNOWN", name)
