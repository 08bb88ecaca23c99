from __future__ import annotations

import logging
import secrets
import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry

from supervisor.metrics import CentreCollector, serve_metrics
from tests.support.county import County


def value(county: County, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(CentreCollector(county.centre))
    return registry.get_sample_value(f"lessonproof_{name}", labels)


def test_boxes_clips_and_alarms_are_counted_as_they_are(county: County) -> None:
    school = county.schools[0]
    assert value(county, "boxes", state="heard") + value(county, "boxes", state="silent") == 2
    county.clock.step(3600)
    assert value(county, "boxes", state="silent") == 2
    assert value(county, "clips", state="expected") is None
    clip = secrets.token_bytes(1000)
    assert county.report(school, county.verdict_entry(school, clip=clip)).is_success
    assert value(county, "boxes", state="heard") == 1
    assert value(county, "clips", state="expected") == 1
    assert value(county, "clips_bytes", state="expected") == 1000
    assert (value(county, "disk_free_bytes") or 0) > 0


def test_they_are_off_unless_a_port_is_set_and_a_taken_one_is_a_warning(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    serve_metrics(county.centre)
    assert county.client().get("/metrics").status_code == 404
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        object.__setattr__(county.centre, "settings", county.centre.settings.model_copy(update={"metrics_port": port}))
        with caplog.at_level(logging.WARNING):
            serve_metrics(county.centre)
        assert "no metrics" in caplog.text
    serve_metrics(county.centre)
    assert "lessonproof_boxes" in httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
