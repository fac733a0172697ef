"""The card for those who may not know the caller (R28): names, numbers and accounts are masked."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from agent_console.card.values import Candidate, CardView, Chosen
from agent_console.people import privacy
from agent_console.people.permissions import Actor

P = TypeVar("P", Candidate, Chosen)


def shown(view: CardView, actor: Actor) -> CardView:
    """The card as this person may see it."""
    if privacy.reads_letters(actor):
        return view
    return replace(
        view,
        call=replace(view.call, caller=_hidden(actor, "phone", view.call.caller or "") or None, caller_raw=""),
        candidates=tuple(_person(actor, one) for one in view.candidates),
        chosen=None if view.chosen is None else _person(actor, view.chosen),
        places=tuple(replace(one, name=_name(actor, one.name), account=_account(one.account)) for one in view.places),
        appeals=tuple(replace(one, name=_name(actor, one.name)) for one in view.appeals),
        registered=tuple(replace(one, name=_name(actor, one.name)) for one in view.registered),
        applications=tuple(replace(one, applicant=_name(actor, one.applicant)) for one in view.applications),
        last_calls=tuple(replace(one, chosen=_name(actor, one.chosen)) for one in view.last_calls),
        journey=replace(
            view.journey,
            keys=tuple(_without(one, view.journey.accounts) for one in view.journey.keys),
            steps=tuple(replace(one, did=_without(one.did, view.journey.accounts)) for one in view.journey.steps),
        ),
    )


def _person(actor: Actor, one: P) -> P:
    reasons = tuple(_without(reason, (one.account,)) for reason in one.reasons)
    return replace(one, name=_name(actor, one.name), account=_account(one.account), reasons=reasons)


def _name(actor: Actor, name: str) -> str:
    return _hidden(actor, "name", name)


def _hidden(actor: Actor, field: str, value: str) -> str:
    return (privacy.shown(actor, field, value) or "") if value else ""


def _account(account: str) -> str:
    return f"***{account[-2:]}" if account else ""


def _without(words: str, accounts: tuple[str, ...]) -> str:
    for account in filter(None, accounts):
        words = words.replace(account, _account(account))
    return words
