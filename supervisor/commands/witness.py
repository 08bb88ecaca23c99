"""`supervisor witness`: watch the log of a centre, on a machine of one's own."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from config.errors import LessonProofError
from supervisor.commands.serve import listen


def _name(name: str | None) -> str | None:
    if name is not None and not re.fullmatch(r"[A-Za-z0-9./_-]{3,88}", name):
        raise typer.BadParameter("3 to 88 letters, digits, dots, dashes, underscores and slashes")
    return name


def witness(
    log: Annotated[str, typer.Option(help="The log's verifier key: `log` in the centre's /log/keys.")],
    key: Annotated[Path, typer.Option(help="File of this witness's private key; made by the first start.")],
    state: Annotated[Path, typer.Option(help="File with what was cosigned last; made with the key.")],
    name: Annotated[
        str | None, typer.Option(callback=_name, help="Part of the verifier key; none: made of the key.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = 8090,
) -> None:
    """Cosign a centre's log for as long as it only grows, so that the centre cannot rewrite its record unseen.

    For a finance bureau or an audit office, on a machine that the centre's people do not run, behind a reverse proxy
    that ends TLS. Prints this witness's verifier key: the centre needs it in `[[witnesses]]`, and so does everybody who
    checks evidence. Keep both files together; a copy of an old state must never be put back.
    """
    import uvicorn  # here, with what follows: `--help` need not wait for it

    from config.clock import SystemClock
    from storage.evidence.cosigner import Cosigner
    from storage.evidence.note import ED25519, parse_vkey
    from supervisor.witness import app_of

    log_key = parse_vkey(log)
    if log_key.kind != ED25519:
        raise LessonProofError(
            "VKEY_INVALID", zh="--log 不是日志的密钥(类型 0x01)", en="--log is not the key of a log (type 0x01)"
        )
    cosigner = Cosigner(log_key, key, state, SystemClock(), name)
    listener = listen(host, port)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"{cosigner.verifier}\nhttp://{host}:{listener.getsockname()[1]}", markup=False)
    server = uvicorn.Server(
        uvicorn.Config(
            app_of(cosigner),
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=100,
            timeout_graceful_shutdown=10,
        )
    )
    server.run(sockets=[listener])
    cosigner.close()
