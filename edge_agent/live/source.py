"""Which stream of which camera is shown live, and when: the sub-stream where there is one, and only while the plan has
the box record it. A centre that is not what it was can look into no room outside a lesson."""

from __future__ import annotations

from config.clock import Clock
from config.settings import CameraSettings, EdgeSettings
from device_adapters.cameras.rtsp import RtspCamera
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.timetable import recording_now, recordings


class LiveCameras:
    def __init__(self, settings: EdgeSettings, plans: PlanStore, clock: Clock) -> None:
        self._settings = settings
        self._addresses: dict[str, CameraSettings] = {camera.code: camera for camera in settings.cameras}
        self._plans = plans
        self._clock = clock

    def camera(self, camera_id: str) -> RtspCamera | None:
        """None: the plan or the site's configuration does not know it."""
        plan = self._plans.current()
        known = () if plan is None else plan.state.cameras
        code = next((camera.code for camera in known if str(camera.camera_id) == camera_id), None)
        address = None if code is None else self._addresses.get(code)
        if address is None:
            return None
        return RtspCamera(
            (address.live_url or address.url).get_secret_value(),
            networks=self._settings.camera_networks,
            clock=self._clock,
            transport=address.transport,
            stall_after_s=self._settings.stall_after_s,
            collect_s=0.0,
        )

    def recording(self, camera_id: str) -> bool:
        plan = self._plans.current()
        if plan is None:
            return False
        stretches = recordings(plan.hours(), self._settings.lead_s)
        return camera_id in recording_now(stretches, self._clock.now())
