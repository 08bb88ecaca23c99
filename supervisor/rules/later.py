"""One form for evidence and verdicts of every age: what a later version added, and this one does not say, is left out.

Otherwise the canonical JSON (RFC 8785) of an evidence file sealed years ago would change with the program, and its hash
with it.
"""

from __future__ import annotations

from typing import Any

_EVIDENCE: dict[str, Any] = {"identity": None}
_CAMERA: dict[str, Any] = {"seated": [], "watcher": None}
_VERDICT: dict[str, Any] = {"raw_median": None, "confidence": None, "identified": None}


def evidence_of_its_age(value: dict[str, Any]) -> dict[str, Any]:
    """`value`: an evidence as plain JSON values."""
    cameras = [_without(camera, _CAMERA) for camera in value["cameras"]]
    return _without({**value, "cameras": cameras}, _EVIDENCE)


def verdict_of_its_age(value: dict[str, Any]) -> dict[str, Any]:
    """`value`: a verdict as plain JSON values."""
    return _without(value, _VERDICT)


def _without(value: dict[str, Any], unsaid: dict[str, Any]) -> dict[str, Any]:
    return {key: said for key, said in value.items() if key not in unsaid or said != unsaid[key]}
