"""Accounts that are asked for and granted, their second factor, and results of exams. Every account there is was
granted when it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.types import Big, Id, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIMES = ("granted_at", "refused_at", "disabled_at", "reviewed_at", "last_sign_in_at")


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        for name in _TIMES:
            batch.add_column(sa.Column(name, UtcDateTime))
        batch.add_column(sa.Column("person_hmac", sa.String(64)))
        batch.create_check_constraint("ck_account_granted_or_refused", "granted_at IS NULL OR refused_at IS NULL")
    op.execute("UPDATE account SET granted_at = created_at")
    op.create_table(
        "second_factor",
        sa.Column("account_id", Id, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("secret_cipher", sa.LargeBinary, nullable=False),
        sa.Column("confirmed_at", UtcDateTime),
        sa.Column("last_step", Big),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_second_factor_account_id_account"),
        sa.PrimaryKeyConstraint("account_id", name="pk_second_factor"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("code_hmac", sa.String(64), nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
