"""Why a clip that the centre does not hold cannot be looked at."""

from __future__ import annotations

from config.clock import CHINA
from config.errors import LessonProofError
from supervisor.devices.service import not_found
from supervisor.lessons.models import EvidenceClip


def why_absent(clip: EvidenceClip) -> LessonProofError:
    """CLIP_DELETED (410), CLIP_DAMAGED (409), or CLIP_NOT_FOUND (404): it has not come yet."""
    if clip.state in ("deleting", "deleted"):
        day = clip.retain_until.astimezone(CHINA).date()
        return LessonProofError(
            "CLIP_DELETED",
            status=410,
            zh=f"片段的留存期到 {day} 为止,之后已按规定删除;其指纹和结论仍在",
            en=f"the clip's term ended on {day} and it was deleted after that; its hash and the verdict are kept",
        )
    if clip.repairs:
        return LessonProofError(
            "CLIP_DAMAGED",
            status=409,
            zh="归档中的片段已损坏或丢失,正向现场设备重新索取",
            en="the archived clip was damaged or lost; the box has been asked for its copy",
        )
    return not_found("CLIP", "取证片段", "clip")
