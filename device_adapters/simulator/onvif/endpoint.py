"""Between HTTP and the services: who may ask, what is asked, and whether it is asked in the right shape."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from lxml import etree

from config.clock import Clock
from device_adapters.simulator.camera import PracticeCamera
from device_adapters.simulator.digest import Credentials
from device_adapters.simulator.onvif import http
from device_adapters.simulator.onvif.http_digest import DigestCheck
from device_adapters.simulator.onvif.operation import Asked, Operation, Service
from device_adapters.simulator.onvif.profiles import Profile
from device_adapters.simulator.onvif.snapshot import snapshot
from device_adapters.simulator.onvif.soap import NS, Element, Envelope, SoapFault, el, read_envelope, write_envelope
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.onvif.usertoken import TokenCheck

log = logging.getLogger(__name__)


class Endpoint:
    def __init__(
        self, camera: PracticeCamera, spec: OnvifSpec, who: Credentials, rtsp_port: int,
        profiles: tuple[Profile, ...], services: Iterable[Service], clock: Clock,
    ) -> None:  # fmt: skip
        self._camera, self._spec, self._rtsp_port, self._clock = camera, spec, rtsp_port, clock
        self._services = {service.path: service for service in services}
        self._snapshots = {profile.snapshot_path for profile in profiles}
        self._tokens = TokenCheck(who, skew_s=spec.clock_skew_s, zulu_only=spec.zulu_only)
        self._digests = DigestCheck(who)

    async def answer(self, request: http.Request, host: str, port: int) -> bytes:
        """The HTTP response to a request that came in at this `host` and `port` of ours."""
        if request.method == "GET" and request.path in self._snapshots:
            return await self._picture(request)
        service = self._service(request.path)
        if service is None:
            return http.response(404)
        if request.method != "POST":
            return http.response(405, headers=[("Allow", "POST")])
        if request.content_type != "application/soap+xml":
            return http.response(415)
        try:
            envelope = read_envelope(request.body)
            operation = _operation(service, envelope)
            if (operation is None or not operation.is_public) and not self._may_ask(request, envelope):
                if self._spec.authentication != "usertoken":
                    return self._challenge()
                status = self._spec.refusal_status
                raise SoapFault("env:Sender", ["ter:NotAuthorized"], "Sender not Authorized", status=status)
            if operation is None:
                raise SoapFault("env:Receiver", ["ter:ActionNotSupported"], "no such action here")
            operation.check(envelope.content)
            asked = self._asked(request, envelope, host, port)
            return http.response(200, write_envelope(await operation.answer(asked), _addressing(envelope)))
        except SoapFault as fault:
            log.debug("refused: %s", fault)
            return http.response(fault.status, write_envelope(fault.element()))

    def _service(self, path: str) -> Service | None:
        """By its path; what is below a service's path (a subscription) is the service's too."""
        for place, service in self._services.items():
            if path == place or path.startswith(f"{place}/"):
                return service
        return None

    def _may_ask(self, request: http.Request, envelope: Envelope) -> bool:
        if self._spec.authentication != "usertoken" and self._proves_password(request):
            return True
        if self._spec.authentication == "http_digest":
            return False
        refusal = self._tokens.refusal(envelope.header, self._camera.moment()[0], self._clock.monotonic())
        if refusal is not None:
            log.info("a request was refused: %s", refusal)
        return refusal is None

    def _proves_password(self, request: http.Request) -> bool:
        authorization = request.headers.get("authorization", "")
        return self._digests.accepts(authorization, request.method, request.target, self._clock.monotonic())

    def _challenge(self) -> bytes:
        return http.response(401, headers=self._digests.challenge(self._clock.monotonic()))

    async def _picture(self, request: http.Request) -> bytes:
        if not self._proves_password(request):
            return self._challenge()
        picture = await snapshot(self._camera)
        return http.response(404) if picture is None else http.response(200, picture, "image/jpeg")

    def _asked(self, request: http.Request, envelope: Envelope, host: str, port: int) -> Asked:
        inside = self._spec.inside_address
        if inside is not None:
            http_base, rtsp_base = f"{self._spec.scheme}://{inside}", f"rtsp://{inside}:{self._rtsp_port}"
        else:
            known = f"[{host}]" if ":" in host else host
            http_base, rtsp_base = f"{self._spec.scheme}://{known}:{port}", f"rtsp://{known}:{self._rtsp_port}"
        return Asked(envelope.content, envelope, request.path, self._camera.moment()[0], http_base, rtsp_base)


def _addressing(envelope: Envelope) -> list[Element]:
    """WS-Addressing headers of the answer, where the request had them."""
    action, message = envelope.header_text("wsa:Action"), envelope.header_text("wsa:MessageID")
    header = [el("wsa:Action", f"{action}Response")] if action else []
    return [*header, el("wsa:RelatesTo", message)] if message else header


def _operation(service: Service, envelope: Envelope) -> Operation | None:
    name = etree.QName(envelope.content)
    if name.namespace not in {NS[prefix] for prefix in service.prefixes}:
        return None
    return service.operations.get(name.localname)
