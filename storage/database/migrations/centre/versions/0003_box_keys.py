"""The keys that boxes had before, and why a box was revoked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Id, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "box_key",
        sa.Column("public_key", sa.String(length=44), nullable=False),
        sa.Column("box_id", Id, nullable=False),
        sa.Column("valid_from", UtcDateTime, nullable=False),
        sa.Column("valid_until", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["box_id"], ["box.id"], name="fk_box_key_box_id_box"),
        sa.PrimaryKeyConstraint("public_key", name="pk_box_key"),
    )
    op.create_index("ix_box_key_box_id", "box_key", ["box_id"])
    op.add_column("box", sa.Column("revoked_reason", sa.String(length=16), nullable=True))
    op.add_column("box", sa.Column("revoked_remark", sa.String(length=200), nullable=True))
    box = sa.table("box", sa.column("revoked_at"), sa.column("revoked_reason"))
    op.execute(sa.update(box).where(box.c.revoked_at.is_not(None)).values(revoked_reason="other"))
    for change in ("UPDATE", "DELETE"):
        if op.get_bind().dialect.name == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        else:
            body = "BEGIN SELECT RAISE(ABORT, 'append-only table box_key'); END"
        op.execute(f"CREATE TRIGGER box_key_no_{change.lower()} BEFORE {change} ON box_key {body}")
