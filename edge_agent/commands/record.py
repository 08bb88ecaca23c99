"""`edge-agent record`: the recorder alone, against one camera, for a while; then what came of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from config.clock import Clock, SystemClock, epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.capture.messages import CameraState, CameraWish, RecorderConfig
from edge_agent.capture.recorder import Recorder
from edge_agent.paths import BoxPaths
from storage.database.engine import UnitOfWork, open_engine
from storage.database.migrate import upgrade
from storage.evidence.segments import gaps_between, runs_between, segments_between
from supervisor.contract.state import CameraStatus

_TURN_S = 0.2
_CONNECT_LIMIT_S = 15.0
_HOPELESS = (  # trying again will not help before a person changes something
    CameraStatus.UNAUTHORIZED,
    CameraStatus.NOT_FOUND,
    CameraStatus.NOT_VIDEO,
    CameraStatus.FORBIDDEN,
    CameraStatus.DISK_FULL,
)


@dataclass(frozen=True, slots=True)
class RecordedSegment:
    path: str
    start_ms: int
    media_ms: int
    bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class RecordedGap:
    start_ms: int
    end_ms: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What `record` prints with --json. `media_ms`: pictures only. `status`: how the camera stood at the end."""

    camera_id: str
    status: str
    detail: str
    codec: str | None
    width: int | None
    height: int | None
    media_ms: int
    bytes: int
    segments: tuple[RecordedSegment, ...]
    gaps: tuple[RecordedGap, ...]


def record(
    url: Annotated[str, typer.Argument(metavar="URL", help="rtsp://user@address/path")],
    seconds: Annotated[float, typer.Option("--for", min=1, help="Seconds to record.")] = 60,
    out: Annotated[Path, typer.Option("--out", help="Folder for the recordings and their index.")] = Path("recorded"),
    password_file: Annotated[
        Path | None, typer.Option(help="File holding the camera's password, so that it is not in the URL.")
    ] = None,
    transport: Annotated[str, typer.Option(help="tcp or udp.")] = "tcp",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    config: Annotated[Path | None, typer.Option(help="The box's TOML file.")] = None,
) -> None:
    """Record one camera for a while, without the centre. 单独录制一路摄像机。

    Ends with status 1 when nothing was recorded, and says why.
    """
    if transport not in ("tcp", "udp"):
        raise typer.BadParameter("tcp or udp", param_hint="--transport")
    settings: EdgeSettings = EdgeSettings.load(config, data_dir=out)
    if password_file is not None:
        url = with_password(url, password_file)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("connecting", total=seconds)

        def show(elapsed: float, state: CameraState) -> None:
            words = f"{state.status.value} {state.bytes / 1e6:.1f} MB {state.detail}"
            progress.update(task, completed=elapsed, description=words)

        result = record_for(url, seconds, settings, SystemClock(), transport=transport, show=show)
    if as_json:
        sys.stdout.write(json.dumps(asdict(result), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(result, Console(soft_wrap=True))
    if not result.segments:
        raise typer.Exit(1)


def record_for(
    url: str,
    seconds: float,
    settings: EdgeSettings,
    clock: Clock,
    *,
    transport: str = "tcp",
    show: Callable[[float, CameraState], None] = lambda _elapsed, _state: None,
) -> Recorded:
    """Record `seconds` from the first picture on, into `settings.data_dir`. Gives up on a camera that shows nothing
    within 15 s, at once when only a person can help. `show(elapsed_s, state)` is called a few times a second.

    Raises LessonProofError RECORDER_RUNNING.
    """
    camera_id = camera_id_of(url)
    paths = BoxPaths(settings.data_dir)
    unit = UnitOfWork(open_engine(paths.database_url))
    upgrade(unit.engine, "box")
    recorder = Recorder(RecorderConfig.of(settings), unit, clock)
    recorder.start()
    from_ms, began = epoch_ms(clock.now()), clock.monotonic()
    until_ms = from_ms + round(seconds * 1000)
    first: float | None = None
    recorder.set_desired([CameraWish(camera_id=camera_id, url=SecretStr(url), transport=transport, until_ms=until_ms)])
    try:
        while True:
            clock.sleep(_TURN_S)
            state, now = recorder.status()[camera_id], clock.monotonic()
            if first is None and state.last_picture_ms is not None:
                first = now
            elapsed_s = 0.0 if first is None else now - first
            show(elapsed_s, state)
            if elapsed_s >= seconds or (first is None and _given_up(state, now - began)):
                break
    finally:
        recorder.stop(still_wanted=False)
    return _recorded(unit, camera_id, from_ms, epoch_ms(clock.now()), state)


def camera_id_of(url: str) -> str:
    """One camera, one id, whatever its password."""
    parts = urlsplit(url)
    return str(uuid5(NAMESPACE_URL, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}?{parts.query}"))


def with_password(url: str, password_file: Path) -> str:
    """`url` with the password of the file's first line. Raises LessonProofError PASSWORD_FILE, PASSWORD_USER."""
    try:
        password = password_file.read_text("utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise LessonProofError(
            "PASSWORD_FILE",
            zh=f"读不出密码文件 {password_file}",
            en=f"the password file {password_file} cannot be read",
        ) from None
    parts = urlsplit(url)
    userinfo, _, host = parts.netloc.rpartition("@")
    user = userinfo.partition(":")[0]
    if not user:
        raise LessonProofError(
            "PASSWORD_USER",
            zh="地址里缺少用户名:rtsp://用户名@地址/路径",
            en="the URL names no user: rtsp://user@address/path",
        )
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


def _given_up(state: CameraState, waited_s: float) -> bool:
    return state.status in _HOPELESS or waited_s > _CONNECT_LIMIT_S


def _recorded(unit: UnitOfWork, camera_id: str, from_ms: int, to_ms: int, state: CameraState) -> Recorded:
    with unit.read() as session:
        runs = runs_between(session, camera_id, from_ms, to_ms)
        segments = segments_between(session, camera_id, from_ms, to_ms)
        gaps = gaps_between(session, camera_id, from_ms, to_ms)
    last = runs[-1] if runs else None
    return Recorded(
        camera_id=camera_id,
        status=state.status.value,
        detail=state.detail,
        codec=last.codec if last else None,
        width=last.width if last else None,
        height=last.height if last else None,
        media_ms=sum(run.media_ms for run in runs),
        bytes=sum(segment.bytes for segment in segments),
        segments=tuple(
            RecordedSegment(segment.path, segment.start_ms, segment.media_ms, segment.bytes, segment.sha256)
            for segment in segments
        ),
        gaps=tuple(RecordedGap(gap.start_ms, gap.end_ms, gap.reason) for gap in gaps),
    )


def _print(result: Recorded, console: Console) -> None:
    if not result.segments:
        console.print(
            f"[red]没有录到任何画面[/]  nothing was recorded: {result.status} {result.detail}", highlight=False
        )
        return
    console.print(
        f"{result.media_ms / 1000:.1f} s  {result.codec} {result.width}x{result.height}  "
        f"{result.bytes / 1e6:.1f} MB  {len(result.segments)} segments  {len(result.gaps)} gaps",
        highlight=False,
    )
    for segment in result.segments:
        console.print(f"  {segment.path}  {segment.media_ms / 1000:.2f} s  sha256 {segment.sha256}", highlight=False)
    for gap in result.gaps:
        length = "" if gap.end_ms is None else f"{(gap.end_ms - gap.start_ms) / 1000:.2f} s"
        console.print(f"  [yellow]gap[/] {gap.reason} {length}", highlight=False)
