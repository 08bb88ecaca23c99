"""The viewing register knows of pictures, beside playback and export; it stays append-only."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("view_log") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_view_log_what", type_="check")
        batch.create_check_constraint("ck_view_log_what", "what IN ('playback', 'pictures', 'export')")
    if op.get_bind().dialect.name == "postgresql":
        return
    for change in ("UPDATE", "DELETE"):  # which went with the old table
        op.execute(
            f"CREATE TRIGGER view_log_no_{change.lower()} BEFORE {change} ON view_log"
            " BEGIN SELECT RAISE(ABORT, 'append-only table view_log'); END"
        )
