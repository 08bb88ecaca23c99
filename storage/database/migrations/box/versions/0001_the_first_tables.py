"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clip",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("lesson_hour_id", sa.String(length=36), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", Big, nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_clip"),
    )
    op.create_index("ix_clip_lesson_hour_id", "clip", ["lesson_hour_id"])

    op.create_table(
        "counter",
        sa.Column("id", Big, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("model_sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_counter"),
        sa.UniqueConstraint("name", "model_sha256", "engine", "threshold", name="uq_counter_name"),
    )
    op.create_table(
        "gap",
        sa.Column("id", Big, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("start_ms", Big, nullable=False),
        sa.Column("end_ms", Big, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gap"),
    )
    op.create_index("ix_gap_camera_start", "gap", ["camera_id", "start_ms"])

    op.create_table(
        "key_value",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_key_value"),
    )
    op.create_table(
        "log_entry",
        sa.Column("idx", Big, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=True),
        sa.Column("n", Big, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("idx", name="pk_log_entry"),
        sa.UniqueConstraint("camera_id", "n", name="uq_log_entry_camera_id"),
    )
    op.create_table(
        "run",
        sa.Column("id", Big, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("boot_id", sa.String(length=36), nullable=False),
        sa.Column("start_ms", Big, nullable=False),
        sa.Column("media_ms", Big, nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("codec", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("clock_offset_ms", Big, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )
    op.create_index("ix_run_camera_start", "run", ["camera_id", "start_ms"])

    op.create_table(
        "lesson",
        sa.Column("lesson_hour_id", sa.String(length=36), nullable=False),
        sa.Column("end_ms", Big, nullable=False),
        sa.Column("log_idx", Big, nullable=False),
        sa.ForeignKeyConstraint(["log_idx"], ["log_entry.idx"], name="fk_lesson_log_idx_log_entry"),
        sa.PrimaryKeyConstraint("lesson_hour_id", name="pk_lesson"),
    )
    op.create_table(
        "sample",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", Big, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("counter_id", Big, nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name="fk_sample_counter_id_counter"),
        sa.PrimaryKeyConstraint("camera_id", "at_ms", name="pk_sample"),
    )
    op.create_table(
        "segment",
        sa.Column("id", Big, nullable=False),
        sa.Column("run_id", Big, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("start_ms", Big, nullable=False),
        sa.Column("media_ms", Big, nullable=False),
        sa.Column("bytes", Big, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("NOT closed OR sha256 IS NOT NULL", name="ck_segment_closed_has_hash"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_segment_run_id_run"),
        sa.PrimaryKeyConstraint("id", name="pk_segment"),
        sa.UniqueConstraint("path", name="uq_segment_path"),
    )
    op.create_index("ix_segment_camera_start", "segment", ["camera_id", "start_ms"])
