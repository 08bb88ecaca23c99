"""The uplink: one thread that exchanges with the centre, facts first, and that nothing at the site ever waits for.

Each round: a new key where one is wished for, target, log entries, the checkpoint over them, state, then clips with the
time that is left, and spans of raw recording once no clip waits. A target that cannot be had or read does not hold up
what the box has to tell. When the centre is away the rounds come at growing, random intervals; when it names a time,
that time is kept.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.lessons.plan import PlanStore
from edge_agent.paths import BoxPaths
from edge_agent.remembered import Fact, forget, recall, remember
from edge_agent.uplink import target
from edge_agent.uplink.backoff import BackOff
from edge_agent.uplink.checkpoints import Checkpoints
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.uplink.outbox import Outbox
from edge_agent.uplink.rotation import Rotation
from edge_agent.uplink.span_upload import SpanUpload
from edge_agent.uplink.upload import ClipUpload, Direct
from storage.database.engine import UnitOfWork
from supervisor.contract.state import BoxState

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 60.0
LONGEST_SLOT_S = 3600.0  # a centre that asks for more patience than this is asked again anyway

StateSource = Callable[[int, int], BoxState]
"""(backlog entries, backlog clips) → what the box says of itself now."""


class Uplink:
    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        client: CentreClient,
        paths: BoxPaths,
        checkpoints: Checkpoints,
        rotation: Rotation,
        clock: Clock,
        poll_s: float,
        direct: Direct = "https",
    ) -> None:
        self._work = work
        self._plans = plans
        self._client = client
        self._checkpoints = checkpoints
        self._rotation = rotation
        self._clock = clock
        self._poll_s = poll_s
        self.url = client.url
        self.outbox = Outbox(work, client)
        self.upload = ClipUpload(work, client, paths.clips, clock, direct)
        self.spans = SpanUpload(work, client, paths.spans, clock)
        self._back_off = BackOff(poll_s, max(poll_s, LONGEST_WAIT_S))
        self._log_from = 0.0  # monotonic: the centre does not want log entries before
        self._said = ""  # the last trouble that was logged, so that a week off-line is not a million lines

    def run(self, stop: threading.Event, state: StateSource) -> None:
        """Until `stop`. Never raises."""
        while not stop.is_set():
            stop.wait(self.round(stop, state))

    def round(self, stop: threading.Event, state: StateSource) -> float:
        """One exchange; seconds to wait before the next."""
        try:
            self._change_key()
            asked = self._ask_target()
            more = self._exchange(stop, state)
        except CentreAway as error:
            self._trouble(error)
            wait = self._back_off.failed()
            return wait if error.retry_after_s is None else min(max(wait, error.retry_after_s), LONGEST_SLOT_S)
        except LessonProofError as error:  # refused: our clock, our key, another history; only a person can help
            self._trouble(error)
            self._refused(error)
            return self._back_off.failed()
        except Exception:  # the uplink must outlive every surprise
            log.exception("the exchange with the centre failed")
            return self._back_off.failed()
        if asked and self._said:
            log.info("the centre answers again")
            self._said = ""
        self._back_off.succeeded()
        return 0 if more else self._poll_s

    def _change_key(self) -> None:
        """A centre that refuses it still gets everything else, under the old key. Raises CentreAway."""
        try:
            self._rotation.carry_out()
        except CentreAway:
            raise
        except LessonProofError as error:
            self._trouble(error)

    def _ask_target(self) -> bool:
        """False: it did not work; the plan that is kept stays in force."""
        try:
            target.poll(self._client, self._plans, self._clock)
            plan = self._plans.current()
            if plan is not None:
                self.upload.again(plan.state.resend)
        except LessonProofError as error:
            self._trouble(error)
            return False
        except Exception:
            log.exception("the centre's target could not be taken")
            return False
        self._answered()
        return True

    def _exchange(self, stop: threading.Event, state: StateSource) -> bool:
        """True: clips or spans are waiting, come again at once."""
        self._deliver_log(stop)
        refusal = self._deliver_checkpoint()
        self._client.report(state(self.outbox.backlog(), self.upload.backlog()))
        self._answered()
        if refusal is None:
            self._accepted()
        else:
            self._trouble(refusal)
            self._refused(refusal)
        if stop.is_set():
            return False
        return self.upload.deliver_some(self._poll_s) or self.spans.deliver_some(self._poll_s)

    def _deliver_log(self, stop: threading.Event) -> None:
        while not stop.is_set() and self._clock.monotonic() >= self._log_from:
            slot_s = self.outbox.deliver_batch()
            if slot_s is None:
                return
            self._log_from = self._clock.monotonic() + min(slot_s, LONGEST_SLOT_S)

    def _deliver_checkpoint(self) -> LessonProofError | None:
        """What the centre refused: it goes on taking what the box has to tell. Raises CentreAway."""
        try:
            self._checkpoints.deliver(self._client)
        except CentreAway:
            raise
        except LessonProofError as error:
            return error
        return None

    def _answered(self) -> None:
        with self._work.write() as session:
            remember(session, Fact.LAST_CONTACT_MS, epoch_ms(self._clock.now()))

    def _refused(self, error: LessonProofError) -> None:
        """Kept for `edge-agent doctor`, which may be asked long after the line has left the log."""
        said = json.dumps({"code": error.code, "zh": error.zh, "en": error.en}, ensure_ascii=False)
        with self._work.write() as session:
            remember(session, Fact.REFUSED, said)

    def _accepted(self) -> None:
        with self._work.read() as session:
            refused = recall(session, Fact.REFUSED)
        if refused is not None:
            with self._work.write() as session:
                forget(session, Fact.REFUSED)

    def _trouble(self, error: LessonProofError) -> None:
        text = str(error)
        if text != self._said:
            log.warning("%s", text)
            self._said = text
