"""No password reaches a log line, whichever way it got into the record."""

from __future__ import annotations

import json
import logging
import sys
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.logs import JsonLines, TextLines, passwords

VISIBLE = st.characters(exclude_categories=("Z", "C"))
# Distinct enough not to stand in the rest of the line by chance.
PASSWORD = st.text(VISIBLE, min_size=1, max_size=20).map(lambda text: f"Zq9{text}9qZ")
SPACED = st.text(VISIBLE | st.just(" "), min_size=1, max_size=20).map(lambda text: f"Zq9{text}9qZ")
NAME = st.text(st.sampled_from("abcdefgh-._"), min_size=1, max_size=8)


def record(message: str, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    trace = None
    if error is not None:
        try:
            raise error
        except type(error):
            trace = sys.exc_info()
    return logging.LogRecord("edge_agent", logging.ERROR, __file__, 1, message, args, trace)


def lines(made: logging.LogRecord, *secrets: str) -> list[str]:
    """The text line; the JSON line as a machine reads it."""
    fields = json.loads(JsonLines(secrets).format(made))
    return [TextLines(secrets).format(made), "\n".join(str(value) for value in fields.values())]


@given(password=PASSWORD, user=NAME, host=NAME, scheme=st.sampled_from(["rtsp", "rtsps", "http", "RTSP"]))
def test_no_password_of_a_url_is_logged_though_nobody_told_of_it(
    password: str, user: str, host: str, scheme: str
) -> None:
    url = f"{scheme}://{user}:{password}@{host}:554/stream1"
    for made in (
        record("camera %s failed", url),
        record(f"camera '{url}': timed out"),
        record("%r", {"url": url}),
        record("failed", error=ValueError(url)),
    ):
        for line in lines(made):
            assert password not in line
            assert "9qZ" not in line


@given(password=SPACED, user=NAME)
def test_a_password_that_is_known_is_hidden_wherever_it_stands(password: str, user: str) -> None:
    url = f"rtsp://{user}:{password}@192.0.2.1/s"
    assert passwords([url]) == [password]
    for made in (
        record("camera %s failed", url),
        record("login %s/%s refused", user, password),
        record("encoded: %s", quote(password, safe="")),
        record("failed", error=ValueError(f"Authorization for {password}")),
    ):
        for line in lines(made, password):
            assert password not in line
            assert quote(password, safe="") not in line


def test_what_is_no_secret_stays_readable() -> None:
    text, as_json = lines(record("camera %s: 3 of 4 pictures, see https://centre.example/today", "room-a"), "pw", "")
    assert "camera room-a: 3 of 4 pictures, see https://centre.example/today" in text
    assert "camera room-a: 3 of 4 pictures, see https://centre.example/today" in as_json


def test_a_password_in_a_query_is_hidden_and_the_host_stays() -> None:
    for line in lines(record("rtsp://admin:Zq9@192.0.2.7/s?user=admin&password=hunter22&channel=1")):
        assert "hunter22" not in line
        assert "192.0.2.7" in line
        assert "channel=1" in line
