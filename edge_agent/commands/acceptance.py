"""`edge-agent camera accept | zones`: an installer's proof that a camera counts right, and where in its picture."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from config.clock import CHINA, Clock, SystemClock, epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings

if TYPE_CHECKING:  # OpenCV and the models load only where pictures are looked at
    from edge_agent.acceptance.record import Standing
    from edge_agent.acceptance.site import SiteCamera
    from edge_agent.acceptance.trial import Trial
    from edge_agent.opening import OpenBox
    from edge_agent.vision.watcher import Look

Code = Annotated[str, typer.Argument(help="The code the centre registered the camera under.")]
Config = Annotated[Path | None, typer.Option(help="The box's TOML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@dataclass(frozen=True, slots=True)
class _Ready:
    settings: EdgeSettings
    box: OpenBox
    camera: SiteCamera
    clock: Clock


def accept(
    code: Code,
    known: Annotated[int, typer.Option(help="How many people sit there now, by roll call.")],
    minutes: Annotated[float, typer.Option(help="How long a session lasts.")] = 3,
    every: Annotated[float, typer.Option(help="Seconds between counted pictures.")] = 5,
    zones: Annotated[Path | None, typer.Option(help="JSON file of the zones; otherwise the present ones stay.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the heat map and the figures.")] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Hold one session of a camera's acceptance: count with a known number present. 摄像头验收:按已知人数点数。

    Let everybody sit as in a lesson, call the roll, and give the number. The session is good when the count equals it
    in at least 95 % of the pictures. Good sessions at three times of day, two hours apart, with the same zones, and the
    centre accepts the camera. Each session goes into the box's signed log; one that is stopped or fails half way leaves
    nothing behind. It may run beside `edge-agent run`.

    edge-agent camera accept room-101 --known 38 --config edge.toml --out acceptance

    Exit status 1: the session was held, and is not good.
    """
    from edge_agent.acceptance.figures import is_good
    from edge_agent.acceptance.pictures import pictures
    from edge_agent.acceptance.record import keep_trial, view_to_try
    from edge_agent.acceptance.trial import Plan, hold
    from edge_agent.acceptance.watching import watching
    from edge_agent.acceptance.zones_file import read_zones
    from edge_agent.vision.view import view_of

    plan = Plan(known, minutes, every)
    wanted = None if zones is None else read_zones(zones)
    ready = _ready(code, config)
    if out is not None:
        _folder(out)
    camera = ready.camera
    with ready.box.work.read() as session:
        before = view_of(session, camera.camera_id)
    tried = view_to_try(before, wanted)
    watcher = watching(ready.settings.models_dir, tried, podium=camera.podium)
    source = pictures(
        ready.box.paths.recordings, camera.camera_id, camera.settings, ready.settings, ready.clock, lambda: False
    )
    progress = Console(stderr=True, highlight=False, soft_wrap=True)

    def told(number: int, planned: int, look: Look) -> None:
        progress.print(f"{number}/{planned} 数到 seen {look.seated} / {known}")

    try:
        trial = hold(plan, source, watcher, ready.clock, told)
    except KeyboardInterrupt:
        raise LessonProofError(
            "ACCEPTANCE_STOPPED",
            zh="验收已中止:没有写入任何内容",
            en="the session was stopped: nothing was written",
        ) from None
    standing = keep_trial(ready.box.work, camera.camera_id, trial, tried, before, watcher, epoch_ms(ready.clock.now()))
    files = [] if out is None else _save(out, code, trial, standing)
    if as_json:
        typer.echo(json.dumps(_record(trial, standing) | {"files": files}, ensure_ascii=False))
    else:
        _print(trial, standing, files)
    if not is_good(trial.session):
        raise typer.Exit(1)


