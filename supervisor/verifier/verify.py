"""The whole check of one bundle, from the outside in: the file, the centre's log, the box's log, the judgement, the
clips; or of a class archive, which is a zip of bundles."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from config.errors import LessonProofError
from storage.evidence.bundle import ARCHIVE_HEAD, FORMAT, HEAD, LEFT_OUT, SHOWN, Bundle, opened
from supervisor.verifier.archive import check_archive
from supervisor.verifier.box_history import lateness, read_box, verdict_entry
from supervisor.verifier.centre_history import CentreHistory, read_centre
from supervisor.verifier.entries import Logged
from supervisor.verifier.exported import check_exported, exported
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
            if ARCHIVE_HEAD in bundle.names:
                check_archive(bundle, policy, report, _verify)
            else:
                _verify(bundle, policy, report)
    except LessonProofError as error:
        report.fail(error.code, error.where or "", error.en)
    except Exception as error:  # noqa: BLE001 - whatever nobody thought of: not verified, and never a crash
        report.fail("BUNDLE_MALFORMED", "", type(error).__name__)
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
    export = _check_export(bundle, head, centre, report)
    history = read_box(bundle, head.box, centre, policy, report)
    lateness(history, policy, report)
    entry = verdict_entry(history, head.lesson_hour_id, report)
    if entry is None:
        return
    judged = check_judgement(bundle, entry, head.box, centre, history, policy, report)
    if judged is not None:
        left_out = export is not None and export.details.get("media") == LEFT_OUT
        manifests, zero_ms = entry.value.get("clips"), start_ms(judged.evidence)
        check_clips(bundle, manifests, judged.evidence, judged.verdict, zero_ms, report, left_out=left_out)


def _check_export(bundle: Bundle, head: Head, centre: CentreHistory, report: Report) -> Logged | None:
    """What is in the bundle is what the centre exported. Clips' bytes are checked with their media."""
    export = exported(centre, f"lesson_hour:{head.lesson_hour_id}", "bundle_exported", head.export, HEAD, report)
    if export is not None:
        shown = {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.names if name in SHOWN}
        check_exported(
            bundle, shown | {name: None for name in bundle.names if name.startswith("clips/")}, export, report
        )
    return export
