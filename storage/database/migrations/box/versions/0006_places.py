"""People in their places, the health of the pictures, and what the installer taught the box about a camera."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watcher",
        sa.Column("id", Big, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watcher"),
        sa.UniqueConstraint("body", name="uq_watcher_body"),
    )
    with op.batch_alter_table("sample") as sample:
        sample.add_column(sa.Column("seated", sa.Integer(), nullable=True))
        sample.add_column(sa.Column("confidence", sa.Double(), nullable=True))
        sample.add_column(sa.Column("watcher_id", Big, nullable=True))
        sample.add_column(sa.Column("conditions", sa.Text(), nullable=True))
        sample.create_foreign_key("fk_sample_watcher_id_watcher", "watcher", ["watcher_id"], ["id"])
    op.create_table(
        "sighting",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", Big, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "at_ms", name="pk_sighting"),
    )
    op.create_table(
        "camera_view",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("at_ms", Big, nullable=False),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("scale", sa.Double(), nullable=False),
        sa.Column("reference", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_view"),
    )
    op.create_table(
        "recognition",
        sa.Column("lesson_hour_id", sa.String(length=36), nullable=False),
        sa.Column("trainee", sa.String(length=64), nullable=False),
        sa.Column("counter_id", Big, nullable=False),
        sa.Column("until_ms", Big, nullable=False),
        sa.Column("seen_ms", Big, nullable=True),
        sa.ForeignKeyConstraint(["counter_id"], ["counter.id"], name="fk_recognition_counter_id_counter"),
        sa.PrimaryKeyConstraint("lesson_hour_id", "trainee", name="pk_recognition"),
    )
    op.create_table(
        "acceptance",
        sa.Column("id", Big, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("zones_sha256", sa.String(length=64), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("seats", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acceptance"),
    )
    op.create_index("ix_acceptance_camera_id", "acceptance", ["camera_id"])
