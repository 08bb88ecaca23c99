"""Every table of the centre in one import, so that foreign keys resolve and migrations can be compared with the
models."""

from __future__ import annotations

import supervisor.accounts.models
import supervisor.attendance.models
import supervisor.audit.models
import supervisor.changes.models
import supervisor.classes.models
import supervisor.decisions.models
import supervisor.devices.models
import supervisor.exams.models
import supervisor.exports.models
import supervisor.inspections.models
import supervisor.leave.models
import supervisor.lessons.models
import supervisor.openings.models
import supervisor.patrol.models
import supervisor.playback.models
import supervisor.privacy.models
import supervisor.registry.models
import supervisor.retention.models
import supervisor.rosters.models
import supervisor.sampling.models
import supervisor.selfies.models
import supervisor.sheets.models
import supervisor.spans.models  # noqa: F401
from storage.database.base import CentreBase

METADATA = CentreBase.metadata
