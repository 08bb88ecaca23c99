"""What of a stretch is not in the file that was cut for it, and why: from the file itself, the reasons from the index.

Times of `Span` are milliseconds after the start of the stretch.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from edge_agent.capture.cut import CutResult
from edge_agent.lessons.evidence import gaps_of, spans_of
from storage.evidence.fmp4 import fragments
from storage.evidence.segments import gaps_between, runs_between
from storage.evidence.tables import GapRow
from supervisor.contract.span import SpanGap
from supervisor.rules.continuity import Pieces, clip, merge, subtract
from supervisor.rules.evidence import GapReason, Span

JOINT_MS = 500
"""Between two pictures that belong together: jitter of arrival, and a picture that is a little late."""


def gaps_in(
    session: Session, camera_id: str, start_ms: int, end_ms: int, made: CutResult | None, now_ms: int
) -> tuple[SpanGap, ...]:
    """Of [start_ms, end_ms), ms since 1970. `made`: what was cut; None: nothing could be.

    Where the index says that it was recorded and the file has nothing, the recording is gone: FILE_LOST.
    """
    length = end_ms - start_ms
    shown = () if made is None else _joined(pieces_of(made.path, made.start_ms - start_ms), length)
    runs = runs_between(session, camera_id, start_ms, end_ms)
    rows = gaps_between(session, camera_id, start_ms, end_ms)
    holes = subtract((Span(0, length),), shown)
    unrecorded = subtract((Span(0, length),), merge(spans_of(runs, start_ms, 0, length)))
    gone = [
        GapRow(
            camera_id=camera_id,
            start_ms=start_ms + part.start_ms,
            end_ms=start_ms + part.end_ms,
            reason=GapReason.FILE_LOST.value,
        )
        for part in subtract(holes, unrecorded)
        if part.length_ms > JOINT_MS
    ]
    found = gaps_of(shown, runs, [*rows, *gone], start_ms, length, now_ms)
    return tuple(
        SpanGap(start_ms=start_ms + gap.start_ms, end_ms=start_ms + gap.end_ms, reason=gap.reason) for gap in found
    )


def pieces_of(path: Path, begins_ms: int) -> list[Span]:
    """The stretches of a cut file without a break; `begins_ms`: of its first picture."""
    index = fragments(path)
    pieces: list[Span] = []
    for one in index.fragments:
        start, end = begins_ms + index.ms(one.tfdt), begins_ms + index.ms(one.tfdt + one.duration)
        if pieces and start - pieces[-1].end_ms <= JOINT_MS:
            pieces[-1] = Span(pieces[-1].start_ms, end)
        else:
            pieces.append(Span(start, end))
    return pieces


def _joined(pieces: list[Span], length: int) -> Pieces:
    """Inside [0, length); what misses an edge by a joint only does not miss it."""
    inside = list(clip(merge(pieces), 0, length))
    if inside and inside[0].start_ms <= JOINT_MS:
        inside[0] = Span(0, inside[0].end_ms)
    if inside and inside[-1].end_ms >= length - JOINT_MS:
        inside[-1] = Span(inside[-1].start_ms, length)
    return tuple(inside)
