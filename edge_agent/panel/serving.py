"""The panel on the loopback address, for the screen at the box. A taken port is a warning, and stops no recording."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from config.clock import Clock
from config.settings import EdgeSettings
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.panel.codes import Ask, Codes
from edge_agent.panel.now import Now
from edge_agent.panel.roll import Roll
from supervisor.rules.evidence import ClockVoucher

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
_STOP_S = 1.0


@contextmanager
def serving(
    port: int,
    box: OpenBox,
    plans: PlanStore,
    settings: EdgeSettings,
    clock: Clock,
    now: Callable[[], Now],
    ask: Ask,
) -> Iterator[str | None]:
    """Serve while the block runs; the address, or None: off (port 0) or not to be had. `now`: what the agent at work
    knows; `ask`: the centre for a rotating code."""
    if port == 0:
        yield None
        return
    import uvicorn  # a box without a screen need not load a web server

    from edge_agent.panel.desk import Desk
    from edge_agent.panel.looking import Looking
    from edge_agent.panel.page import panel_app

    try:
        listener = socket.create_server((LOOPBACK, port))
    except OSError as error:
        log.warning("no panel: port %d of %s cannot be had (%s)", port, LOOPBACK, error.strerror)
        yield None
        return
    desk = Desk(box, settings, clock)
    codes, roll = Codes(ask, clock), Roll(box.work, plans, clock)
    looking = Looking(box.work, plans, clock, ClockVoucher(settings.clock_trust), now, codes, roll)
    app = panel_app(box, plans, settings, clock, desk, looking, roll)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([listener],), name="panel", daemon=True)
    thread.start()
    stop = threading.Event()
    asking = threading.Thread(target=codes.run, args=(stop,), name="codes", daemon=True)
    asking.start()
    log.info("panel at http://%s:%d", LOOPBACK, port)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        stop.set()
        server.should_exit = True
        desk.stop(_STOP_S)
        thread.join(_STOP_S)
        listener.close()
