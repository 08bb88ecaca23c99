"""What a box says of a stretch of raw recording that it was asked for (`supervisor.contract.log.SpanEntry`)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from supervisor.contract.wire import EpochMs
from supervisor.rules.evidence import GapReason


class SpanFailure(StrEnum):
    """Why a stretch that was asked for is not to be had."""

    NOT_RECORDED = "not_recorded"  # no picture in it
    STREAM_CHANGED = "stream_changed"  # the camera's parameters changed inside it: one file cannot hold it
    DAMAGED = "damaged"  # the recorded files cannot be read
    DISK = "disk"  # the box has no room for the copy beside the recordings to come


class SpanGap(BaseModel):
    """Nothing was recorded, or is left, in [start_ms, end_ms)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start_ms: EpochMs
    end_ms: EpochMs
    reason: GapReason
