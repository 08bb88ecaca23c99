"""The zones a camera was accepted with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("camera", sa.Column("accepted_zones", sa.String(length=64), nullable=True))
