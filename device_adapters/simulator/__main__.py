"""`python -m device_adapters.simulator`: practice cameras for installers, the demo and anybody who is curious."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from config.clock import SystemClock
from config.errors import LessonProofError
from config.settings import cache_home
from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.faces import fetch_photograph, load_photograph
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.script import CameraSpec, ServerSpec, load_spec
from device_adapters.simulator.server import PracticeServer, credentials

app = typer.Typer(add_completion=False)


@app.command()
def simulate(
    config: Annotated[
        Path | None, typer.Option(help="JSON file: address, password, cameras and their scripts.")
    ] = None,
    people: Annotated[int, typer.Option(help="People in the room (one camera, without --config).")] = 12,
    room: Annotated[str, typer.Option(help="Name of the room, shown in the picture.")] = "101",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8554,
    user: Annotated[str, typer.Option(help="User name of the camera.")] = "camera",
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password; made with a random one if it is not there.")
    ] = None,
    onvif_port: Annotated[
        int | None,
        typer.Option(help="Port of its ONVIF device; 0 takes a free one.", min=0, max=65535),
    ] = None,
    discovery: Annotated[bool, typer.Option("--discovery", help="Answer WS-Discovery for it (UDP 3702).")] = False,
    fetch: Annotated[bool, typer.Option("--fetch", help="Only bring the photograph the faces come from.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Only print the JSON schema of the config file.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell of connections.")] = False,
) -> None:
    """Practice cameras: a classroom with real faces as live H.264 over RTSP (TCP, Digest), with faults on a script.

    Prints one line of JSON for each camera that is ready, with its address (the password is in the file it names),
    and runs until Ctrl-C or SIGTERM. With --onvif-port the camera is an ONVIF device too. Try it:

    python -m device_adapters.simulator --people 12 --password-file p.txt

    ffplay -rtsp_transport tcp "rtsp://camera:$(cat p.txt)@127.0.0.1:8554/camera"
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s")
    if schema:
        typer.echo(json.dumps(ServerSpec.model_json_schema(), ensure_ascii=False, indent=2))
        return
    try:
        fetch_photograph(progress=lambda line: typer.echo(line, err=True))
        if not fetch:
            one = {"host": host, "port": port, "user": user, "password_file": password_file, "discovery": discovery}
            spec = load_spec(config) if config else _one_camera(people, room, onvif_port, one)
            asyncio.run(_serve(spec, *credentials(spec, cache_home() / "practice-camera.password")))
    except LessonProofError as error:
        typer.echo(f"{error.zh}\n{error.en}", err=True)
        raise typer.Exit(1) from None


def _one_camera(people: int, room: str, onvif_port: int | None, server: Mapping[str, Any]) -> ServerSpec:
    try:
        onvif = None if onvif_port is None else OnvifSpec(port=onvif_port)
        camera = CameraSpec(path="/camera", room=room, people=people, onvif=onvif)
        return ServerSpec(**server, cameras=(camera,))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise typer.BadParameter(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


async def _serve(spec: ServerSpec, who: Credentials, password_file: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with PracticeServer(spec, who, load_photograph(), SystemClock()) as server:
        for path, camera in server.cameras.items():
            line = {"ready": path, "room": camera.spec.room, "url": server.url(path, redacted=True), "user": who.user}
            if path in server.onvif:
                line["onvif"] = server.onvif[path].url()
            if password_file is not None:
                line["password_file"] = str(password_file)
            typer.echo(json.dumps(line, ensure_ascii=False))
        await stop.wait()


if __name__ == "__main__":
    app()