def zones(
    code: Code,
    wanted: Annotated[Path | None, typer.Option("--set", help="JSON file of the zones to set.")] = None,
    config: Config = None,
) -> None:
    """Show or set which parts of a camera's picture count. 查看或设置摄像头的座区。

    Prints JSON: `seats` (none: everywhere), `podium`, `neighbour`, `masks`, each a list of polygons whose points are
    shares of the picture's width and height, from the top left. Other zones than before: acceptance begins anew.

    edge-agent camera zones room-101 --set zones.json --config edge.toml
    """
    from edge_agent.acceptance.record import set_zones, zones_in_force
    from edge_agent.acceptance.zones_file import read_zones
    from edge_agent.vision.view import view_of

    given = None if wanted is None else read_zones(wanted)
    ready = _ready(code, config)
    camera_id = ready.camera.camera_id
    if given is not None and set_zones(ready.box.work, camera_id, given, epoch_ms(ready.clock.now())):
        err = Console(stderr=True, highlight=False, soft_wrap=True)
        err.print("座区已改,需要重新验收 the zones changed: acceptance begins anew", style="yellow")
    with ready.box.work.read() as session:
        typer.echo(zones_in_force(view_of(session, camera_id)).model_dump_json(indent=2))


def _ready(code: str, config: Path | None) -> _Ready:
    """Raises LessonProofError NOT_ENROLLED, CAMERA_NOT_CONFIGURED, CAMERA_NOT_REGISTERED, DATA_FOLDER."""
    from edge_agent.acceptance.site import site_camera
    from edge_agent.lessons.plan import PlanStore
    from edge_agent.opening import open_box
    from edge_agent.uplink.enrolment import own_enrolment

    settings: EdgeSettings = EdgeSettings.load(config)
    box = open_box(settings)
    own_enrolment(box.work)
    return _Ready(settings, box, site_camera(PlanStore(box.work), settings, code), SystemClock())


def _record(trial: Trial, standing: Standing) -> dict[str, Any]:
    from edge_agent.acceptance.figures import is_good

    return {
        "session": trial.session.model_dump(mode="json") | {"good": is_good(trial.session)},
        "places": [asdict(place) | {"share": round(place.share, 3)} for place in trial.places],
        "advice": [asdict(advice) for advice in trial.advice],
        "acceptance": {
            "sessions": len(standing.sessions),
            "times_of_day": standing.times,
            "missing": standing.missing,
            "again": [one.start_ms for one in standing.again],
            "passed": standing.passed,
        },
    }


def _print(trial: Trial, standing: Standing, files: list[str]) -> None:
    from edge_agent.acceptance.advice import verdict_of
    from edge_agent.acceptance.figures import is_good
    from edge_agent.acceptance.outlook import outlook

    out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    verdict, session = verdict_of(trial.session), trial.session
    out.print(verdict.zh, style="green" if is_good(session) else "red")
    out.print(verdict.en)
    face = "-" if session.smallest_face_px is None else f"{session.smallest_face_px:g} px"
    out.print(
        f"人数 counts {session.least}–{session.most}  最小人脸 smallest face {face}  "
        f"盲座 blind seats {session.blind_seats}"
    )
    for advice in trial.advice:
        out.print(f"{advice.code}: {advice.zh}", style="yellow")
        out.print(f"    {advice.en}")
    for sentence in outlook(standing):
        out.print(sentence.zh)
        out.print(f"    {sentence.en}")
    for one in standing.sessions:
        at = from_epoch_ms(one.start_ms).astimezone(CHINA)
        mark = "合格 good" if is_good(one) else "不合格 not good"
        out.print(f"  {at:%Y-%m-%d %H:%M}  {one.exact}/{one.samples} = {one.known}  {mark}")
    for file in files:
        out.print(file)


def _folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(out, error) from None


def _save(out: Path, code: str, trial: Trial, standing: Standing) -> list[str]:
    from edge_agent.acceptance.heat_map import jpeg

    contents = {
        out / f"{code}.heat.jpg": jpeg(trial.heat_map()),
        out / f"{code}.json": json.dumps(_record(trial, standing), ensure_ascii=False, indent=2).encode(),
    }
    for file, content in contents.items():
        try:
            file.write_bytes(content)
        except OSError as error:
            raise _not_written(file, error) from None
    return [str(file) for file in contents]


def _not_written(file: Path, error: OSError) -> LessonProofError:
    return LessonProofError(
        "OUT_FOLDER",
        zh=f"无法写入 {file}:{error.strerror}",
        en=f"cannot write {file}: {error.strerror}",
        where=str(file),
    )
