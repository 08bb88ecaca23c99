"""What people say to verdicts: explanations, decisions, objections, re-checks, exemptions; papers are viewed too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database.migrations.append_only import forbid_changes
from storage.database.types import Big, Id, Json, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _lesson_hour(*, key: bool = False) -> sa.Column[object]:
    return sa.Column("lesson_hour_id", Id, sa.ForeignKey("lesson_hour.id"), primary_key=key, nullable=False)


def _by() -> sa.Column[object]:
    return sa.Column("account_id", Id, sa.ForeignKey("account.id"), nullable=False)


def _at() -> sa.Column[object]:
    return sa.Column("at", UtcDateTime, nullable=False)


def upgrade() -> None:
    _of_lesson_hours()
    _of_rechecks()
    _of_classes()
    with op.batch_alter_table("view_log") as batch:  # SQLite alters no CHECK: there the table is made anew
        batch.drop_constraint("ck_view_log_what", type_="check")
        batch.create_check_constraint(
            "ck_view_log_what", "what IN ('playback', 'pictures', 'papers', 'export', 'patrol')"
        )
    for table in ("explanation", "explanation_file", "decision", "objection", "recheck"):
        forbid_changes(table)
    for table in ("exemption", "exemption_end", "class_paper"):
        forbid_changes(table)
    if op.get_bind().dialect.name != "postgresql":
        forbid_changes("view_log")  # its triggers went with the old table


def _of_lesson_hours() -> None:
    op.create_table(
        "explanation",
        sa.Column("id", Id, primary_key=True),
        _at(),
        _lesson_hour(),
        sa.Column("version", sa.Integer, nullable=False),
        _by(),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_index("ix_explanation_lesson_hour_id", "explanation", ["lesson_hour_id"])
    op.create_table(
        "explanation_file",
        sa.Column("explanation_id", Id, sa.ForeignKey("explanation.id"), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        _at(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("bytes", Big, nullable=False),
        _by(),
        sa.CheckConstraint("kind IN ('pdf', 'jpeg', 'png', 'mp4')", name="ck_explanation_file_kind"),
        sa.CheckConstraint("bytes > 0", name="ck_explanation_file_bytes"),
    )
    op.create_table(
        "decision",
        sa.Column("id", Id, primary_key=True),
        _at(),
        _lesson_hour(),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("signs", Json, nullable=False),
        sa.Column("result", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        _by(),
        sa.Column("answers", sa.Integer),
        sa.UniqueConstraint("lesson_hour_id", "seq", name="uq_decision_lesson_hour_id"),
        sa.CheckConstraint("result IN ('pass', 'fail', 'review')", name="ck_decision_result"),
        sa.CheckConstraint("seq >= 1", name="ck_decision_seq"),
    )
    op.create_table(
        "objection",
        sa.Column("id", Id, primary_key=True),
        _at(),
        _lesson_hour(),
        sa.Column("decision_id", Id, sa.ForeignKey("decision.id"), nullable=False),
        _by(),
        sa.Column("words", sa.Text, nullable=False),
        sa.UniqueConstraint("decision_id", name="uq_objection_decision_id"),
    )
    op.create_index("ix_objection_lesson_hour_id", "objection", ["lesson_hour_id"])
    op.create_table(
        "lesson_life",
        _lesson_hour(key=True),
        sa.Column("institution_id", Id, sa.ForeignKey("institution.id"), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("next", sa.String(16), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("until", UtcDateTime),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("other_than", Id, sa.ForeignKey("account.id")),
    )
    op.create_index("ix_lesson_life_next_due_at", "lesson_life", ["next", "due_at", "lesson_hour_id"])
    op.create_index(
        "ix_lesson_life_institution_next", "lesson_life", ["institution_id", "next", "due_at", "lesson_hour_id"]
    )
    op.create_index("ix_lesson_life_stage_since", "lesson_life", ["stage", "since"])
    op.create_index("ix_lesson_life_stage_until", "lesson_life", ["stage", "until"])


def _of_rechecks() -> None:
    op.create_table(
        "recheck_draw",
        sa.Column("day", sa.Date, primary_key=True),
        _at(),
        sa.Column("log_size", Big, nullable=False),
        sa.Column("log_root", sa.String(64), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("drawn_at", UtcDateTime),
    )
    op.create_table(
        "recheck",
        _lesson_hour(key=True),
        sa.Column("day", sa.Date, sa.ForeignKey("recheck_draw.day"), primary_key=True),
        _at(),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _of_classes() -> None:
    op.create_table(
        "exemption",
        sa.Column("id", Id, primary_key=True),
        _at(),
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        _by(),
        sa.CheckConstraint("kind IN ('enterprise_staff', 'secret_unit')", name="ck_exemption_kind"),
    )
    op.create_index("ix_exemption_class_id", "exemption", ["class_id"])
    op.create_index("ix_exemption_valid_until", "exemption", ["valid_until"])
    op.create_table(
        "exemption_end",
        sa.Column("exemption_id", Id, sa.ForeignKey("exemption.id"), primary_key=True),
        _at(),
        sa.Column("words", sa.Text, nullable=False),
        _by(),
    )
    op.create_table(
        "class_paper",
        sa.Column("class_id", Id, sa.ForeignKey("training_class.id"), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        _at(),
        sa.Column("kind", sa.String(16), nullable=False),
        _by(),
        sa.CheckConstraint(
            "kind IN ('commitment', 'roster', 'attendance', 'photos', 'results', 'other')", name="ck_class_paper_kind"
        ),
    )
