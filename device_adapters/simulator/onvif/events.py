"""The event service with PullPoints (ONVIF Core Specification §9): motion and tamper, when they are told."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from config.clock import Clock
from device_adapters.simulator.onvif.operation import Asked, Operation
from device_adapters.simulator.onvif.soap import NS, Element, SoapFault, el
from device_adapters.simulator.onvif.times import duration_s, life_s, utc_text

EventTopic = Literal["motion", "tamper"]

LIFE_S, LIFE_MAX_S = 60.0, 3600.0  # of a subscription: when nothing is asked for, and at most
WAIT_MAX_S, MESSAGES_MAX = 60.0, 100  # of one PullMessages; also what is kept for a subscriber who does not pull
_TOPICS: Mapping[EventTopic, tuple[str, str, str]] = {
    # topic, the rule that raises it, the name of its state
    "motion": ("tns1:RuleEngine/CellMotionDetector/Motion", "MotionRule", "IsMotion"),
    "tamper": ("tns1:RuleEngine/TamperDetector/Tamper", "TamperRule", "IsTamper"),
}
_ONVIF_TOPICS = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
_WSN_TOPICS = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
_CONTENT = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"


@dataclass(slots=True)
class _Subscription:
    ends: float  # monotonic
    messages: deque[Element] = field(default_factory=lambda: deque(maxlen=MESSAGES_MAX))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, message: Element) -> None:
        self.messages.append(message)
        self.arrived.set()


class EventService:
    """Belongs to one event loop. A subscription is reached below the service's path, as `/7f3a…`."""

    prefixes, path = ("tev", "wsnt"), "/onvif/event_service"

    def __init__(self, subscriptions_max: int, clock: Clock) -> None:
        self._max, self._clock = subscriptions_max, clock
        self._subscriptions: dict[str, _Subscription] = {}
        self._states: dict[EventTopic, tuple[bool, datetime | None]] = dict.fromkeys(_TOPICS, (False, None))
        self.operations = {
            "GetServiceCapabilities": Operation(self._service_capabilities, is_public=True),
            "GetEventProperties": Operation(self._properties),
            "CreatePullPointSubscription": Operation(
                self._create, ("Filter", "InitialTerminationTime", "SubscriptionPolicy")
            ),
            "PullMessages": Operation(self._pull, ("Timeout!", "MessageLimit!")),
            "SetSynchronizationPoint": Operation(self._synchronise),
            "Renew": Operation(self._renew, ("TerminationTime!",)),
            "Unsubscribe": Operation(self._unsubscribe),
        }

    def tell(self, topic: EventTopic, is_active: bool, at: datetime) -> None:
        if self._states[topic][0] == is_active:
            return
        self._states[topic] = (is_active, at)
        for subscription in self._living().values():
            subscription.put(_message(topic, is_active, at, "Changed"))

    def capabilities(self) -> Element:
        return el("tev:Capabilities", {"WSPullPointSupport": "true", "MaxPullPoints": str(self._max)})

    async def _service_capabilities(self, asked: Asked) -> Element:
        return el("tev:GetServiceCapabilitiesResponse", self.capabilities())

    async def _properties(self, asked: Asked) -> Element:
        topics = el("wstop:TopicSet", el("tns1:RuleEngine"))
        for topic, _, state in _TOPICS.values():
            _, detector, event = topic.split("/")
            source = el("tt:Source", el("tt:SimpleItemDescription", {"Name": "Rule", "Type": "xs:string"}))
            data = el("tt:Data", el("tt:SimpleItemDescription", {"Name": state, "Type": "xs:boolean"}))
            leaf = el(f"tns1:{event}", el("tt:MessageDescription", {"IsProperty": "true"}, source, data))
            leaf.set(f"{{{NS['wstop']}}}topic", "true")
            topics[0].append(el(f"tns1:{detector}", leaf))
        return el(
            "tev:GetEventPropertiesResponse",
            el("tev:TopicNamespaceLocation", "http://www.onvif.org/onvif/ver10/topics/topicns.xml"),
            el("wsnt:FixedTopicSet", "true"),
            topics,
            el("wsnt:TopicExpressionDialect", _ONVIF_TOPICS),
            el("wsnt:TopicExpressionDialect", _WSN_TOPICS),
            el("tev:MessageContentFilterDialect", _CONTENT),
            el("tev:MessageContentSchemaLocation", "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"),
        )

    async def _create(self, asked: Asked) -> Element:
        if asked.content.find("tev:Filter/*", NS) is not None:
            raise _refused("env:Sender", "wsnt:InvalidFilterFault", "filters are not supported", asked)
        life = self._life(asked, "InitialTerminationTime", "wsnt:UnacceptableInitialTerminationTimeFault")
        if len(self._living()) >= self._max:
            reason = f"at most {self._max} subscriptions"
            raise _refused("env:Receiver", "wsnt:SubscribeCreationFailedFault", reason, asked)
        token = secrets.token_hex(8)
        self._subscriptions[token] = subscription = _Subscription(self._clock.monotonic() + life)
        self._put_states(subscription, asked.now)
        return el(
            "tev:CreatePullPointSubscriptionResponse",
            el("tev:SubscriptionReference", el("wsa:Address", f"{asked.http_base}{self.path}/{token}")),
            *_times("wsnt", asked.now, life),
        )

    async def _pull(self, asked: Asked) -> Element:
        subscription = self._find(asked)
        wait_s, limit = duration_s(asked.text("Timeout")), asked.text("MessageLimit")
        if not limit.isdecimal() or not 1 <= int(limit) <= MESSAGES_MAX or wait_s > WAIT_MAX_S:
            detail = el(
                "tev:PullMessagesFaultResponse",
                el("tev:MaxTimeout", f"PT{WAIT_MAX_S:.0f}S"),
                el("tev:MaxMessageLimit", str(MESSAGES_MAX)),
            )
            raise SoapFault("env:Sender", ["ter:InvalidArgVal"], "too long or too many", detail=detail)
        if not subscription.messages:
            subscription.arrived.clear()
            wait_s = min(wait_s, subscription.ends - self._clock.monotonic())
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await subscription.arrived.wait()
        taken = [subscription.messages.popleft() for _ in range(min(int(limit), len(subscription.messages)))]
        left = max(0.0, subscription.ends - self._clock.monotonic())
        return el("tev:PullMessagesResponse", *_times("tev", asked.now, left), *taken)

    async def _synchronise(self, asked: Asked) -> Element:
        self._put_states(self._find(asked), asked.now)
        return el("tev:SetSynchronizationPointResponse")

    async def _renew(self, asked: Asked) -> Element:
        subscription = self._find(asked)
        life = self._life(asked, "TerminationTime", "wsnt:UnacceptableTerminationTimeFault")
        subscription.ends = self._clock.monotonic() + life
        return el("wsnt:RenewResponse", *reversed(_times("wsnt", asked.now, life)))

    async def _unsubscribe(self, asked: Asked) -> Element:
        self._find(asked).arrived.set()  # who waits on it is answered with nothing
        del self._subscriptions[_token(asked)]
        return el("wsnt:UnsubscribeResponse")

    def _life(self, asked: Asked, name: str, fault: str) -> float:
        """Seconds that a subscription shall live, at most LIFE_MAX_S."""
        text = asked.text(name)
        life = life_s(text, asked.now) if text else LIFE_S
        if life <= 0:
            raise _refused("env:Sender", fault, "the end has passed", asked)
        return min(life, LIFE_MAX_S)

    def _living(self) -> dict[str, _Subscription]:
        now = self._clock.monotonic()
        for token in [token for token, subscription in self._subscriptions.items() if subscription.ends <= now]:
            del self._subscriptions[token]
        return self._subscriptions

    def _find(self, asked: Asked) -> _Subscription:
        found = self._living().get(_token(asked))
        if found is None:
            raise _refused("env:Sender", "wsrf-rw:ResourceUnknownFault", "no such subscription", asked)
        return found

    def _put_states(self, subscription: _Subscription, now: datetime) -> None:
        for topic, (is_active, since) in self._states.items():
            subscription.put(_message(topic, is_active, since or now, "Initialized"))


