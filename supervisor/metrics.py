"""`/metrics` of the centre for Prometheus, on a loopback port of its own: never through the proxy that people use."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from supervisor.audit.models import AuditEvent
from supervisor.centre import Centre
from supervisor.devices.models import Box
from supervisor.lessons.models import EvidenceClip

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"


class CentreCollector(Collector):
    """Asks the database at each scrape."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering asks the database for nothing yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        now = self._centre.clock.now()
        silent_s = self._centre.settings.box_silent_after_s
        with self._centre.uow.read() as session:
            boxes = session.execute(
                select(Box.last_seen, Box.state).where(Box.enrolled_at.is_not(None), Box.revoked_at.is_(None))
            ).all()
            clips = session.execute(
                select(EvidenceClip.state, func.count(), func.sum(EvidenceClip.bytes)).group_by(EvidenceClip.state)
            ).all()
            alarms = session.execute(
                select(AuditEvent.action, func.count()).where(AuditEvent.alarm).group_by(AuditEvent.action)
            ).all()
        heard = [seen is not None and (now - seen).total_seconds() <= silent_s for seen, _ in boxes]
        families = GaugeMetricFamily("lessonproof_boxes", "Enrolled boxes.", labels=["state"])
        families.add_metric(["heard"], sum(heard))
        families.add_metric(["silent"], len(heard) - sum(heard))
        yield families
        for name, what in (("entries", "Log entries"), ("clips", "Clips")):
            waiting = sum(int((state or {}).get(f"backlog_{name}", 0)) for _, state in boxes)
            yield GaugeMetricFamily(f"lessonproof_backlog_{name}", f"{what} that boxes still hold, as told.", waiting)
        count = GaugeMetricFamily("lessonproof_clips", "Evidence clips.", labels=["state"])
        size = GaugeMetricFamily("lessonproof_clips_bytes", "Their size.", labels=["state"])
        for state, number, total in clips:
            count.add_metric([state], number)
            size.add_metric([state], int(total))
        yield from (count, size)
        raised = GaugeMetricFamily("lessonproof_alarms", "Alarms on record.", labels=["action"])
        for action, number in alarms:
            raised.add_metric([action], number)
        yield raised
        free = "Bytes that may still be written to the data folder's disk."
        yield GaugeMetricFamily(
            "lessonproof_disk_free_bytes", free, shutil.disk_usage(self._centre.settings.data_dir).free
        )


def serve_metrics(centre: Centre) -> None:
    """For as long as the process lives; off when the port is 0. A taken port is a warning."""
    port = centre.settings.metrics_port
    if port == 0:
        return
    registry = CollectorRegistry()
    registry.register(CentreCollector(centre))
    try:
        start_http_server(port, addr=LOOPBACK, registry=registry)
    except OSError as error:
        log.warning("no metrics: port %d of %s cannot be had (%s)", port, LOOPBACK, error.strerror)
