"""How uvicorn serves the WebSockets of live pictures."""

from __future__ import annotations

from typing import Any

from supervisor.contract.live import HEARTBEAT_S, MAX_FRAME

WEBSOCKETS: dict[str, Any] = {
    "ws": "websockets-sansio",
    "ws_max_size": MAX_FRAME,
    "ws_per_message_deflate": False,  # pictures are compressed; trying again would only cost
    "ws_ping_interval": HEARTBEAT_S,
    "ws_ping_timeout": HEARTBEAT_S,
}
