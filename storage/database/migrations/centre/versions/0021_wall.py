"""The patrol wall: draws, rounds signed off, troubles called none, marked instants."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Id, Json, UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APPEND_ONLY = ("wall_draw", "patrol_round", "patrol_round_tile", "patrol_dismissal", "patrol_mark")


def _column(name: str, kind: Any, to: str | None = None, key: bool = False, maybe: bool = False) -> sa.Column[Any]:
    keys = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *keys, nullable=maybe, primary_key=key)


def _head() -> list[sa.Column[Any]]:
    return [_column("id", Id, key=True), _column("at", UtcDateTime()), _column("account_id", Id, "account.id")]


def upgrade() -> None:
    op.create_table(
        "wall_draw", *_head(), _column("seed", sa.String(32)), _column("candidates", Json), _column("drawn", Json)
    )
    op.create_table(
        "patrol_round",
        *_head(),
        _column("local_date", sa.Date()),
        _column("draw_id", Id, "wall_draw.id", maybe=True),
    )
    op.create_index("ix_patrol_round_local_date_at", "patrol_round", ["local_date", "at"])
    op.create_table(
        "patrol_round_tile",
        _column("round_id", Id, "patrol_round.id", key=True),
        _column("lesson_hour_id", Id, "lesson_hour.id", key=True),
        _column("camera_id", Id, "camera.id", maybe=True),
        _column("shown", sa.String(16)),
        _column("shown_ms", sa.Integer()),
        _column("reason", sa.String(16), maybe=True),
        _column("patrol_id", Id, "patrol.id", maybe=True),
        sa.CheckConstraint("shown IN ('video', 'picture', 'nothing')", name="ck_patrol_round_tile_shown"),
        sa.CheckConstraint("(patrol_id IS NULL) = (reason IS NOT NULL)", name="ck_patrol_round_tile_signed_or_why"),
        sa.CheckConstraint("shown <> 'nothing' OR patrol_id IS NULL", name="ck_patrol_round_tile_signed_was_shown"),
    )
    op.create_table(
        "patrol_dismissal",
        *_head(),
        _column("lesson_hour_id", Id, "lesson_hour.id"),
        _column("trouble", sa.String(16)),
        _column("reason", sa.Text()),
    )
    op.create_table(
        "patrol_mark",
        *_head(),
        _column("lesson_hour_id", Id, "lesson_hour.id"),
        _column("camera_id", Id, "camera.id"),
        _column("kind", sa.String(16)),
        _column("sha256", sa.String(64), maybe=True),
        sa.CheckConstraint("kind IN ('bookmark', 'snapshot')", name="ck_patrol_mark_kind"),
        sa.CheckConstraint("(kind = 'snapshot') = (sha256 IS NOT NULL)", name="ck_patrol_mark_snapshot_has_hash"),
    )
    for table in ("patrol_dismissal", "patrol_mark"):
        op.create_index(f"ix_{table}_lesson_hour_id", table, ["lesson_hour_id"])
    for table in APPEND_ONLY:
        forbid_changes(table)
