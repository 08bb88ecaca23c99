"""What is appended stays: the database itself refuses to change or remove a row of such a table."""

from __future__ import annotations

from alembic import op


def forbid_changes(table: str) -> None:
    """Needs `refuse_change()` of the centre's first migration on PostgreSQL."""
    for change in ("UPDATE", "DELETE"):
        if op.get_bind().dialect.name == "postgresql":
            body = "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        else:
            body = f"BEGIN SELECT RAISE(ABORT, 'append-only table {table}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} {body}")
