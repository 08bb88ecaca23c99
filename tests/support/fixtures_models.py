"""Files the tests need from package carriers, fetched once into the ordinary cache: the detector, and real faces."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from config.settings import cache_home
from device_adapters.carriers import CarriedFile, fetch
from edge_agent.vision.models import YUNET

SOLVAY = CarriedFile(
    name="solvay_conference_1927.jpg",
    sha256="ae76a5be54f53cca50074a0d1ac8653187154d264fc58ed928e1b92c27e17e2a",
    carrier="scrfd==0.3.0",
    carrier_sha256="35855c664d565492aab0068f1c64b4957a15ca6cd106b9c8b1642d67cfeeb5fc",
    member="scrfd-0.3.0/images/solvay_conference_1927.jpg",
    licence="photograph of 1927; the package is Apache-2.0",
    source="Solvay Conference 1927",
    sdist=True,
)
SOLVAY_FACES = 29


@cache
def yunet_path() -> Path:
    return fetch([YUNET.file], cache_home() / "models")[0]


@cache
def solvay_path() -> Path:
    """A photograph of 29 people, 3000 x 2171."""
    return fetch([SOLVAY], cache_home() / "models")[0]
