"""The centre's signed log, its tree and checkpoints, the trees over the boxes' logs, and what the centre cosigned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from storage.database.types import Big, Id, UtcDateTime
from storage.evidence.tree import Tree

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("centre_log", "log_tree", "receipt")
_BATCH = 1000


def upgrade() -> None:
    op.create_table(
        "centre_log",
        sa.Column("idx", Big, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=96), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name="pk_centre_log"),
    )
    op.create_index("ix_centre_log_subject", "centre_log", ["subject"])
    tree = op.create_table(
        "log_tree",
        sa.Column("log", sa.String(length=36), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", Big, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("log", "level", "idx", name="pk_log_tree"),
        sqlite_with_rowid=False,
    )
    head = op.create_table(
        "centre_log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", Big, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_centre_log_head"),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0}])
    op.create_table(
        "centre_checkpoint",
        sa.Column("size", Big, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_centre_checkpoint"),
    )
    op.create_table(
        "receipt",
        sa.Column("box_id", Id, nullable=False),
        sa.Column("size", Big, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_receipt_box_id_box"),
        sa.PrimaryKeyConstraint("box_id", "size", name="pk_receipt"),
    )
    op.create_index("ix_log_entry_kind", "log_entry", ["box_id", "kind", "idx"])
    _grow(tree)
    _forbid_changes()


def _grow(tree: sa.Table) -> None:
    """Over what the boxes have told so far."""
    session = Session(op.get_bind())
    log = sa.table("log_entry", sa.column("box_id", Id), sa.column("idx"), sa.column("body"))
    for (box_id,) in session.execute(sa.select(log.c.box_id).distinct()).all():
        of_box, size = Tree(session, tree, log=str(box_id)), 0
        while batch := session.scalars(
            sa.select(log.c.body).where(log.c.box_id == box_id, log.c.idx >= size).order_by(log.c.idx).limit(_BATCH)
        ).all():
            of_box.append(size, [body.encode() for body in batch])
            size += len(batch)
    session.flush()


def _forbid_changes() -> None:
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            if op.get_bind().dialect.name == "postgresql":
                body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            else:
                body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
            op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
