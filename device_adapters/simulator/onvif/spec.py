"""What kind of ONVIF device a practice camera is: the strictness and the oddities of real ones, each a switch."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath

Authentication = Literal["usertoken", "http_digest", "either"]
OnvifFaultKind = Literal["silent", "garbage", "slow"]
"""silent: accepts and never answers; garbage: answers XML that is none; slow: answers after `slow_s`."""


class OnvifSpec(BaseModel):
    """The default is a well-behaved camera of today with WS-UsernameToken."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: Annotated[int, Field(ge=0, le=65535)] = 0  # HTTP; 0: any free one
    authentication: Authentication = "usertoken"  # http_digest: a SOAP token counts for nothing
    refusal_status: Literal[400, 401] = 400  # HTTP status of the NotAuthorized fault: cameras do either
    clock_skew_s: Annotated[float, Field(gt=0, le=3600)] = 5  # Created may be off the camera's own clock by this much
    zulu_only: bool = False  # Created must end in Z; +00:00 is refused
    tells_utc: bool = True  # false: GetSystemDateAndTime gives local time only
    media2: bool = True  # false: an older camera, without the service that knows H.265
    h265: bool = False  # the main stream is described as H.265 at an RTSP path that does not exist; H.264 is the second
    ptz: bool = False
    events: bool = True
    subscriptions_max: Annotated[int, Field(ge=1, le=32)] = 4
    certificate: FilePath | None = None  # PEM, key and certificate: then the port speaks TLS
    inside_address: IPv4Address | None = None  # behind NAT: every address it gives is this one, with its inside port
    fault: OnvifFaultKind | None = None  # from the start; `OnvifFault` in a script, later
    slow_s: Annotated[float, Field(gt=0, le=120)] = 8

    @property
    def scheme(self) -> str:
        return "http" if self.certificate is None else "https"
