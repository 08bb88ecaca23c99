"""The people of the demo, each signed in over the centre's HTTP API as a browser would be."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from config.errors import LessonProofError

LIMIT_S = 15


class Person:
    """One account with its own cookies. Errors of the centre come back as they were: with their code and sentence."""

    def __init__(self, centre_url: str) -> None:
        self._http = httpx.Client(base_url=centre_url, timeout=LIMIT_S, headers={"Origin": centre_url})

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._answer(method, path, body)
        return answer.json() if answer.content else None

    def download(self, path: str, target: Path) -> Path:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(self._answer("GET", path).content)
        return target

    def _answer(self, method: str, path: str, body: Any = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise LessonProofError(
                "CENTRE_UNREACHABLE", status=503, zh=f"连不上中心端:{error}", en=f"the centre does not answer: {error}"
            ) from None
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        raise LessonProofError(
            problem.get("code", "CENTRE_ANSWER"),
            status=answer.status_code,
            zh=problem.get("title_zh", f"{method} {path}:{answer.status_code}"),
            en=problem.get("title", f"{method} {path}: {answer.status_code}"),
            where=problem.get("where"),
        )

    def redeem(self, setup_url: str, **who: str) -> None:
        """Follow a one-time setup link: choose a password nobody else knows, and be signed in."""
        token = urlsplit(setup_url).path.rsplit("/", 1)[-1]
        password = secrets.token_urlsafe(18)
        account = self.call("POST", f"/api/setup/{token}", {**who, "password": password})
        self.call("POST", "/api/session", {"username": account["username"], "password": password})
