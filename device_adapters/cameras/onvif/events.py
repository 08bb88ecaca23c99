"""What a camera reports of itself: a PullPoint subscription (ONVIF Core §9.2), opened only when asked for and always
given back, because a camera has room for a handful and keeps a forgotten one for minutes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree

from config.clock import Clock
from device_adapters.cameras.onvif.addresses import Entrance
from device_adapters.cameras.onvif.plain import plain
from device_adapters.cameras.onvif.soap import Caller
from device_adapters.interfaces import CameraEvent, OnvifFault

TERM_S = 60  # a subscription nobody renews
_PULL_S = 2  # the camera holds an answer back this long; well within the limit of one call
_LEAST_S = 1  # whole seconds: not every camera reads PT0.5S
_MAX_ITEMS = 32
_MAX_MESSAGES = 64


def pull_events(caller: Caller, entrance: Entrance, address: str, clock: Clock, for_s: float) -> Iterator[CameraEvent]:
    """Events of `for_s` seconds, or up to one second more. Raises OnvifFault; the subscription is given back whatever
    happens."""
    opened = caller.call(
        "events", "EventBinding", address, "CreatePullPointSubscription", {"InitialTerminationTime": f"PT{TERM_S}S"}
    )
    reference = getattr(opened, "SubscriptionReference", None)
    pullpoint = entrance.service(_text_of(getattr(reference, "Address", None)))
    headers = _reference_parameters(reference)
    end, renew_at = clock.monotonic() + for_s, clock.monotonic() + TERM_S / 2
    try:
        while (left_s := end - clock.monotonic()) > 0:
            params = {
                "Timeout": timedelta(seconds=max(_LEAST_S, min(round(left_s), _PULL_S))),
                "MessageLimit": 20,
                **headers,
            }
            asked = clock.monotonic()
            answer = caller.call("pullpoint", "PullPointSubscriptionBinding", pullpoint, "PullMessages", params)
            messages = list(getattr(answer, "NotificationMessage", None) or [])[:_MAX_MESSAGES]
            yield from (_event(message) for message in messages)
            if clock.monotonic() >= renew_at:
                renew_at = clock.monotonic() + TERM_S / 2
                with suppress(OnvifFault):  # many cameras renew with each pull and know no Renew
                    _manage(caller, pullpoint, "Renew", {"TerminationTime": f"PT{TERM_S}S", **headers})
            if not messages and clock.monotonic() - asked < 0.2:
                clock.sleep(0.5)  # a camera that answers at once, empty, must not be asked without end
    finally:
        with suppress(OnvifFault):
            _manage(caller, pullpoint, "Unsubscribe", headers)


def _manage(caller: Caller, address: str, operation: str, params: dict[str, Any]) -> None:
    caller.call("events", "SubscriptionManagerBinding", address, operation, params)


def _reference_parameters(reference: Any) -> dict[str, Any]:
    """What the camera wants to read in every header about its subscription (WS-Addressing §2.1)."""
    parameters = getattr(reference, "ReferenceParameters", None)
    elements = getattr(parameters, "_value_1", None) or []
    found = [element for element in elements if isinstance(element, etree._Element)][:8]
    return {"_soapheaders": found} if found else {}


def _event(message: Any) -> CameraEvent:
    body = getattr(getattr(message, "Message", None), "_value_1", None)
    element = body if isinstance(body, etree._Element) else etree.Element("Message")
    return CameraEvent(
        topic=plain(_text_of(getattr(message, "Topic", None))),
        at=_instant(element.get("UtcTime")),
        operation=plain(element.get("PropertyOperation"), 16),
        source=_items(element.find("{*}Source")),
        data=_items(element.find("{*}Data")),
    )


def _items(parent: etree._Element | None) -> dict[str, str]:
    found = [] if parent is None else list(parent.iterfind("{*}SimpleItem"))[:_MAX_ITEMS]
    return {plain(item.get("Name"), 64): plain(item.get("Value")) for item in found}


def _instant(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _text_of(value: Any) -> Any:
    """An element with attributes carries its text in `_value_1`; one without is the text itself."""
    return getattr(value, "_value_1", value)
