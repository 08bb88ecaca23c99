"""systemd's side of the watchdog: a datagram socket that the agent is given by name."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from edge_agent.notify import ALIVE, READY, STOPPING, notify
from tests.edge_agent.test_agent import ready_box, running, settings_file
from tests.edge_agent.test_metrics import free_port


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def heard(listener: socket.socket) -> str:
    return listener.recv(100).decode()


def test_the_agent_says_that_it_is_ready_alive_and_stopping_and_shows_its_metrics(
    tmp_path: Path, systemd: socket.socket
) -> None:
    ready_box(tmp_path, starts_in_s=3600)
    port = free_port()
    with running(settings_file(tmp_path, metrics_port=port), tmp_path / "log") as process:
        assert heard(systemd) == READY
        assert [heard(systemd) for _ in range(3)] == [ALIVE] * 3
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
        assert "lessonproof_recorder_restarts_total 0.0" in metrics
        assert 'status="not_configured"' in metrics
        process.terminate()
        assert process.wait(10) == 0
    last = ""
    while last != STOPPING:
        last = heard(systemd)
        assert last in {ALIVE, STOPPING}


def test_without_systemd_or_with_one_that_is_gone_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify(ALIVE)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify(ALIVE)
    assert not (tmp_path / "nobody").exists()


def test_an_abstract_socket_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # Linux picks an abstract name
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + listener.getsockname()[1:].decode())
        notify(READY)
        assert heard(listener) == READY
