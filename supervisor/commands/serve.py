"""`supervisor serve`: run the centre."""

from __future__ import annotations

import gc
import logging
import socket
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import LessonProofError


def serve(
    config: Annotated[Path | None, typer.Option(help="TOML file with the centre's settings.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder for database, keys and clips.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    allow_demo_rules: Annotated[
        bool, typer.Option("--allow-demo-rules", help="Classes under demo rules too; never where money is paid.")
    ] = False,
) -> None:
    """Run the centre: web console, check-in page and the boxes' interface, on SQLite unless configured otherwise.

    While nobody has an account, a one-time setup link for the first administrator is printed. There is no default
    password.
    """
    import uvicorn  # here, with what follows: `--help` and the other commands need not wait for it

    from config.clock import SystemClock
    from config.settings import CentreSettings
    from supervisor.accounts.service import first_setup_link, has_accounts
    from supervisor.app import app_of
    from supervisor.centre import open_centre
    from supervisor.live.sockets import WEBSOCKETS
    from supervisor.metrics import serve_metrics

    settings: CentreSettings = CentreSettings.load(
        config, data_dir=data, host=host, port=port, demo=allow_demo_rules or None
    )
    listener = listen(settings.host, settings.port)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    centre = open_centre(settings, SystemClock())
    serve_metrics(centre)
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"LessonProof 课时明证: {centre.public_url}")
    if not has_accounts(centre):
        link = first_setup_link(centre)
        out.print(f"首个管理员的一次性设置链接 (24 h) · first administrator, one-time link:\n{link.url}")
    server = uvicorn.Server(
        uvicorn.Config(
            app_of(centre),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            **WEBSOCKETS,
        )
    )
    gc.freeze()  # what stands now stays: a collector that walks it all holds up every request for a quarter of a second
    server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """Before anything is printed, so that the printed address is the real one, and who is early waits."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise LessonProofError(
            "ADDRESS_IN_USE",
            zh=f"无法监听 {host}:{port}({error.strerror}):换一个端口,如 --port 8081",
            en=f"cannot listen on {host}:{port} ({error.strerror}): choose another port, e.g. --port 8081",
        ) from None
    return listener
