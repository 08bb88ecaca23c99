"""Photographs of two public persons, official and in the public domain, from the source archive of face-recognition:
three of one, one of the other. Fetched once into the ordinary cache.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from config.settings import cache_home
from device_adapters.carriers import CarriedFile, fetch
from edge_agent.vision.models import SFACE

_SHA256 = {
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
}
FILES = tuple(
    CarriedFile(
        name=name,
        sha256=sha256,
        carrier="face-recognition==1.3.0",
        carrier_sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
        member=f"face_recognition-1.3.0/tests/test_images/{name}",
        licence="public domain (official photographs of the White House)",
        source="The White House",
        sdist=True,
    )
    for name, sha256 in _SHA256.items()
)


@cache
def portraits() -> dict[str, Path]:
    """By name without the ending: obama, obama2, obama3, biden."""
    return {path.stem: path for path in fetch(FILES, cache_home() / "pictures")}


@cache
def sface_path() -> Path:
    return fetch([SFACE.file], cache_home() / "models")[0]
