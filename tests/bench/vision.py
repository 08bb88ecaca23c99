"""The measuring stand of the people counter: what is counted, against what is there.

    python tests/bench/vision.py photos  [--folder DIR --truth BOXES.csv]   real photographs, by face height
    python tests/bench/vision.py video   [--height 1080] [--seconds 60]     composed classrooms on film
    python tests/bench/vision.py hours   [--hours 300] [--keep FOLDER]      whole lesson hours, by the real rule
    python tests/bench/vision.py cost                                       CPU time by stage
    python tests/bench/vision.py look    FOLDER                             the scenes as PNG, to look at

`--contenders` names who takes part (see vision_contenders.CONTENDERS). Tables are printed as Markdown, figures go to
docs/figures with `--figures`, and with `--out FOLDER` the single numbers go there as JSON. docs/vision.md says what is
real, what is composed, and what all this cannot tell.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[2]))

import cv2

from config.errors import LessonProofError
from tests.bench import vision_cost, vision_hours, vision_lessons, vision_photos, vision_pictures, vision_video
from tests.bench.vision_classroom import SEATS, SIZES, VIEW, Classroom
from tests.bench.vision_contenders import CONTENDERS, Contender
from tests.bench.vision_film import film
from tests.bench.vision_scripts import KINDS, Script, scenes

HERE = Path(__file__).parent
SLOW = {"cnn0": 15, "cnn1": 60, "hog1": 4}
"""Of so many key frames of a film these get one: they take seconds each."""


def photos(options: argparse.Namespace) -> None:
    if bool(options.folder) != bool(options.truth):
        raise SystemExit("--folder and --truth belong together")
    mine = options.folder is not None
    some = vision_pictures.brought(options.folder, options.truth) if mine else vision_pictures.shipped()
    found = []
    for name in options.contenders:
        for one in vision_photos.measure(some, CONTENDERS[name]()):
            found.append(one)
            _say(f"{one.contender} {one.set_name} {one.face_px} px: {one.right} of {one.faces}, {one.false} false")
    print(vision_photos.table(found))
    if not mine:
        print(f"\ntruth {vision_pictures.truth_digest()[:12]}")
    _write(options, "photos", found, [] if mine else [lambda report: report.photos_figure(found)])


def video(options: argparse.Namespace) -> None:
    contenders = {name: (CONTENDERS[name], SLOW.get(name, 1)) for name in options.contenders}
    scripts = _scenes(options)
    counted = vision_video.measure(scripts, contenders, options.height, _say)
    print(vision_video.table(counted), "\n\n", vision_video.table_by_scene(counted), sep="")
    settled = vision_video.judged(counted)
    figures = [lambda report: report.errors_figure(settled)]
    if any(each.scene == "everyday" for each in counted):
        figures.append(lambda report: report.video_figure(counted, "everyday", vision_video.BIT_RATES[-1]))
    _write(options, "video", counted, figures)


def hours(options: argparse.Namespace) -> None:
    rules = vision_hours.profile(options.clip_s)
    work = partial(
        _hour, clip_s=options.clip_s, height=options.height, names=tuple(options.contenders), folder=options.keep
    )
    judged, began, cpu_s = [], time.monotonic(), 0.0
    with ProcessPoolExecutor(options.processes) as pool:
        numbers = range(options.first, options.first + options.hours)
        jobs = [pool.submit(work, number) for number in numbers]
        for done, job in enumerate(as_completed(jobs), 1):
            number, seen, seconds = job.result()
            judged += vision_hours.verdicts(vision_lessons.hour(number, options.clip_s), seen, rules)
            cpu_s += seconds
            if done % 10 == 0 or done == options.hours:
                _say(f"{done} of {options.hours} hours, {cpu_s:.0f} s CPU, {time.monotonic() - began:.0f} s")
    judged.sort(key=lambda one: one.number)
    print(vision_hours.table(judged), "\n\n", vision_hours.table_by_kind(judged), sep="")
    for one in judged:
        if one.verdict != one.truth:
            where = f"hour {one.number} ({one.kind}), {one.contender}: {one.peak} of {one.required}"
            print(f"{one.verdict} instead of {one.truth}: {where}")
    _write(options, "hours", judged, [lambda report: report.hours_figure(judged)])


def cost(options: argparse.Namespace) -> None:
    print(vision_cost.lines(vision_cost.measure(tuple(options.contenders))))


def look(options: argparse.Namespace) -> None:
    """Every scene's middle key frame at 1 Mbit/s; green: found by the first contender; red dots: faces to be seen."""
    options.folder.mkdir(parents=True, exist_ok=True)
    contender = CONTENDERS[options.contenders[0]]()
    for script in _scenes(options):
        contender.fresh(VIEW)
        frames = [
            each[vision_video.BIT_RATES[0]]
            for each in film(Classroom(script, options.height), vision_video.BIT_RATES[:1])
        ]
        for frame in frames[: len(frames) // 2 + 1]:
            seen = contender.look(frame.at_ms, frame.image)
        picture = frame.image.copy()
        for box in seen.boxes:
            cv2.rectangle(
                picture, (round(box.x), round(box.y)), (round(box.x + box.w), round(box.y + box.h)), (0, 255, 0), 1
            )
        present, visible = len(frame.truth.present), len(frame.truth.visible)
        text = f"{script.name}: present {present}, visible {visible}, counted {seen.raw} / {seen.smoothed}"
        cv2.putText(picture, text, (10, options.height - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2)
        cv2.imwrite(str(options.folder / f"{script.name.replace(' ', '-')}.png"), picture)
        _say(text)


def _scenes(options: argparse.Namespace) -> list[Script]:
    some = scenes(options.seconds, options.people, solvay=options.solvay)
    return [each for each in some if each.name in options.scenes]


def _hour(number: int, *, clip_s: float, height: int, names: tuple[str, ...], folder: Path | None):
    """One hour, seen by all contenders: (number, what was seen, CPU seconds). What `folder` keeps is not seen again."""
    cv2.setNumThreads(1)
    began = time.process_time()
    place = folder / f"{_generator()}-{clip_s:g}-{height}" if folder else None
    seen = {name: vision_lessons.kept(place / name / f"{number}.json") if place else None for name in names}
    missing = [name for name in names if seen[name] is None]
    if missing:
        one = vision_lessons.hour(number, clip_s)
        contenders = [_contender(name, clip_s) for name in missing]
        fresh = vision_lessons.watch(one, contenders, height)
        for name, contender in zip(missing, contenders, strict=True):
            seen[name] = vision_lessons.only(fresh, contender.name)
            if place:
                vision_lessons.keep(place / name / f"{number}.json", seen[name])
    return number, vision_lessons.together(list(seen.values())), time.process_time() - began


_made: dict[str, Contender] = {}  # of this process: opening a network costs more than an hour of looking


def _contender(name: str, clip_s: float) -> Contender:
    if name not in _made:
        _made[name] = CONTENDERS[name]()
    if hasattr(_made[name], "hold"):
        _made[name].hold(clip_s / vision_lessons.REAL_CLIP_S)
    return _made[name]


def _generator() -> str:
    """What kept looks depend on: what draws the pictures, the boxes of the people in them, and what looks at them."""
    drawing = [
        HERE / f"vision_{name}.py" for name in ("people", "classroom", "film", "scripts", "lessons", "contenders")
    ]
    looking = sorted((HERE.parents[1] / "edge_agent" / "vision").glob("*.py"))
    code = b"".join(path.read_bytes() for path in [*drawing, *looking])
    return hashlib.sha256(code + vision_pictures.truth_digest().encode()).hexdigest()[:12]


def _write(options: argparse.Namespace, name: str, rows: list, figures: list[Callable[[Any], Path]]) -> None:
    """The single numbers, if wanted, and the figures."""
    from tests.bench import vision_report  # here: matplotlib takes a second that `look` and `cost` need not pay

    print(f"\n{vision_report.conditions()}")
    if options.out:
        print(vision_report.save(name, options.out, rows))
    if options.figures:
        for figure in figures:
            print(figure(vision_report))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _contenders(text: str) -> list[str]:
    return _some_of(CONTENDERS, text)


def _scene_names(text: str) -> list[str]:
    return _some_of(KINDS, text)


def _some_of(known: Iterable[str], text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    everyone = {"photos": "yunet,hog0,hog1,cnn0,cnn1", "video": "seats,zones,yunet,hog0,hog1,cnn0"}
    for run, default in (
        (photos, everyone["photos"]),
        (video, everyone["video"]),
        (hours, "seats,zones,yunet"),
        (cost, "yunet,seats"),
        (look, "yunet"),
    ):
        command = commands.add_parser(run.__name__, help=(run.__doc__ or "").split("\n")[0])
        command.set_defaults(run=run)
        command.add_argument("--contenders", type=_contenders, default=_contenders(default))
        command.add_argument("--out", type=Path, help="a folder for the single numbers, as JSON")
        command.add_argument("--figures", action="store_true", help="draw into docs/figures")
        if run is photos:
            command.add_argument("--folder", type=Path, help="your own pictures instead")
            command.add_argument("--truth", type=Path, help="their faces: a CSV table file,x,y,w,h")
        if run in (video, look):
            command.add_argument("--seconds", type=float, default=60)
            command.add_argument("--people", type=int, default=30, choices=range(2, len(SEATS) + 1), metavar="2…40")
            command.add_argument("--solvay", action="store_true", help="only people of the public-domain photograph")
            command.add_argument("--scenes", type=_scene_names, default=list(KINDS), help="only these kinds, by comma")
        if run in (video, look, hours):
            command.add_argument("--height", type=int, choices=SIZES, default=720 if run is hours else 1080)
        if run is hours:
            command.add_argument("--hours", type=int, default=300)
            command.add_argument("--first", type=int, default=0, help="from this hour number on")
            command.add_argument("--clip-s", type=float, default=120, help="600: nothing is scaled")
            command.add_argument("--keep", type=Path, help="keep what was seen here, and use what is kept")
            command.add_argument("--processes", type=int, default=1)
        if run is look:
            command.add_argument("folder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    try:
        arguments.run(arguments)
    except LessonProofError as problem:
        raise SystemExit(str(problem)) from None
