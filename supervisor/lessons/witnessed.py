"""When the centre countersigned what a box told of a lesson hour: soon after the recording, or late."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy.orm import Session

from config.clock import epoch_ms
from supervisor.bundles.repository import camera_entries
from supervisor.devices.witness import receipt_covering
from supervisor.lessons.models import EvidenceRow
from supervisor.lessons.repository import LessonRow
from supervisor.lessons.schemas import WitnessView

LATE_AFTER = timedelta(minutes=15)
"""A receipt that much after the recording does not show any more that nobody had time to change it."""


def witnessed(session: Session, lesson: LessonRow, report: EvidenceRow) -> WitnessView:
    receipt = receipt_covering(session, report.box_id, report.idx)
    if receipt is None:
        return WitnessView(at=None, worst_s=None, late=False)
    start_ms, end_ms = epoch_ms(lesson.hour.start), epoch_ms(lesson.hour.end)
    delays_ms = [epoch_ms(receipt.at) - end_ms]
    for camera in report.body["cameras"]:
        for row in camera_entries(session, report.box_id, camera["camera_id"], report.idx, start_ms, end_ms):
            covering = receipt_covering(session, report.box_id, row.idx) if row.kind == "segment" else None
            if covering is not None:
                body = json.loads(row.body)
                delays_ms.append(epoch_ms(covering.at) - body["start_ms"] - body["media_ms"])
    worst = timedelta(milliseconds=max(delays_ms))
    return WitnessView(at=receipt.at, worst_s=max(0, int(worst.total_seconds())), late=worst > LATE_AFTER)
