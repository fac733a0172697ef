"""Compare places by one table of their kinds: the keys of what is stored are made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grid import places

revision = "0026"
down_revision = "0025"

COLUMNS = ("settlement", "street", "settlement_key", "street_key")
TABLES = {"premises": ("company_id",), "outage_scopes": ()}
"""With what comes before the keys in their index."""


def upgrade() -> None:
    """Go forward: once per pair of names, of which a town has a few thousand, found by the index of the old keys."""
    connection = op.get_bind()
    for name, owner in TABLES.items():
        table = sa.table(name, *(sa.column(column, sa.String) for column in (*owner, *COLUMNS)))
        for row in connection.execute(sa.select(*table.c).distinct()).mappings().all():
            keys = {"settlement_key": places.key(row["settlement"]), "street_key": places.key(row["street"])}
            if any(row[column] != key for column, key in keys.items()):
                same = (table.c[column] == value for column, value in row.items())
                connection.execute(sa.update(table).where(*same).values(keys))


def downgrade() -> None:
    """Go back: an import writes the keys as its own program makes them."""
