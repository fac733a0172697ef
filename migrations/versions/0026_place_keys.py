"""Compare places by one table of their kinds: the keys of what is stored are made anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grid import places

revision = "0026"
down_revision = "0025"

COLUMNS = ("settlement", "street", "settlement_key", "street_key")


def upgrade() -> None:
    """Go forward: once per pair of names, of which a town has a few thousand, however many premises it has."""
    for name in ("premises", "outage_scopes"):
        table = sa.table(name, *(sa.column(column, sa.String) for column in COLUMNS))
        connection = op.get_bind()
        for settlement, street, *were in connection.execute(sa.select(*table.c).distinct()).all():
            keys = {"settlement_key": places.key(settlement), "street_key": places.key(street)}
            if list(keys.values()) != were:
                same = (table.c.settlement == settlement, table.c.street == street)
                connection.execute(sa.update(table).where(*same).values(keys))


def downgrade() -> None:
    """Go back: an import writes the keys as its own program makes them."""
