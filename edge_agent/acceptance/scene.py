"""The reference scene of a camera, learnt from the pictures of an acceptance session."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from config.errors import LessonProofError
from edge_agent.vision.counter import Image
from edge_agent.vision.reference import learn

log = logging.getLogger(__name__)


def learn_scene(pictures: Sequence[Image]) -> bytes | None:
    """`Reference` as bytes; None: these pictures do not hold one (too few, or everything moves)."""
    try:
        return learn(pictures).to_bytes()
    except LessonProofError as error:
        log.warning("no reference scene was learnt: %s", error)
        return None
