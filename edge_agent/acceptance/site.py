"""A camera of this box by its code: the address is in the site's configuration, its name in the centre's plan."""

from __future__ import annotations

from dataclasses import dataclass

from config.errors import LessonProofError
from config.settings import CameraSettings, EdgeSettings
from edge_agent.lessons.plan import PlanStore


@dataclass(frozen=True, slots=True)
class SiteCamera:
    """`podium`: teachers are visible, and counted too."""

    code: str
    camera_id: str
    room: str
    podium: bool
    settings: CameraSettings


def site_cameras(plans: PlanStore, settings: EdgeSettings) -> list[SiteCamera]:
    """Those that both sides know, in the centre's order."""
    plan = plans.current()
    addresses = {camera.code: camera for camera in settings.cameras}
    return [
        SiteCamera(one.code, str(one.camera_id), one.room_name, one.podium_in_zone, addresses[one.code])
        for one in (() if plan is None else plan.state.cameras)
        if one.code in addresses
    ]


def site_camera(plans: PlanStore, settings: EdgeSettings, code: str) -> SiteCamera:
    """Raises LessonProofError CAMERA_NOT_CONFIGURED, CAMERA_NOT_REGISTERED (404)."""
    for camera in site_cameras(plans, settings):
        if camera.code == code:
            return camera
    if code not in {camera.code for camera in settings.cameras}:
        raise LessonProofError(
            "CAMERA_NOT_CONFIGURED",
            status=404,
            zh=f"本盒子的配置里没有摄像头 {code}:请先运行 edge-agent camera add",
            en=f"no camera {code} in this box's configuration: run edge-agent camera add first",
        )
    raise LessonProofError(
        "CAMERA_NOT_REGISTERED",
        status=404,
        zh=f"中心还没有为本盒子登记摄像头 {code},或盒子还没有收到计划:请在中心登记,并运行一次 edge-agent run",
        en=f"the centre has told of no camera {code} for this box: register it there, and let edge-agent run once",
    )
