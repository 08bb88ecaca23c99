"""Whether a lesson hour was looked at for replays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lesson", sa.Column("replay_idx", Big, nullable=True))
