"""The box's log, signed: a checkpoint (C2SP tlog-checkpoint) at most every 60 s while the log grows, and after each
verdict; each is shown to the centre, which cosigns it as witness once it has the entries.

Signing goes on without a network. Afterwards only the newest checkpoint is shown: its cosignature covers all before it.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from config.clock import Clock, epoch_ms
from config.errors import LessonProofError
from edge_agent.remembered import Fact, recall, recall_int
from edge_agent.uplink.client import CentreClient
from storage.database.engine import UnitOfWork
from storage.evidence import log
from storage.evidence.checkpoint import AddCheckpoint, Checkpoint
from storage.evidence.note import Note, Signer, parse_lines, parse_note, parse_vkey
from storage.evidence.tables import CheckpointRow, LogRow
from storage.evidence.witness import Rollback

_LOG = logging.getLogger(__name__)
EVERY_MS = 60_000


class Checkpoints:
    """`signer`: the box's key, under the name of its log."""

    def __init__(self, work: UnitOfWork, signer: Signer, clock: Clock) -> None:
        self._work = work
        self._signer = signer
        self._clock = clock

    def tick(self) -> Checkpoint | None:
        """Sign if it is time to. Call about once a second. Raises SQLAlchemyError; then it is signed later."""
        now_ms = epoch_ms(self._clock.now())
        with self._work.read() as session:
            if not self._due(session, now_ms):
                return None
        with self._work.write() as session:
            size = log.size(session)
            checkpoint = Checkpoint(self._signer.name, size, log.tree(session).root(size))
            session.merge(CheckpointRow(size=size, at_ms=now_ms, note=str(checkpoint.signed(self._signer))))
        return checkpoint

    def deliver(self, client: CentreClient) -> bool:
        """Show the centre the newest checkpoint whose entries it has. True: it was cosigned now.

        Raises CentreAway; LessonProofError as the centre refuses (LOG_FORK, LOG_UNKNOWN, CHECKPOINT_UNSIGNED), LOG_FORK
        when it cosigned more than this box has, and COSIGNATURE_INVALID.
        """
        with self._work.read() as session:
            told = CheckpointRow.size <= recall_int(session, Fact.LOG_DELIVERED)
            row = session.scalar(select(CheckpointRow).where(told).order_by(CheckpointRow.size.desc()).limit(1))
            if row is None or row.cosigned_ms is not None:
                return False
            known = _cosigned_size(session)
        try:
            lines = self._ask(client, row, known)
        except Rollback as told:  # we forgot what was cosigned, or never heard: it says where to begin
            if told.size > row.size:
                raise _rolled_back(told.size, row.size) from None
            lines = self._ask(client, row, told.size)
        self._keep(row, lines)
        return True

    def sign_with(self, session: Session, key: Ed25519PrivateKey) -> None:
        """From here on: the centre takes checkpoints by the box's new key only, so that those which it has not seen are
        signed afresh. `session` writes, and so holds up `tick`."""
        self._signer = replace(self._signer, key=key)
        for row in session.scalars(select(CheckpointRow).where(CheckpointRow.size > _cosigned_size(session))):
            row.note = str(self._signer.sign(parse_note(row.note).text))

    def _due(self, session: Session, now_ms: int) -> bool:
        last = session.scalar(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1))
        size = log.size(session)
        if last is None:
            return size > 0
        if size <= last.size:
            return False
        judged = select(exists().where(LogRow.idx >= last.size, LogRow.kind == "verdict"))
        return abs(now_ms - last.at_ms) >= EVERY_MS or bool(session.scalar(judged))

    def _ask(self, client: CentreClient, row: CheckpointRow, old_size: int) -> str:
        with self._work.read() as session:
            proof = tuple(log.tree(session).consistency_proof(old_size, row.size))
        return client.add_checkpoint(str(AddCheckpoint(old_size, proof, parse_note(row.note))))

    def _keep(self, row: CheckpointRow, answer: str) -> None:
        with self._work.write() as session:
            witness = parse_vkey(recall(session, Fact.CENTRE_WITNESS) or "")
            try:
                note = parse_note(row.note).with_lines(parse_lines(answer))
            except ValueError:
                note = Note(row.note)
            at = witness.cosigned(note)
            if at is None:
                raise LessonProofError(
                    "COSIGNATURE_INVALID",
                    status=502,
                    zh="监管中心的见证签名无效:其密钥与注册时不同,请联系管理员",
                    en="the centre's cosignature does not verify: its key is not the one told at enrolment",
                )
            kept = session.get_one(CheckpointRow, row.size)
            kept.note, kept.cosigned_ms = str(note), at * 1000


def _cosigned_size(session: Session) -> int:
    return session.scalar(select(func.max(CheckpointRow.size)).where(CheckpointRow.cosigned_ms.is_not(None))) or 0


def _rolled_back(cosigned: int, own: int) -> LessonProofError:
    return LessonProofError(
        "LOG_FORK",
        status=422,
        zh=f"监管中心已见证 {cosigned} 条记录,本机只有 {own} 条:本机数据被回退,请联系管理员",
        en=f"the centre cosigned {cosigned} entries, this box has {own}: its data was rolled back; ask for help",
    )
