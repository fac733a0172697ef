"""Check of the trust line: whether there is anybody who may hear what is told to it."""

from __future__ import annotations

from collections.abc import Sequence

import migrations
from agent_console.people import people
from gridline.companies import Companies
from gridline.db import Database
from gridline.errors import GridlineError
from gridline.scope import Scope
from gridline.settings import Settings
from service.doctor.finding import Finding, fine, note

NAME = "Телефон доверия"
_CURE = "Заведите человека с ролью «Служба безопасности»: gridline users add."


async def listeners(config: Settings) -> Sequence[Finding]:
    """Whether each company has somebody of the security service: menus take reports that nobody else may hear."""
    try:
        companies = list(Companies.load(config.dialplan / "companies"))
    except GridlineError:
        return []  # told by the check of companies
    db = Database(config.db_url)
    try:
        if await migrations.revision(db) != migrations.newest():
            return []  # told by the check of the database
        async with db.read() as session:
            deaf = [
                company.name
                for company in companies
                if not await people.owners(session, company.id, None, visible_to=Scope(company.id, trust=True))
            ]
    except GridlineError:
        return []
    finally:
        await db.close()
    if deaf:
        return [note(NAME, f"Анонимные сообщения некому слушать: {', '.join(deaf)}.", _CURE)]
    return [fine(NAME, "Анонимные сообщения есть кому слушать.")]