def _token(asked: Asked) -> str:
    return asked.path.removeprefix(EventService.path).strip("/")


def _times(prefix: str, now: datetime, life: float) -> list[Element]:
    end = now + timedelta(seconds=life)
    return [el(f"{prefix}:CurrentTime", utc_text(now)), el(f"{prefix}:TerminationTime", utc_text(end))]


def _message(topic: EventTopic, is_active: bool, at: datetime, change: str) -> Element:
    path, rule, state = _TOPICS[topic]
    source = el("tt:Source", el("tt:SimpleItem", {"Name": "Rule", "Value": rule}))
    data = el("tt:Data", el("tt:SimpleItem", {"Name": state, "Value": "true" if is_active else "false"}))
    return el(
        "wsnt:NotificationMessage",
        el("wsnt:Topic", {"Dialect": _ONVIF_TOPICS}, path),
        el("wsnt:Message", el("tt:Message", {"UtcTime": utc_text(at), "PropertyOperation": change}, source, data)),
    )


def _refused(code: str, name: str, reason: str, asked: Asked) -> SoapFault:
    """A fault of WS-BaseNotification: named both in the code and, as that standard has it, in the detail."""
    return SoapFault(code, [name], reason, detail=el(name, el("wsrf-bf:Timestamp", utc_text(asked.now))))
