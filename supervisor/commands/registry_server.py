"""`supervisor registry-server`: the reference registry, to try the feed without a real one."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.console import Console

from supervisor.commands.serve import listen


def registry_server(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8095,
) -> None:
    """A registry to try the feed with: checks and keeps in memory what a centre sends. Not for real people's data.

    Prints its address and the token that the centre's [registry] table needs.
    """
    import uvicorn  # here, with what follows: `--help` need not wait for it

    from supervisor.registry.reference import ReferenceRegistry, registry_app

    token = secrets.token_urlsafe(24)
    listener = listen(host, port)
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"http://{host}:{listener.getsockname()[1]}\n{token}", markup=False)
    config = uvicorn.Config(registry_app(ReferenceRegistry(token)), access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listener])
