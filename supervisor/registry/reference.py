"""A reference registry: what a real-name registry must do for the HTTP adapter, for tests and demonstrations.

It checks what it is sent (schema, idempotency, order of each subject), keeps it in memory, and can be told to fail.
"""

from __future__ import annotations

import hmac
import threading
import time
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.clock import CHINA

PAGE = 500
Fault = Literal["unavailable", "slow", "lose_acknowledgement", "refuse"]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, Field(min_length=1, max_length=96)]
    kind: Literal["check_in", "lesson_verdict", "class_state", "clip_manifest", "roster_entry", "leave", "papers"]
    subject: Annotated[str, Field(pattern=r"^(person|class):[0-9a-f-]{36}$")]
    n: Annotated[int, Field(ge=1)]
    event_at: AwareDatetime
    fields: Annotated[dict[str, Any], Field(min_length=1)]


@dataclass
class ReferenceRegistry:
    """`faults`: what happens to the next messages, one each. `seen`: every key that was posted, again and again."""

    token: str
    slow_s: float = 5.0
    held: dict[str, Message] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, message: Message) -> tuple[int, dict[str, str]]:
        with self._lock:
            known = self.held.get(message.key)
            if known is not None:
                if known != message:
                    return 409, {"words": "编号已用于另一条内容"}
                return 200, {"ref": f"R-{message.key}"}
            if message.n <= self.last.get(message.subject, 0):
                return 409, {"words": "次序不对:后面的已经收到"}
            self.held[message.key] = message
            self.last[message.subject] = message.n
            return 201, {"ref": f"R-{message.key}"}

    def fault(self, key: str) -> Fault | None:
        with self._lock:
            self.seen.append(key)
            return self.faults.pop(0) if self.faults else None

    def day(self, day: date, after: str) -> dict[str, Any]:
        with self._lock:
            keys = sorted(key for key, one in self.held.items() if key > after and _day(one.event_at) == day)
            page = keys[:PAGE]
            rows = [
                self.held[key].model_dump(mode="json", include={"key", "kind", "subject", "fields"}) for key in page
            ]
        return {"messages": rows, "next": page[-1] if len(keys) > PAGE else None}


def registry_app(registry: ReferenceRegistry) -> FastAPI:
    app = FastAPI(title="Reference registry", docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(RequestValidationError)
    def _invalid(_request: Request, error: RequestValidationError) -> Response:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        return JSONResponse({"words": f"数据项 {where} 不符合要求"}, status_code=422)

    def refused(authorization: str) -> Response | None:
        right = hmac.compare_digest(authorization.encode(), f"Bearer {registry.token}".encode())
        return None if right else JSONResponse({"words": "未授权"}, status_code=401)

    @app.post("/messages")
    def take(
        message: Message,
        authorization: Annotated[str, Header()] = "",
        idempotency_key: Annotated[str, Header()] = "",
    ) -> Response:
        if (no := refused(authorization)) is not None:
            return no
        if idempotency_key != message.key:
            return JSONResponse({"words": "Idempotency-Key 与编号不符"}, status_code=422)
        fault = registry.fault(message.key)
        if fault == "unavailable":
            return JSONResponse({"words": "系统维护"}, status_code=503)
        if fault == "refuse":
            return JSONResponse({"words": f"人员信息不一致:{message.fields.get('aac002', '')}"}, status_code=422)
        status, answer = registry.take(message)
        if fault == "slow":
            time.sleep(registry.slow_s)
        if fault == "lose_acknowledgement":
            # Promises more than it sends, so that the connection breaks off within the answer.
            return Response(b"{", status_code=status, headers={"Content-Length": "4096"})
        return JSONResponse(answer, status_code=status)

    @app.get("/days/{day}")
    def of_day(day: date, after: str = "", authorization: Annotated[str, Header()] = "") -> Response:
        return refused(authorization) or JSONResponse(registry.day(day, after))

    return app


def _day(at: datetime) -> date:
    return at.astimezone(CHINA).date()
