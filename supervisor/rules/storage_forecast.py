"""How many bytes the evidence of a county takes (RULES 1.4, last line). Decimal units: disks are sold in them."""

from __future__ import annotations

from dataclasses import dataclass

from config.profile import LessonRules
from supervisor.rules.retention import CLIP_MONTHS


@dataclass(frozen=True, slots=True)
class StorageForecast:
    """Bytes of one camera's clips, without margins: of one lesson hour, a class, a year, and all that is kept at a
    time.

    `kept_whole`: what would be kept if whole lesson hours were, instead of clips.
    """

    clip: int
    training_class: int
    year: int
    kept: int
    kept_whole: int


def forecast_storage(
    bitrate: int, hours_per_class: int, trainees_per_year: int, trainees_per_class: int, rules: LessonRules
) -> StorageForecast:
    """`bitrate`: bit/s of the camera's recorded stream; `hours_per_class`: lesson hours, e.g. 10 days of 7."""
    clip = bitrate * rules.clip_min_s / 8
    training_class = clip * hours_per_class
    year = training_class * trainees_per_year / trainees_per_class
    kept = year * CLIP_MONTHS / 12
    whole = kept * rules.minutes * 60 / rules.clip_min_s
    return StorageForecast(round(clip), round(training_class), round(year), round(kept), round(whole))
