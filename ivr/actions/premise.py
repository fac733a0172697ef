"""The premise a caller means: by their number, with the address confirmed, or by the account they key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from grid import places, premises
from grid.models import Premise
from gridline.numbers import accounts
from ivr.actions.questions import LOOK_UP_S, NumberAsked, choose, confirm
from ivr.line import Line
from ivr.services import Services
from ivr.voice import spoken
from ivr.voice.prompts import Prompt

OFFERED = 4
"""Addresses read out to choose from; a caller with more keys the account."""
OTHER = "9"


def spoken_address(premise: Premise, *, account_keyed: bool) -> str:
    """The address in words; with the flat only if the account was keyed: a caller's number can be forged (A29)."""
    if account_keyed or not premise.flat:
        return spoken.address(premise.address)
    parts = {name: getattr(premise, name) for name in ("settlement", "street", "house", "building")}
    return spoken.address(places.one_line(**parts, flat=""))


async def by_number(line: Line, services: Services) -> Premise | None:
    """A premise of the caller's number that they confirmed; None where there is none, or it is another they mean."""
    call = line.call
    if call.caller is None:
        return None
    async with services.db.glance(within_s=LOOK_UP_S) as session:
        found = await premises.by_phone(session, call.company.id, call.caller)
    return await _one_of(line, _told_apart(found), account_keyed=False)


def _told_apart(found: Sequence[Premise]) -> list[Premise]:
    """The premises whose addresses differ without the flat; two flats of one house are distinguished by account."""
    times = Counter(spoken_address(premise, account_keyed=False) for premise in found)
    return [premise for premise in found if times[spoken_address(premise, account_keyed=False)] == 1]


async def by_account(line: Line, services: Services) -> Premise:
    """The premise of the account they key. Raises PersonWanted when it cannot be found."""
    asked = NumberAsked(line, "account-enter", at_most=accounts.MOST_DIGITS)
    while True:
        digits = await asked.digits()
        async with services.db.read(within_s=LOOK_UP_S) as session:
            found = await premises.by_account(session, line.call.company.id, digits)
        if not found:
            await asked.wrong("account-not-found")
        elif (premise := await _one_of(line, found, account_keyed=True)) is not None:
            return premise
        else:  # the caller says that it is another address
            await asked.wrong()


async def _one_of(line: Line, found: Sequence[Premise], *, account_keyed: bool) -> Premise | None:
    """The only premise, confirmed, or the one chosen; None for neither."""
    if len(found) == 1:
        address = spoken_address(found[0], account_keyed=account_keyed)
        return found[0] if await confirm(line, Prompt("premise-confirm", address=address)) else None
    if not found:
        return None
    offered = {str(number): premise for number, premise in enumerate(found[:OFFERED], start=1)}
    choices = [
        Prompt(
            "premise-choice",
            address=spoken_address(premise, account_keyed=account_keyed),
            key=spoken.cardinal(int(key)),
        )
        for key, premise in offered.items()
    ]
    key = await choose(line, "premise-several", *choices, "premise-other", keys=(*offered, OTHER))
    return offered.get(key)
