"""Column types that refuse to guess: UTC times, and integers wide enough on every engine."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. SQLite forgets zones silently (8 hours wrong in China), so naive times are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware


Big = BigInteger().with_variant(Integer, "sqlite")
"""64-bit integer; plain INTEGER on SQLite, where only that can be an auto-incrementing key."""

Json = JSON().with_variant(JSONB, "postgresql")

Id = Uuid(as_uuid=True)


def new_id() -> uuid.UUID:
    return uuid.uuid4()
