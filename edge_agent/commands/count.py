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
from config.settings import EdgeSettings
from edge_agent.vision import pictures
from edge_agent.vision.counter import Count, Image, PeopleCounter
from edge_agent.vision.yunet import THRESHOLD, Engine, YuNetCounter

_GREEN = (80, 200, 60)


@dataclass(frozen=True, slots=True)
class Seen:
    at_s: float | None
    image: Image
    count: Count

    def record(self) -> dict[str, Any]:
        """For JSON: pixels to a tenth, seconds to a millisecond."""
        faces = [
            {
                **{side: round(getattr(face, side), 1) for side in ("x", "y", "w", "h")},
                "score": round(face.score, 4),
                "landmarks": [[round(x, 1), round(y, 1)] for x, y in face.landmarks],
            }
            for face in self.count.faces
        ]
        height, width = self.image.shape[:2]
        at_s = None if self.at_s is None else round(self.at_s, 3)
        return {"at_s": at_s, "width": width, "height": height, "people": self.count.people, "faces": faces}


def count(
    files: Annotated[list[Path], typer.Argument(metavar="IMAGE_OR_VIDEO", help="Photographs and videos.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with every box.")] = False,
    engine: Annotated[Engine, typer.Option(help="Inference engine.")] = Engine.OPENVINO,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Least score of a face.")] = THRESHOLD,
    boxes: Annotated[Path | None, typer.Option(help="Folder to save each picture to, with its boxes drawn.")] = None,
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
    models: Annotated[Path | None, typer.Option(help="Models folder; otherwise the box's.")] = None,
) -> None:
    """Count the people in photographs and in every key frame of videos. 统计图片或视频中的人数。

    A bad file is reported and the others are still counted; then the exit status is 2.
    """
    counter = YuNetCounter(EdgeSettings.load(config, models_dir=models).models_dir, engine=engine, threshold=threshold)
    if boxes is not None:
        boxes.mkdir(parents=True, exist_ok=True)
    out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
    report: list[dict[str, Any]] = []
    for file in files:
        found: list[dict[str, Any]] = []
        problem: LessonProofError | None = None
        try:
            for seen in _look(file, counter):
                found.append(seen.record())
                if boxes is not None:
                    _draw(seen, boxes / _picture_name(file, seen))
                if not as_json:
                    when = "" if seen.at_s is None else f" {seen.at_s:.3f} s"
                    out.print(f"{file}{when}: {seen.count.people} 人 people", markup=False)
        except LessonProofError as error:
            problem = error
            err.print(f"{error.code} {error.zh}\n{error.en}", style="red", markup=False)
        report.append({"file": str(file), "pictures": found, "error": problem.problem() if problem else None})
    if as_json:
        typer.echo(json.dumps({"counter": asdict(counter.counter), "files": report}, ensure_ascii=False))
    if any(entry["error"] for entry in report):
        raise typer.Exit(2)


def _look(file: Path, counter: PeopleCounter) -> Iterator[Seen]:
    for still in pictures.read(file):
        yield Seen(still.at_s, still.image, counter.count(still.image))


def _picture_name(file: Path, seen: Seen) -> str:
    at = "" if seen.at_s is None else f".{round(seen.at_s * 1000)}"
    return f"{file.name}{at}.boxes.jpg"


def _draw(seen: Seen, target: Path) -> None:
    canvas = np.ascontiguousarray(seen.image)
    for face in seen.count.faces:
        corner = (round(face.x), round(face.y))
        cv2.rectangle(canvas, corner, (round(face.x + face.w), round(face.y + face.h)), _GREEN, 2)
    _, encoded = cv2.imencode(".jpg", canvas)
    target.write_bytes(encoded.tobytes())
