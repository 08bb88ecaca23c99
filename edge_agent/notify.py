"""Telling systemd that the box is up and alive (sd_notify(3)): a datagram on the socket named in the environment.
Without systemd there is no such socket, and nothing happens.
"""

from __future__ import annotations

import logging
import os
import socket

log = logging.getLogger(__name__)

READY = "READY=1"
ALIVE = "WATCHDOG=1"
STOPPING = "STOPPING=1"


def notify(state: str) -> None:
    """Never raises and never waits: who keeps watch must not be able to stop us."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto(state.encode(), address)
    except OSError as error:
        log.debug("systemd does not listen: %s", error)
