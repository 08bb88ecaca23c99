"""What an inspection demanded: the institution answers with words and files, an inspector accepts or returns it. Each
is appended under the record's lock."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from config.errors import LessonProofError
from supervisor.audit.service import record
from supervisor.callers import Caller
from supervisor.centre import Centre
from supervisor.contract.evidence import sha256_hex
from supervisor.filed_papers import MEDIA, pieces, require_kind, store
from supervisor.inspections import record_repository as repository
from supervisor.inspections.models import RectificationAnswer, RectificationFile, RectificationRuling
from supervisor.inspections.record_schemas import InspectionOut, PaperOut, RulingIn
from supervisor.inspections.records import found, refused, rules_of, term_end
from supervisor.inspections.shown import pairs, shown, standing
from supervisor.lessons.register import enter
from supervisor.lessons.schemas import ViewReason
from supervisor.profiles import profile_named
from supervisor.rules.inspection import Standing

MOST_FILES = 10
"""With one answer."""


def answer(centre: Centre, caller: Caller, inspection_id: UUID, words: str) -> InspectionOut:
    """One a round; after the term too, and marked late then. Raises INSPECTION_NOT_FOUND (404), NOTHING_TO_RECTIFY
    (409)."""
    with centre.uow.write() as session:
        row = found(session, caller, inspection_id, lock=True)
        now = centre.clock.now()
        state = standing(session, row[0], now)
        if state.standing is not Standing.OPEN:
            raise refused("NOTHING_TO_RECTIFY", 409, "现在没有待答复的整改要求", "nothing waits for an answer now")
        seq = len(pairs(session, [inspection_id])[inspection_id]) + 1
        session.add(
            RectificationAnswer(inspection_id=inspection_id, seq=seq, at=now, account_id=caller.account_id, words=words)
        )
        session.flush()
        subject, digest = f"inspection:{inspection_id}", sha256_hex(words.encode())
        record(
            session, now, caller.actor, "rectification_answered", subject,
            seq=seq, late=state.overdue, words_sha256=digest,
        )  # fmt: skip
        return shown(session, caller, [row], now)[0]


def rule(centre: Centre, caller: Caller, inspection_id: UUID, wanted: RulingIn) -> InspectionOut:
    """Raises INSPECTION_NOT_FOUND (404), NOTHING_TO_RULE (409), REASON_NEEDED, INSPECTION_TERM_TOO_LONG (422)."""
    if not wanted.accepted and not wanted.words:
        raise refused("REASON_NEEDED", 422, "退回整改须写明理由", "say why it is returned", "/words")
    with centre.uow.write() as session:
        row = found(session, caller, inspection_id, lock=True)
        now = centre.clock.now()
        told = pairs(session, [inspection_id])[inspection_id]
        if not told or told[-1][1] is not None or told[-1][0].seq != wanted.seq:
            raise refused(
                "NOTHING_TO_RULE", 409, "该答复不在待审核状态", "this answer does not wait for a ruling", "/seq"
            )
        profile = profile_named(row[1].profile)
        days = wanted.working_days or rules_of(profile).again_working_days
        due_at = None if wanted.accepted else term_end(profile, now, days)
        session.add(
            RectificationRuling(
                inspection_id=inspection_id,
                seq=wanted.seq,
                at=now,
                account_id=caller.account_id,
                accepted=wanted.accepted,
                words=wanted.words,
                due_at=due_at,
            )
        )
        session.flush()
        record(
            session, now, caller.actor, "rectification_ruled", f"inspection:{inspection_id}",
            seq=wanted.seq, accepted=wanted.accepted, words_sha256=sha256_hex(wanted.words.encode()),
            due_at=None if due_at is None else due_at.isoformat(),
        )  # fmt: skip
        return shown(session, caller, [row], now)[0]


def add_file(centre: Centre, caller: Caller, inspection_id: UUID, seq: int, body: bytes, content_type: str) -> PaperOut:
    """Until the answer is ruled on; the same file again is no error, at any time. Raises INSPECTION_NOT_FOUND,
    ANSWER_NOT_FOUND (404), ANSWER_RULED, TOO_MANY_FILES (409), FILE_TYPE (415)."""
    kind = require_kind(body, content_type)
    sha256 = sha256_hex(body)
    with centre.uow.read() as session:  # before anything is stored for who may not
        _require(session, caller, inspection_id, seq, sha256, lock=False)
    store(centre, sha256, kind, body)
    with centre.uow.write() as session:
        known = _require(session, caller, inspection_id, seq, sha256, lock=True)
        if known is None:
            now = centre.clock.now()
            known = RectificationFile(
                inspection_id=inspection_id,
                seq=seq,
                sha256=sha256,
                at=now,
                kind=kind,
                bytes=len(body),
                account_id=caller.account_id,
            )
            session.add(known)
            subject = f"inspection:{inspection_id}"
            record(
                session, now, caller.actor, "rectification_file_added", subject,
                seq=seq, sha256=sha256, bytes=len(body),
            )  # fmt: skip
        return PaperOut(sha256=known.sha256, kind=known.kind, bytes=known.bytes, at=known.at)


def read_file(
    centre: Centre, caller: Caller, inspection_id: UUID, sha256: str, reason: ViewReason, ip: str
) -> tuple[str, int, Iterator[bytes]]:
    """Media type, size and bytes; entered in the viewing register first, at the first lesson hour that was inspected.
    Raises INSPECTION_NOT_FOUND, FILE_NOT_FOUND (404)."""
    with centre.uow.read() as session:
        inspected, _ = found(session, caller, inspection_id)
        file = next((one for one in repository.files(session, [inspection_id]) if one.sha256 == sha256), None)
    if file is None:
        raise refused("FILE_NOT_FOUND", 404, "没有这个文件", "no such file")
    enter(centre, caller, UUID(inspected.lesson_hours[0]), "papers", reason, ip)
    return MEDIA[file.kind], file.bytes, pieces(centre, sha256, file.kind, file.bytes)


def _require(
    session: Session, caller: Caller, inspection_id: UUID, seq: int, sha256: str, *, lock: bool
) -> RectificationFile | None:
    """The file if it is there already; else that it may be added."""
    found(session, caller, inspection_id, lock=lock)
    told = next((pair for pair in pairs(session, [inspection_id])[inspection_id] if pair[0].seq == seq), None)
    if told is None:
        raise refused("ANSWER_NOT_FOUND", 404, "没有这份答复", "no such answer")
    files = [one for one in repository.files(session, [inspection_id]) if one.seq == seq]
    known = next((one for one in files if one.sha256 == sha256), None)
    if known is not None:
        return known
    if told[1] is not None:
        raise refused("ANSWER_RULED", 409, "该答复已审核,不能再附文件", "this answer is ruled on: no more files")
    if len(files) >= MOST_FILES:
        raise too_many_files()
    return None


def too_many_files() -> LessonProofError:
    return refused(
        "TOO_MANY_FILES", 409, f"每份答复最多附 {MOST_FILES} 个文件", f"an answer has at most {MOST_FILES} files"
    )
