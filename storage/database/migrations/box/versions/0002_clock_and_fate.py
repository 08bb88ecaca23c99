"""The box's clock beside each run, what became of a file, and the term of a lesson hour's raw recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("clock_synchronised", sa.Boolean(), nullable=True))
    op.add_column("run", sa.Column("clock_offset_us", Big, nullable=True))
    op.add_column("run", sa.Column("clock_uncertainty_ms", Big, nullable=True))
    op.add_column("segment", sa.Column("fate", sa.String(length=16), nullable=True))
    op.add_column("clip", sa.Column("fate", sa.String(length=16), nullable=True))
    op.add_column("lesson", sa.Column("start_ms", Big, nullable=True))
    op.add_column("lesson", sa.Column("raw_days", sa.Integer(), nullable=True))
