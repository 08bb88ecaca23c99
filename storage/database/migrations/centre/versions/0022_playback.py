"""Bookmarks in recordings, and the digests of pictures taken out of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def _column(name: str, kind: Any, to: str | None = None, *, key: bool = False, empty: bool = False) -> sa.Column[Any]:
    keys = [sa.ForeignKey(to)] if to else []
    return sa.Column(name, kind, *keys, nullable=empty, primary_key=key)


def _head() -> list[sa.Column[Any]]:
    """Of both tables: its id, when, who, and of which lesson hour."""
    return [
        _column("id", Id, key=True),
        _column("at", UtcDateTime()),
        _column("account_id", Id, "account.id"),
        _column("lesson_hour_id", Id, "lesson_hour.id"),
    ]


def upgrade() -> None:
    op.create_table(
        "bookmark",
        *_head(),
        _column("camera_id", Id, "camera.id", empty=True),
        _column("moment", UtcDateTime()),
        _column("note", sa.Text()),
    )
    op.create_index("ix_bookmark_lesson_hour_id_moment", "bookmark", ["lesson_hour_id", "moment"])
    op.create_table(
        "snapshot",
        *_head(),
        _column("camera_id", Id, "camera.id"),
        _column("clip_sha256", sa.String(64)),
        _column("moment", UtcDateTime()),
        _column("sha256", sa.String(64)),
        _column("bytes", Big),
        _column("width", sa.Integer()),
        _column("height", sa.Integer()),
        sa.CheckConstraint("bytes > 0 AND width > 0 AND height > 0", name="ck_snapshot_picture"),
    )
    op.create_index("ix_snapshot_lesson_hour_id", "snapshot", ["lesson_hour_id"])
    op.create_index("ix_snapshot_sha256", "snapshot", ["sha256"])
    for table in ("bookmark", "snapshot"):
        forbid_changes(table)
