"""The selfies that wait for this box: fetched, opened, compared 1:1, answered in the log, one after the other.

A thread of its own: neither recording nor counting nor the uplink waits for it. What it holds of a picture is in memory
only. After a restart one may be answered twice; the centre takes the first answer.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from config.clock import CHINA, Clock, epoch_ms
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.identity.engine import FaceEngine, open_engine
from edge_agent.identity.sealing import SealingKeys
from edge_agent.identity.selfie import Comparison, compare, engine_of
from edge_agent.identity.templates import TemplateStore
from edge_agent.lessons.plan import PlanStore
from edge_agent.opening import OpenBox
from edge_agent.uplink.client import CentreAway, CentreClient
from edge_agent.vision.counter import PeopleCounter
from storage.database.engine import UnitOfWork
from storage.evidence import log as evidence_log
from supervisor.contract.log import SelfieEntry
from supervisor.contract.sealing import selfie_info
from supervisor.contract.target import TargetSelfie

log = logging.getLogger(__name__)

EVERY_S = 3.0
RETRY_S = 60.0

Connect = Callable[[], AbstractContextManager[CentreClient]]
"""A connection of one's own: the uplink's is not for two threads, and the box's key may change."""


@dataclass(frozen=True, slots=True)
class Eye:
    """What looks at a selfie."""

    detector: PeopleCounter
    engine: FaceEngine


class SelfieDesk:
    def __init__(
        self,
        work: UnitOfWork,
        plans: PlanStore,
        keys: SealingKeys,
        data_dir: Path,
        connect: Connect,
        eye: Callable[[], Eye],
        clock: Clock,
    ) -> None:
        """`eye` is asked at the first selfie; it raises LessonProofError where models are missing."""
        self._work = work
        self._plans = plans
        self._keys = keys
        self._store = TemplateStore(data_dir)
        self._connect = connect
        self._open_eye = eye
        self._eye: Eye | None = None
        self._clock = clock
        self._answered: set[UUID] = set()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. Never raises."""
        while not stop.is_set():
            wait_s = EVERY_S
            try:
                self.tick()
            except CentreAway:
                wait_s = RETRY_S
            except LessonProofError as error:
                log.error("ALARM selfies are not compared: %s", error)
                wait_s = RETRY_S
            except Exception:  # no selfie is worth more than the box
                log.exception("comparing selfies failed")
                wait_s = RETRY_S
            stop.wait(wait_s)

    def tick(self) -> int:
        """Answer what waits; how many. Raises CentreAway, LessonProofError of models or templates."""
        plan = self._plans.current()
        if plan is None:
            return 0
        named = plan.state.selfies
        self._keys.forget_old({one.key_id for one in named}, plan.confirmed_at)
        self._answered &= {one.selfie_id for one in named}
        waiting = [one for one in named if one.selfie_id not in self._answered]
        if not waiting:
            return 0
        if self._eye is None:
            self._eye = self._open_eye()
        done = 0
        with self._connect() as client:
            for one in waiting:
                sealed = _fetched(client, one)
                if sealed is not None:
                    self._answer(one, self._compared(self._eye, one, sealed), self._eye)
                    done += 1
                self._answered.add(one.selfie_id)
        return done

    def _compared(self, eye: Eye, one: TargetSelfie, sealed: bytes) -> Comparison:
        info = selfie_info(one.session_id, one.trainee, one.direction, one.made_ms, one.key_id)
        picture = self._keys.open(one.key_id, sealed, info)
        today = self._clock.now().astimezone(CHINA).date()
        own = self._store.roster(eye.engine.version, today).templates.get(one.trainee, ())
        return compare(picture, own, eye.detector, eye.engine)

    def _answer(self, one: TargetSelfie, found: Comparison, eye: Eye) -> None:
        entry = SelfieEntry(
            at=epoch_ms(self._clock.now()),
            selfie_id=one.selfie_id,
            result=found.result,
            similarity=found.similarity,
            engine=engine_of(eye.engine) if found.similarity is not None else None,
        )
        with self._work.write() as session:
            evidence_log.append(session, entry.model_dump(mode="json"))


def open_desk(settings: EdgeSettings, box: OpenBox, plans: PlanStore, connect: Connect, clock: Clock) -> SelfieDesk:
    """The box's own; models are loaded at the first selfie."""

    def eye() -> Eye:
        from edge_agent.vision.yunet import YuNetCounter

        return Eye(YuNetCounter(settings.models_dir), open_engine(settings))

    keys = SealingKeys(box.paths.sealing, clock)
    return SelfieDesk(box.work, plans, keys, box.paths.data_dir, connect, eye, clock)


def _fetched(client: CentreClient, one: TargetSelfie) -> bytes | None:
    """None: it was replaced or withdrawn meanwhile."""
    try:
        return client.selfie(one.selfie_id)
    except LessonProofError as error:
        if error.code != "SELFIE_NOT_FOUND":
            raise
        return None
