"""What only the agent at work knows, for the panel."""

from __future__ import annotations

from dataclasses import dataclass

from supervisor.contract.state import BoxState


@dataclass(frozen=True, slots=True)
class Now:
    """`satisfied`: running lesson hours that would pass as they stand."""

    state: BoxState
    satisfied: frozenset[str]
