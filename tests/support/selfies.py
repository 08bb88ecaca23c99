"""A class whose rules take selfies, a box with a sealing key, and the phone of a trainee who agreed."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from config.clock import epoch_ms
from edge_agent.identity.sealing import SealingKeys
from supervisor.contract.sealing import SUITE, SealingKey, selfie_info
from supervisor.contract.state import BoxState, DiskReport
from supervisor.selfies.models import Selfie
from tests.support.county import START, County, School, post

PROFILE = "000000-demo.3"


def selfie_county(folder: Path, database_url: str | None = None) -> County:
    """Twenty minutes before the class begins: its doors are open."""
    county = County(folder, database_url, profile=PROFILE, plan_minutes=90)
    county.clock.step((START - timedelta(minutes=20) - county.clock.now()).total_seconds())
    return county


def offer(county: County, school: School, keys: SealingKeys | None) -> SealingKey | None:
    """The school's box tells the centre of its key; None: it takes no selfies."""
    county.clock.step(1)
    key = keys.current() if keys else None
    state = BoxState(
        at=county.clock.now(), version="1", cameras=(), lessons=(), backlog_entries=0, backlog_clips=0,
        disk=DiskReport(total_bytes=10, free_bytes=5, admission_ok=True), sealing_key=key,
    )  # fmt: skip
    answer = school.box_client.post("/api/box/state", content=state.model_dump_json())
    assert answer.status_code == 204, answer.text
    return key


def path_of(school: School) -> str:
    return f"/api/checkin/{school.session['code']}"


def phone_of(county: County, school: School, who: int = 0, direction: str = "in") -> httpx.Client:
    """The phone that checked trainee number `who` in."""
    phone, (name, number) = county.client(), school.trainees[who]
    wanted = {"name": name, "id_last4": number[-4:], "direction": direction,
              "idempotency_key": secrets.token_urlsafe(16)}  # fmt: skip
    post(phone, path_of(school), wanted, 200)
    return phone


def say(phone: httpx.Client, school: School, given: bool, purpose: str = "selfie") -> None:
    version = phone.get(f"{path_of(school)}/notice").json()["version"]
    wanted = {"purpose": purpose, "given": given, "text_version": version}
    post(phone, f"{path_of(school)}/consents", wanted, 201)


def sealed_for(door: dict[str, Any], picture: bytes, made_ms: int = epoch_ms(START), **as_what: str) -> dict[str, Any]:
    """What a phone posts. `door`: what the centre told it; `as_what`: seal it as something else."""
    key = SealingKey.model_validate(door["key"])
    point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), base64.b64decode(key.public_key))
    told = {"session_id": door["session_id"], "trainee": door["trainee"], "direction": door["direction"]} | as_what
    info = selfie_info(UUID(told["session_id"]), told["trainee"], told["direction"], made_ms, key.key_id)
    sealed = base64.b64encode(SUITE.encrypt(picture, point, info)).decode()
    return {"direction": door["direction"], "made_ms": made_ms, "key_id": key.key_id, "sealed": sealed}


def jpeg(path: Path, side: int = 640) -> bytes:
    """A photograph as small as the phone makes it."""
    picture = cv2.imread(str(path))
    assert picture is not None
    scale = side / max(picture.shape[:2])
    made, octets = cv2.imencode(".jpg", cv2.resize(picture, None, fx=scale, fy=scale), [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert made
    return octets.tobytes()


def rows(county: County) -> list[Selfie]:
    with county.centre.uow.read() as session:
        return session.query(Selfie).order_by(Selfie.received_at).all()
