from __future__ import annotations

from tests.support.seaweed import own_seaweed, seaweed

__all__ = ["own_seaweed", "seaweed"]
