"""How long the first page of a search of talks takes, asked as the console's page asks it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from agent_console.calls import talk_search
from agent_console.calls.talk_search import HOLDS, LENGTHS, OVERS, SILENCES, TalkChoices
from agent_console.people import people
from appeals.taxonomy import shipped
from bench.recordings import said
from bench.recordings.past import AGENTS, ENDS, phone_of
from bench.recordings.timing import Ask, TimedAsk, timed
from gridline.calendar import days
from gridline.companies import Company
from gridline.db import Database
from gridline.scope import Scope
from quality.masking.masking import masked_words

SEARCHES: Final = 200
_FORMS: Final = ("{}", "{}а", "{}у", "{}ом", "{}ы")
"""Endings: people search for other forms than were said."""


async def pages(db: Database, company: Company, searches: int, rows: int) -> list[TimedAsk]:
    """So many searches: of up to three words, common and rare, and up to three filters, in a week to a year.

    A tenth of them is of somebody's number alone, of a talk among the `rows`.
    """
    chance = random.Random(3)
    today = days.day_of(ENDS, company.zone)
    year_ago, found = (today - timedelta(days=365)).isoformat(), []
    for at in range(searches):
        query = _drawn(chance, company, today)
        if at % 10 == 0:
            query = {"number": phone_of(chance.randrange(rows), rows), "since": year_ago, "until": today.isoformat()}
        what = ", ".join(f"{name}={value}" for name, value in query.items())
        found.append(await timed(db, what, _asker(company, query, today)))
    return found


def _asker(company: Company, query: dict[str, str], today: date) -> Ask:
    topics, by = {code: row.title for code, row in shipped().topics.items()}, "user:bench"

    async def ask(session: AsyncSession) -> int:
        choices = TalkChoices(await people.agents(session, company.id), topics, {})
        asked = talk_search.read(query, company, choices, today)
        scope = Scope(company.id)
        rows, _ = await talk_search.page(session, company, asked, masked_words, reader=by, visible_to=scope)
        return len(rows)

    return ask


def _drawn(chance: random.Random, company: Company, today: date) -> dict[str, str]:
    query: dict[str, str] = {}
    period = chance.choices((7, 30, 90, 366), (2, 5, 1, 2))[0]
    until = today - timedelta(days=chance.choice((0, 0, chance.randrange(200))))
    query |= {"since": (until - timedelta(days=period - 1)).isoformat(), "until": until.isoformat()}
    kind = chance.choices(("words", "rare", "none"), (5, 2, 3))[0]
    if kind != "none":
        words = [chance.choice(_FORMS).format(word) for word in said.drawn(chance, chance.randint(1, 3))]
        if kind == "rare":
            words[0] = chance.choice(said.NAMED)
        query["q"] = " ".join(words)
    filters: dict[str, Any] = {
        "agent": AGENTS,
        "queue": tuple(company.queues),
        "topic": ("outages", "connection", "metering", "quality"),
        "length": tuple(LENGTHS),
        "silence": tuple(SILENCES),
        "over": tuple(OVERS),
        "hold": tuple(HOLDS),
    }
    for name in chance.sample(sorted(filters), chance.randint(0, 3)):
        query[name] = chance.choice(filters[name])
    return query
