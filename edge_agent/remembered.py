"""Small facts the box must not forget across a restart: one row of `key_value` each, written in the caller's
transaction.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from storage.evidence.tables import KeyValue


class Fact(StrEnum):
    """Every key there is. Times are milliseconds since 1970 UTC as decimal text."""

    BOX_ID = "box_id"
    CENTRE_URL = "centre_url"
    CENTRE_WITNESS = "centre_witness"  # the key it cosigns with (C2SP vkey), as told at enrolment
    SITE_NAME = "site_name"
    ENROLLED_MS = "enrolled_ms"
    TARGET = "target"  # the last target state, JSON
    TARGET_ETAG = "target_etag"
    TARGET_CONFIRMED_MS = "target_confirmed_ms"  # when the centre last said that the target is still this one
    CARRIED = (
        "carried"  # ended lesson hours not judged yet which the newest target no longer names: a target state, JSON
    )
    LOG_DELIVERED = "log_delivered"  # entries 0 … n-1 are committed at the centre
    REFUSED = "refused"  # what the centre said no to when last asked: {"code", "zh", "en"}; gone once it says yes
    ROLL_CALLS = "roll_calls"  # the teacher's, at this box, of the sessions that the target names: JSON
    LAST_CONTACT_MS = "last_contact_ms"  # when the centre last answered anything


def recall(session: Session, fact: Fact) -> str | None:
    row = session.get(KeyValue, fact.value)
    return None if row is None else row.value


def recall_int(session: Session, fact: Fact, default: int = 0) -> int:
    value = recall(session, fact)
    return default if value is None else int(value)


def remember(session: Session, fact: Fact, value: str | int) -> None:
    session.merge(KeyValue(key=fact.value, value=str(value)))


def forget(session: Session, *facts: Fact) -> None:
    for fact in facts:
        row = session.get(KeyValue, fact.value)
        if row is not None:
            session.delete(row)
