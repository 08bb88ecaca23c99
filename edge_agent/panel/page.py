"""The panel's pages: the classroom's board, and an installer who tries a camera and draws its zones."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import cv2
import numpy as np
from fastapi import Body, FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict
from starlette.types import ASGIApp

from config.clock import CHINA, Clock, epoch_ms, from_epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.acceptance.advice import verdict_of
from edge_agent.acceptance.figures import is_good
from edge_agent.acceptance.heat_map import jpeg
from edge_agent.acceptance.outlook import outlook
from edge_agent.acceptance.pictures import pictures
from edge_agent.acceptance.record import set_zones, standing, zones_in_force
from edge_agent.acceptance.site import SiteCamera, site_camera, site_cameras
from edge_agent.acceptance.trial import EVERY_S, MINUTES, Plan
from edge_agent.acceptance.zones_file import parse_zones
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.panel.cards import Cards
from edge_agent.panel.classroom import classroom_router, environment
from edge_agent.panel.desk import Desk
from edge_agent.panel.guard import Guard
from edge_agent.panel.looking import Looking
from edge_agent.panel.roll import Roll
from edge_agent.panel.words import language_of, words
from edge_agent.vision.view import view_of
from supervisor.contract.log import AcceptanceSession

_HERE = Path(__file__).parent
_STILL_WIDTH = 1280
_Code = Annotated[str, Query(max_length=64)]


class Start(BaseModel):
    model_config = ConfigDict(extra="forbid")
    camera: str
    known: int
    minutes: float = MINUTES
    every_s: float = EVERY_S


def panel_app(
    box: OpenBox, plans: PlanStore, settings: EdgeSettings, clock: Clock, desk: Desk, looking: Looking, roll: Roll
) -> ASGIApp:
    token = secrets.token_urlsafe(24)
    app = FastAPI(title="LessonProof panel", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    one_still = Lock()  # each opens the camera

    def camera_of(code: str) -> SiteCamera:
        return site_camera(plans, settings, code)

    @app.exception_handler(LessonProofError)
    def problem(request: Request, error: LessonProofError) -> JSONResponse:
        return JSONResponse(error.problem(), status_code=error.status, media_type="application/problem+json")

    app.include_router(classroom_router(looking, roll, Cards(plans, clock, roll), token))

    @app.get("/acceptance")
    def page(request: Request, camera: _Code | None = None, lang: str | None = None) -> HTMLResponse:
        language = language_of(lang, request.headers.get("accept-language", ""))
        cameras = site_cameras(plans, settings)
        chosen = next((one for one in cameras if one.code == camera), cameras[0] if cameras else None)
        context: dict[str, Any] = {"cameras": cameras, "chosen": chosen, "lang": language, "t": words(language)}
        if chosen is not None:
            context |= _facts(chosen, language)
        return HTMLResponse(environment().get_template("acceptance.html").render(token=token, **context))

    def _facts(camera: SiteCamera, language: str) -> dict[str, Any]:
        with box.work.read() as session:
            now = standing(session, camera.camera_id)
            zones = zones_in_force(view_of(session, camera.camera_id))
        outcome = desk.outcome(camera.code)
        trial = None if outcome is None else outcome.trial
        fault = None if outcome is None else outcome.fault
        return {
            "running": desk.progress(),
            "minutes": MINUTES,
            "sessions": [_shown(one) for one in reversed(now.sessions)],
            "outlook": [getattr(one, language) for one in outlook(now)],
            "passed": now.passed,
            "zones": zones.model_dump(mode="json"),
            "fault": None if fault is None else getattr(fault, language),
            "result": None
            if trial is None
            else _shown(trial.session)
            | {
                "verdict": getattr(verdict_of(trial.session), language),
                "advice": [getattr(advice, language) for advice in trial.advice],
            },
        }

    @app.get("/acceptance/state")
    def state() -> dict[str, Any]:
        running = desk.progress()
        return {"running": None if running is None else asdict(running)}

    @app.post("/acceptance/start", status_code=204)
    def start(wanted: Annotated[Start, Body()]) -> None:
        desk.start(camera_of(wanted.camera), Plan(wanted.known, wanted.minutes, wanted.every_s))

    @app.post("/acceptance/stop", status_code=204)
    def stop() -> None:
        desk.stop()

    @app.get("/acceptance/heat.jpg")
    def heat_map(camera: _Code) -> Response:
        outcome = desk.outcome(camera)
        if outcome is None or not outcome.heat_map:
            return Response(status_code=404)
        return Response(outcome.heat_map, media_type="image/jpeg")

    @app.get("/acceptance/still.jpg")
    def still(camera: _Code) -> Response:
        """The room as it is now. Raises what `pictures` raises."""
        chosen = camera_of(camera)
        with one_still:
            source = pictures(box.paths.recordings, chosen.camera_id, chosen.settings, settings, clock, lambda: False)
            image = next(source).image
        scale = min(1.0, _STILL_WIDTH / image.shape[1])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return Response(jpeg(np.asarray(small, np.uint8)), media_type="image/jpeg")

    @app.post("/acceptance/zones", status_code=204)
    async def zones(request: Request, camera: _Code) -> None:
        wanted, chosen = parse_zones(await request.body()), camera_of(camera)
        desk.check_free()
        await run_in_threadpool(set_zones, box.work, chosen.camera_id, wanted, epoch_ms(clock.now()))

    return Guard(app, token)


def _shown(session: AcceptanceSession) -> dict[str, Any]:
    at = from_epoch_ms(session.start_ms).astimezone(CHINA)
    return session.model_dump() | {"at": f"{at:%m-%d %H:%M}", "good": is_good(session)}
