"""Another key for the box, when a person wishes so (`edge-agent rotate-key`).

The wish is a key file beside the key, and stays until all is done, so that the box may be killed anywhere: the centre
takes the new key (asked again, it says the same), the log gets its entry and the waiting checkpoints their new
signatures, the file takes the old one's place.
"""

from __future__ import annotations

import json
import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.paths import BoxPaths
from edge_agent.uplink.checkpoints import Checkpoints
from edge_agent.uplink.client import CentreClient
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.keyfile import load, load_or_create, supersede
from storage.evidence.tables import LogRow
from supervisor.contract.keys import KeyChange
from supervisor.contract.log import KeyEntry
from supervisor.contract.signing import BoxAuth

_LOG = logging.getLogger(__name__)


def wish(paths: BoxPaths) -> None:
    """Make the new key; whoever runs the box carries the change out."""
    load_or_create(paths.next_key)


class Rotation:
    """Use it from the one thread that uses `client`."""

    def __init__(
        self,
        work: UnitOfWork,
        paths: BoxPaths,
        client: CentreClient,
        checkpoints: Checkpoints,
        clock: Clock,
        box_id: str,
    ) -> None:
        self._work = work
        self._paths = paths
        self._client = client
        self._checkpoints = checkpoints
        self._clock = clock
        self._box_id = box_id

    def carry_out(self) -> bool:
        """True: the box has another key now. False: nobody wished for one.

        Raises CentreAway; LessonProofError as the centre refuses: then the old key stays and the wish too.
        """
        if not self._paths.next_key.exists():
            return False
        old, new = load(self._paths.key), load(self._paths.next_key)
        change = KeyChange.of(self._box_id, old, new)
        auths = [BoxAuth(key, self._box_id, self._clock) for key in (old, new)]
        try:
            self._client.change_key(change)
        except LessonProofError as error:
            if error.code != "SIGNATURE_INVALID":
                raise
            self._client.sign_with(auths[1])  # the centre may have taken it, and we died before we knew
            try:
                self._client.change_key(change)
            except LessonProofError:
                self._client.sign_with(auths[0])
                raise
        self._client.sign_with(auths[1])
        with self._work.write() as session:
            if not _told(session, change):
                entry = KeyEntry(at=epoch_ms(self._clock.now()), public_key=change.public_key, replaces=change.replaces)
                log.append(session, entry.model_dump(mode="json"))
            self._checkpoints.sign_with(session, new)
        supersede(self._paths.key, self._paths.next_key)
        _LOG.info("the box signs with a new key: %s", change.public_key)
        return True


def _told(session: Session, change: KeyChange) -> bool:
    """Whether the log has the entry. A key is used once, so the key tells."""
    bodies = session.scalars(select(LogRow.body).where(LogRow.kind == "key"))
    return any(json.loads(body)["public_key"] == change.public_key for body in bodies)
