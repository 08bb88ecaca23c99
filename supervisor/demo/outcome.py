"""What came out of the demo, against what the rules must say."""

from __future__ import annotations

from typing import Any

from supervisor.demo.scene import PROFILE, ROOMS, Room


def room_outcome(room: Room, page: dict[str, Any], failures: list[str] | None) -> dict[str, Any]:
    """One room's figures. `failures`: of its bundle's verification; None: it was not exported. `ok`: state and reasons
    are as expected, box and centre agree, a PASS has its clip, and the bundle verifies."""
    lesson = page["lesson"]
    newest = lesson["verdict"]
    verdict = newest["verdict"] if newest else None
    box = next((version for version in page["verdicts"] if version["source"] == "box"), None)
    recomputed = next((version for version in page["verdicts"] if version["agrees"] is not None), None)
    clips = [clip for clip in page["clips"] if clip["state"] == "verified"]
    ok = (
        verdict is not None
        and verdict["state"] == room.expected
        and set(verdict["reasons"]) == set(room.reasons)
        and recomputed is not None
        and recomputed["agrees"]
        and (verdict["window"] is None or bool(clips))
        and failures == []
    )
    return {
        "room": room.name,
        "ok": ok,
        "expected": {"state": room.expected.value, "reasons": sorted(room.reasons)},
        "state": verdict and verdict["state"],
        "reasons": verdict and verdict["reasons"],
        "box_state": box and box["verdict"]["state"],
        "box_and_centre_agree": recomputed and recomputed["agrees"],
        "checked_in": lesson["checked_in"],
        "required": verdict and verdict["required"],
        "peak": verdict and verdict["peak"],
        "median": verdict and verdict["median"],
        "longest_joined_s": verdict and verdict["longest_joined_ms"] / 1000,
        "media_s": verdict and verdict["media_ms"] / 1000,
        "bundle": {"verified": failures == [], "failures": failures},
        "clips": [{key: clip[key] for key in ("sha256", "bytes", "retain_until")} for clip in clips],
    }  # fmt: skip


def outcome(
    pages: dict[str, dict[str, Any]], failures: dict[str, list[str]], seconds: float, url: str
) -> dict[str, Any]:
    rooms = [room_outcome(room, pages[room.code], failures.get(room.code)) for room in ROOMS]
    return {
        "ok": all(room["ok"] for room in rooms),
        "profile": PROFILE,
        "seconds": round(seconds, 1),
        "console": url,
        "rooms": rooms,
    }
