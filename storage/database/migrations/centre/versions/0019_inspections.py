"""Decisions on alarms; the record is searched by subject."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _column(name: str, kind: Any, to: str | None = None, key: bool = False) -> sa.Column[Any]:
    keys = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *keys, nullable=False, primary_key=key)


def _head(*, key: bool = True) -> list[sa.Column[Any]]:
    """Of every table here: its id, when, and who."""
    ids = [_column("id", Id, key=True)] if key else []
    return [*ids, _column("at", UtcDateTime()), _column("account_id", Id, "account.id")]


def upgrade() -> None:
    _of_alarms()


def _of_alarms() -> None:
    op.create_index("ix_audit_event_subject", "audit_event", ["subject"])
    op.create_table(
        "alert_decision",
        *_head(),
        _column("event_id", Big, "audit_event.id"),
        _column("seq", sa.Integer()),
        _column("state", sa.String(16)),
        _column("reason", sa.Text()),
        sa.UniqueConstraint("event_id", "seq", name="uq_alert_decision_event_id"),
        sa.CheckConstraint(
            "(seq = 1 AND state = 'acknowledged') OR (seq = 2 AND state IN ('resolved', 'false_alarm'))",
            name="ck_alert_decision_state",
        ),
    )
    forbid_changes("alert_decision")
