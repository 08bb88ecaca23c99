"""`edge-agent count`: what vision sees in a picture, or in every key frame of a video."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from rich.console import Console

from config.errors import LessonProofError
from config.profile import DEFAULT_PROFILE, load_profile
from config.settings import EdgeSettings
from edge_agent.vision import pictures
from edge_agent.vision.counter import Image, PeopleCounter, PersonDetector
from edge_agent.vision.health import HealthCheck, HealthRules
from edge_agent.vision.picodet import PicoDetPersons
from edge_agent.vision.view import UNTAUGHT
from edge_agent.vision.watcher import Look, SeatWatcher
from edge_agent.vision.yunet import THRESHOLD, Engine, YuNetCounter

_COLOUR = {"face": (80, 200, 60), "person": (40, 160, 240), "held": (160, 160, 160), "outside": (160, 160, 160)}


@dataclass(frozen=True, slots=True)
class Seen:
    at_s: float | None
    image: Image
    look: Look
    conditions: list[str]

    def record(self) -> dict[str, Any]:
        """For JSON: pixels to a tenth, seconds to a millisecond."""
        faces = [
            {
                **{side: round(getattr(face, side), 1) for side in ("x", "y", "w", "h")},
                "score": round(face.score, 4),
                "landmarks": [[round(x, 1), round(y, 1)] for x, y in face.landmarks],
            }
            for face in self.look.faces
        ]
        bodies = [
            {side: round(getattr(one, side), 1) for side in ("x", "y", "w", "h")}
            for one in self.look.people
            if one.how == "person"
        ]
        return {
            "at_s": None if self.at_s is None else round(self.at_s, 3),
            "width": self.look.width,
            "height": self.look.height,
            "people": self.look.count,
            "faces": faces,
            "bodies": bodies,
            "seated": None if self.at_s is None else self.look.seated,
            "confidence": None if self.at_s is None else self.look.confidence,
            "conditions": self.conditions,
        }

    def words(self) -> str:
        found = f"{self.look.count} 人 people"
        if self.at_s is not None:
            found = f"{self.at_s:.3f} s: {found}, 按座位 in places {self.look.seated} ({self.look.confidence:.0%})"
        return f"{found} {' '.join(self.conditions)}".rstrip()


def count(
    files: Annotated[list[Path], typer.Argument(metavar="IMAGE_OR_VIDEO", help="Photographs and videos.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with every box.")] = False,
    engine: Annotated[Engine, typer.Option(help="Inference engine.")] = Engine.OPENVINO,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least score of a face.")] = THRESHOLD,
    faces_only: Annotated[bool, typer.Option(help="Do not look for people whose face is not seen.")] = False,
    boxes: Annotated[Path | None, typer.Option(help="Folder to save each picture to, with its boxes drawn.")] = None,
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    models: Annotated[Path | None, typer.Option(help="Models folder; otherwise the box's.")] = None,
) -> None:
    """Count the people in photographs and in every key frame of videos. 统计图片或视频中的人数。

    As in a lesson, but without zones: faces, bodies without a face, and in a video who is in their place. What is wrong
    with a picture (black, blurred, frozen, …) is named beside its count.

    A bad file is reported and the others are still counted; then the exit status is 2.
    """
    folder = EdgeSettings.load(config, models_dir=models).models_dir
    counter = YuNetCounter(folder, engine=engine, threshold=threshold)
    persons = None if faces_only else PicoDetPersons(folder)
    if boxes is not None:
        boxes.mkdir(parents=True, exist_ok=True)
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    report: list[dict[str, Any]] = []
    for file in files:
        found: list[dict[str, Any]] = []
        problem: LessonProofError | None = None
        try:
            for seen in _look(file, counter, persons):
                found.append(seen.record())
                if boxes is not None:
                    _draw(seen, boxes / _picture_name(file, seen))
                if not as_json:
                    out.print(f"{file}: {seen.words()}", markup=False)
        except LessonProofError as error:
            problem = error
            err.print(f"{error.code} {error.zh}\n{error.en}", style="red", markup=False)
        report.append({"file": str(file), "pictures": found, "error": problem.problem() if problem else None})
    if as_json:
        versions = {"counter": asdict(counter.counter), "persons": asdict(persons.version) if persons else None}
        typer.echo(json.dumps(versions | {"files": report}, ensure_ascii=False))
    if any(entry["error"] for entry in report):
        raise typer.Exit(2)


def _look(file: Path, counter: PeopleCounter, persons: PersonDetector | None) -> Iterator[Seen]:
    rules = load_profile(DEFAULT_PROFILE).vision
    assert rules is not None, "our own profile says how places are kept"
    watcher = SeatWatcher(counter, persons, UNTAUGHT, hold_s=rules.hold_s, scan_s=rules.scan_s, podium=True)
    health = HealthCheck(HealthRules(), None)
    for still in pictures.read(file):
        at_ms = round(1000 * (still.at_s or 0))
        look = watcher.look(at_ms, still.image)
        yield Seen(still.at_s, still.image, look, sorted(health.look(at_ms, still.image).conditions))


def _picture_name(file: Path, seen: Seen) -> str:
    at = "" if seen.at_s is None else f".{round(seen.at_s * 1000)}"
    return f"{file.name}{at}.boxes.jpg"


def _draw(seen: Seen, target: Path) -> None:
    canvas = np.ascontiguousarray(seen.image)
    for one in seen.look.people:
        corner = (round(one.x), round(one.y))
        cv2.rectangle(canvas, corner, (round(one.x + one.w), round(one.y + one.h)), _COLOUR[one.how], 2)
    _, encoded = cv2.imencode(".jpg", canvas)
    target.write_bytes(encoded.tobytes())
