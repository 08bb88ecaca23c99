"""PullPoints: what is told is pulled, a change once, the present state at the start; the places are few."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from device_adapters.simulator.onvif.events import MESSAGES_MAX
from device_adapters.simulator.onvif.spec import OnvifSpec
from device_adapters.simulator.script import ClockOffset
from tests.device_adapters.simulator.onvif.conftest import StartCamera
from tests.device_adapters.simulator.onvif.onvif_client import NS, Answer, OnvifClient, token

CREATE = "<tev:CreatePullPointSubscription/>"
Told = tuple[str, str, str]  # last part of the topic, state, Initialized | Changed


def subscribe(client: OnvifClient, body: str = CREATE) -> str:
    address = client.ask(body, "event_service").text("wsa:Address")
    assert address is not None
    return address


def pull(client: OnvifClient, address: str, timeout: str = "PT0S", limit: int = 10) -> Answer:
    body = f"<tev:PullMessages><tev:Timeout>{timeout}</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit>"
    return client.ask(f"{body}</tev:PullMessages>", address)


def told(answer: Answer) -> list[Told]:
    found = []
    for message in answer.root.iterfind(".//wsnt:NotificationMessage", NS):
        inner, state = message.find(".//tt:Message", NS), message.find(".//tt:Data/tt:SimpleItem", NS)
        topic = message.findtext("wsnt:Topic", "", NS)
        assert topic.startswith("tns1:RuleEngine/")
        assert inner.nsmap["tns1"] == NS["tns1"]
        found.append((topic.rpartition("/")[2], state.get("Value", ""), inner.get("PropertyOperation", "")))
    return found


def test_the_present_state_comes_first_then_each_change_once(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    handle.raise_event("tamper", is_active=True)
    address = subscribe(client)
    assert told(pull(client, address)) == [("Motion", "false", "Initialized"), ("Tamper", "true", "Initialized")]
    handle.raise_event("motion", is_active=True)
    handle.raise_event("motion", is_active=True)
    handle.raise_event("tamper", is_active=False)
    assert told(pull(client, address, limit=1)) == [("Motion", "true", "Changed")]
    assert told(pull(client, address)) == [("Tamper", "false", "Changed")]
    assert told(pull(client, address)) == []
    client.ask("<tev:SetSynchronizationPoint/>", address)
    assert told(pull(client, address)) == [("Motion", "true", "Initialized"), ("Tamper", "false", "Initialized")]


def test_a_pull_waits_for_an_event_and_no_longer_than_asked(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    address = subscribe(client)
    pull(client, address)
    begun = time.monotonic()
    assert told(pull(client, address, "PT1S")) == []
    assert 0.9 < time.monotonic() - begun < 4
    later = threading.Timer(0.5, handle.raise_event, ("motion",), {"is_active": True})
    later.start()
    begun = time.monotonic()
    assert told(pull(client, address, "PT9S")) == [("Motion", "true", "Changed")]
    assert time.monotonic() - begun < 6
    later.join()


def test_there_are_four_places_and_an_unsubscribe_gives_one_back(start: StartCamera) -> None:
    _, client = start(OnvifSpec())
    addresses = [subscribe(client) for _ in range(4)]
    refused = client.ask(CREATE, "event_service")
    assert refused.status == 500
    assert refused.find("env:Detail/wsnt:SubscribeCreationFailedFault") is not None
    assert client.ask("<wsnt:Unsubscribe/>", addresses[1]).status == 200
    subscribe(client)
    gone = pull(client, addresses[1])
    assert gone.find("env:Detail/wsrf-rw:ResourceUnknownFault") is not None


def test_a_subscription_ends_by_itself_unless_renewed(start: StartCamera) -> None:
    _, client = start(OnvifSpec(subscriptions_max=2))
    short = CREATE.replace("/>", "><tev:InitialTerminationTime>PT2S</tev:InitialTerminationTime></tev:") + (
        "CreatePullPointSubscription>"
    )
    kept, left = subscribe(client, short), subscribe(client, short)
    renewed = client.ask("<wsnt:Renew><wsnt:TerminationTime>PT60S</wsnt:TerminationTime></wsnt:Renew>", kept)
    assert renewed.status == 200
    time.sleep(2.2)
    assert pull(client, left).fault == ["env:Sender", "wsrf-rw:ResourceUnknownFault"]
    assert len(told(pull(client, kept))) == 2


def test_ends_are_told_on_the_cameras_clock(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    handle.apply(ClockOffset(offset_s=-3 * 365 * 86400))
    there = datetime.now(UTC) - timedelta(days=3 * 365)
    answer = client.ask(CREATE, "event_service", header=token(client.user, client.password, at=there))
    now, end = (
        datetime.fromisoformat(answer.text(f"wsnt:{name}") or "") for name in ("CurrentTime", "TerminationTime")
    )
    assert abs(now - there) < timedelta(seconds=5)
    assert end - now == timedelta(seconds=60)


@pytest.mark.parametrize(("timeout", "limit"), [("PT1H", 1), ("PT1S", 0), ("PT1S", MESSAGES_MAX + 1)])
def test_a_pull_beyond_the_limits_is_told_the_limits(client: OnvifClient, timeout: str, limit: int) -> None:
    address = subscribe(client)
    refused = pull(client, address, timeout, limit)
    assert refused.find("tev:PullMessagesFaultResponse/tev:MaxTimeout").text == "PT60S"
    client.ask("<wsnt:Unsubscribe/>", address)


@pytest.mark.parametrize("timeout", ["soon", "P1Y", "-PT1S", "PT", "P", "PT1X", "PT99999999999S"])
def test_a_pull_for_no_proper_duration_is_refused(client: OnvifClient, timeout: str) -> None:
    address = subscribe(client)
    assert pull(client, address, timeout).fault[-1] == "ter:InvalidArgs"
    client.ask("<wsnt:Unsubscribe/>", address)


def test_who_does_not_pull_loses_the_oldest(start: StartCamera) -> None:
    handle, client = start(OnvifSpec())
    address = subscribe(client)
    for turn in range(MESSAGES_MAX + 10):
        handle.raise_event("motion", is_active=turn % 2 == 0)
    messages = told(pull(client, address, limit=MESSAGES_MAX))
    assert len(messages) == MESSAGES_MAX
    assert {change for _, _, change in messages} == {"Changed"}


def test_filters_and_ends_in_the_past_are_refused(client: OnvifClient) -> None:
    body = CREATE.replace("/>", ">{}</tev:CreatePullPointSubscription>")
    some = client.ask(body.format("<tev:Filter><wsnt:TopicExpression/></tev:Filter>"), "event_service")
    assert some.find("env:Detail/wsnt:InvalidFilterFault") is not None
    ended = "<tev:InitialTerminationTime>2001-01-01T00:00:00Z</tev:InitialTerminationTime>"
    past = client.ask(body.format(ended), "event_service")
    assert past.find("env:Detail/wsnt:UnacceptableInitialTerminationTimeFault") is not None


def test_the_topics_are_described(client: OnvifClient) -> None:
    answer = client.ask("<tev:GetEventProperties/>", "event_service")
    states = [found.get("Name") for found in answer.root.iterfind(".//tt:Data/tt:SimpleItemDescription", NS)]
    assert states == ["IsMotion", "IsTamper"]


def test_a_camera_without_events_says_so(start: StartCamera) -> None:
    handle, client = start(OnvifSpec(events=False))
    assert client.send("", "event_service").status_code == 404
    with pytest.raises(ValueError, match="no events"):
        handle.raise_event("motion", is_active=True)
