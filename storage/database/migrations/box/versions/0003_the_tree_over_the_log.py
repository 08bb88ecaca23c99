"""The Merkle tree over the log, grown over what is there, and the checkpoints signed over it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from storage.database.types import Big
from storage.evidence.tree import Tree

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 1000


def upgrade() -> None:
    table = op.create_table(
        "log_tree",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", Big, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name="pk_log_tree"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", Big, autoincrement=False, nullable=False),
        sa.Column("at_ms", Big, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("cosigned_ms", Big, nullable=True),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    log = sa.table("log_entry", sa.column("idx"), sa.column("body"))
    session = Session(op.get_bind())
    tree, size = Tree(session, table), 0
    while batch := session.scalars(
        sa.select(log.c.body).where(log.c.idx >= size).order_by(log.c.idx).limit(_BATCH)
    ).all():
        tree.append(size, [body.encode() for body in batch])
        size += len(batch)
    session.flush()
