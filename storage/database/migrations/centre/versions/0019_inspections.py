"""Decisions on alarms, credit grades, sampling plans; the record is searched by subject."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

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
    _of_sampling()


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


def _of_sampling() -> None:
    op.create_table(
        "credit_rating",
        *_head(),
        _column("institution_id", Id, "institution.id"),
        _column("grade", sa.String(1)),
        _column("valid_from", sa.Date()),
        _column("basis", sa.Text()),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name="ck_credit_rating_grade"),
    )
    op.create_index("ix_credit_rating_institution_id_valid_from", "credit_rating", ["institution_id", "valid_from"])
    op.create_table(
        "sample_plan",
        *_head(),
        _column("first_day", sa.Date()),
        _column("last_day", sa.Date()),
        _column("seed", sa.String(32)),
        _column("rates", Json),
        _column("each", sa.Integer()),
        _column("candidates", Json),
        _column("inspectors", Json),
        _column("drawn", Json),
        sa.CheckConstraint("last_day >= first_day", name="ck_sample_plan_period"),
        sa.CheckConstraint("each >= 1", name="ck_sample_plan_each"),
    )
    for table in ("credit_rating", "sample_plan"):
        forbid_changes(table)
