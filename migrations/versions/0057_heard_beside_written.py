"""What a machine had heard, beside what a person wrote from it; erased with the recording by the database itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"

_FORGET = """UPDATE appeal_contents SET heard = NULL WHERE heard IS NOT NULL
             AND appeal_id IN (SELECT id FROM appeals WHERE recording_id = {}.id)"""
ERASED = {
    "sqlite": [
        f"""CREATE TRIGGER heard_erased AFTER UPDATE OF state ON recordings WHEN new.state = 'erased'
           BEGIN {_FORGET.format("new")}; END""",
    ],
    "postgresql": [
        f"""CREATE FUNCTION heard_erase() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN {_FORGET.format("NEW")}; RETURN NULL; END $$""",
        """CREATE TRIGGER heard_erased AFTER UPDATE OF state ON recordings FOR EACH ROW
           WHEN (NEW.state = 'erased') EXECUTE FUNCTION heard_erase()""",
    ],
}


def upgrade() -> None:
    """Go forward."""
    op.add_column("appeal_contents", sa.Column("heard", sa.Text()))
    for statement in ERASED[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Go back; what was heard is lost, what was written stays."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER heard_erased ON recordings")
        op.execute("DROP FUNCTION heard_erase()")
    else:
        op.execute("DROP TRIGGER heard_erased")
    op.drop_column("appeal_contents", "heard")
