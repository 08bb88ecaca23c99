"""Why nothing is known of a replay: part of the log's entry of the search (`supervisor.contract.log.ReplayCamera`)."""

from __future__ import annotations

from enum import StrEnum


class NotChecked(StrEnum):
    """Why a camera's media could not be checked for replays: then nothing is known, which is not "nothing found"."""

    NO_RECORDING = "no_recording"
    KEY_FRAMES_RARE = "key_frames_rare"
    TOO_SHORT = "too_short"
    TOO_STILL = "too_still"  # nobody moved for most of it
