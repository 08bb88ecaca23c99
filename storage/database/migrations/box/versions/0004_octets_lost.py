"""What the camera's sender reports say was lost on the way, beside each run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("run", sa.Column("octets_lost", Big, nullable=True))
