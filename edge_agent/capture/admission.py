"""Which rooms may record: those the disk holds to their end, in order. One answer for the recorder, the box's report
and `edge-agent doctor`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from edge_agent.capture.disk import admit


def admitted(
    free_bytes: int, min_free_bytes: int, rooms: Mapping[str, int], standing: Collection[str] = ()
) -> frozenset[str]:
    """The rooms that may record now. `rooms`: bytes each still has to write, in the order in which they are served;
    `standing`: those admitted before.

    A room once admitted stays so: a camera that comes back in the middle of a lesson is not turned away by an estimate,
    only by a disk that has less than its minimum free. What such rooms still need is kept for them; each other room is
    admitted when it fits beside those before it, and one that does not fit does not keep out a smaller one.
    """
    if free_bytes < min_free_bytes:
        return frozenset()
    chosen = [room for room in rooms if room in standing]
    for room in rooms:
        if room not in standing and admit(free_bytes, min_free_bytes, (rooms[each] for each in (*chosen, room))):
            chosen.append(room)
    return frozenset(chosen)
