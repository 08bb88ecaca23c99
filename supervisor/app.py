"""The centre as one ASGI application: routers, errors, gate, scheduled work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute, _IncludedRouter
from sqlalchemy import text
from starlette.routing import BaseRoute

from config.clock import Clock
from config.errors import LessonProofError
from config.settings import CentreSettings
from supervisor import packages, problems
from supervisor.accounts.endpoints import router as accounts
from supervisor.alarms import router as alarms
from supervisor.archives.endpoints import router as archives
from supervisor.attendance.endpoints import router as attendance
from supervisor.attendance.staff_endpoints import box_router as box_attendance
from supervisor.attendance.staff_endpoints import router as staff_attendance
from supervisor.audit.endpoints import router as log
from supervisor.audit.events import router as events
from supervisor.bundles.endpoints import router as bundles
from supervisor.callers import CentreDep
from supervisor.centre import Centre, open_centre
from supervisor.changes.endpoints import router as changes
from supervisor.classes.endpoints import router as classes
from supervisor.conditional import Conditional
from supervisor.console.pages import router as console
from supervisor.decisions.endpoints import router as decisions
from supervisor.devices.endpoints import box_router as boxes
from supervisor.devices.endpoints import router as devices
from supervisor.devices.endpoints import witness_router as witness
from supervisor.exams.endpoints import router as exams
from supervisor.exports.endpoints import router as exports
from supervisor.gate import Gate
from supervisor.histories.endpoints import router as histories
from supervisor.inspections.endpoints import router as inspections
from supervisor.inspections.record_endpoints import router as inspection_records
from supervisor.institutions.endpoints import router as institutions
from supervisor.jobs import scheduler
from supervisor.leave.endpoints import router as leave
from supervisor.lessons.endpoints import box_router as box_lessons
from supervisor.lessons.endpoints import router as lessons
from supervisor.live.endpoints import box_router as box_live
from supervisor.live.endpoints import router as live
from supervisor.openapi import describe
from supervisor.openings.endpoints import router as openings
from supervisor.patrol.endpoints import router as patrols
from supervisor.patrol.wall_endpoints import router as wall
from supervisor.playback.endpoints import router as playback
from supervisor.privacy.endpoints import router as privacy
from supervisor.registry.endpoints import router as registry
from supervisor.retention.endpoints import router as holds
from supervisor.rosters.endpoints import router as rosters
from supervisor.sampling.endpoints import router as sampling
from supervisor.selfies.endpoints import box_router as box_selfies
from supervisor.selfies.endpoints import router as selfies
from supervisor.spans.endpoints import box_router as box_spans
from supervisor.spans.endpoints import router as spans

_ROUTERS = (
    accounts,
    alarms,
    classes,
    institutions,
    openings,
    devices,
    boxes,
    witness,
    log,
    events,
    attendance,
    leave,
    changes,
    staff_attendance,
    box_attendance,
    selfies,
    box_selfies,
    histories,
    lessons,
    playback,
    bundles,
    archives,
    box_lessons,
    live,
    box_live,
    spans,
    box_spans,
    holds,
    privacy,
    rosters,
    registry,
    patrols,
    wall,
    sampling,
    inspections,
    inspection_records,
    decisions,
    exams,
    exports,
    console,
)


def _flat(found: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Not `include_router`: that works out every route once more for each application, and asks router by router at
    each request. So nothing may be said at a router's inclusion."""
    for route in found:
        if isinstance(route, _IncludedRouter):
            said = route.include_context
            assert not (said.prefix or said.dependencies or said.responses), said
            yield from _flat(route.original_router.routes)
        else:
            yield route


_ROUTES = [route for router in _ROUTERS for route in _flat(router.routes)]


def create_app(settings: CentreSettings, clock: Clock) -> FastAPI:
    """Opens (and migrates) the database at once, so that a centre that cannot work does not start."""
    return app_of(open_centre(settings, clock))


def app_of(centre: Centre) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        packages.sweep(centre)
        jobs = scheduler(centre)
        jobs.start()
        try:
            yield
        finally:
            jobs.shutdown(wait=True)
            centre.uow.engine.dispose()

    app = FastAPI(title="LessonProof", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.centre = centre
    problems.install(app)
    app.add_middleware(Conditional)
    app.add_middleware(Gate)
    app.router.routes.extend(_ROUTES)
    app.add_api_route("/healthz", _healthy, include_in_schema=False, openapi_extra={"x-roles": ["anyone"]})
    app.add_api_route("/readyz", _ready, include_in_schema=False, openapi_extra={"x-roles": ["anyone"]})
    app.add_api_route("/api/openapi.json", _document, include_in_schema=False, openapi_extra={"x-roles": ["anyone"]})
    return app


def _document(request: Request) -> dict[str, Any]:
    return documented(request.app)


def documented(app: FastAPI) -> dict[str, Any]:
    """The API's description; made when first asked for: it takes longer than most answers."""
    if not hasattr(app.state, "document"):
        app.state.document = describe(app, [route for route in app.routes if isinstance(route, APIRoute)])
    document: dict[str, Any] = app.state.document
    return document


def _healthy() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def _ready(centre: CentreDep) -> dict[str, str]:
    """The database and the archive answer. Raises LessonProofError NOT_READY (503)."""
    try:
        with centre.uow.read() as session:
            session.execute(text("SELECT 1"))
        centre.store.head("ready")
    except Exception as error:
        raise LessonProofError(
            "NOT_READY", status=503, zh="数据库或归档暂不可用", en="the database or the archive does not answer"
        ) from error
    return {"status": "ready"}
