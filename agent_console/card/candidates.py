"""Who may be calling: everybody whom something of the call points to, each with all reasons. Chooses nobody. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from agent_console.calls.journey import Journey
from agent_console.card.values import Candidate, CardAppeal, CardPremise, Chosen, Same
from grid import places as place_names
from grid.connections import ConnectionStatus
from gridline.numbers.applications import digits_of
from ivr.voice import spoken

BY_NUMBER = "по номеру телефона: абонент этого адреса"
CONFIRMED = "подтвердил адрес в меню"
YES = "1"


@dataclass
class _Found:
    """One person or premise while reasons are gathered."""

    ref: str
    name: str
    address: str
    account: str = ""
    kind: str = ""
    premise_id: str | None = None
    reasons: list[str] = field(default_factory=list)
    confirmed: bool = False


def of(
    *,
    by_phone: Sequence[CardPremise],
    by_account: Sequence[CardPremise],
    journey: Journey,
    appeals: Sequence[CardAppeal],
    applications: Sequence[ConnectionStatus],
    earlier: Iterable[tuple[str, Chosen]],
) -> tuple[Candidate, ...]:
    """The candidates, those whom the caller's own keys confirmed first, then by the number of reasons.

    `earlier`: choices made in earlier calls from this number, each with the words for its moment, the last first.
    """
    found: dict[str, _Found] = {}
    for place in by_phone:
        _premise(found, place).reasons.append(BY_NUMBER)
    for place in by_account:
        _premise(found, place).reasons.append(f"назвал лицевой счёт {place.account} в меню")
    for place in (*by_phone, *by_account):
        one = _premise(found, place)
        if not one.confirmed and confirmed(place, journey):
            one.confirmed = True
            one.reasons.append(CONFIRMED)
    for appeal in appeals:
        _appeal(found, appeal)
    for application in applications:
        _application(found, application, applications, journey.applications)
    told: dict[str, int] = defaultdict(int)
    for moment, choice in earlier:
        one = found.get(choice.ref) or _again(found, choice)
        told[one.ref] += 1
        if told[one.ref] == 1:
            one.reasons.append(f"звонил {moment}")
    ordered = sorted(found.values(), key=lambda one: (not one.confirmed, -len(one.reasons)))
    return tuple(
        Candidate(
            one.ref, one.name, one.address, one.account, one.kind, tuple(one.reasons), one.confirmed, one.premise_id
        )
        for one in ordered
    )


def confirmed(place: CardPremise, journey: Journey) -> bool:
    """Whether the caller's last answer to a question about addresses named this one."""
    for words, key in reversed(journey.answers):
        for address in _as_spoken(place):
            if key.isdigit() and f"{address}, нажмите {spoken.cardinal(int(key))}." in words:
                return True
            if f"Ваш адрес: {address}?" in words:
                return key == YES
    return False


def _as_spoken(place: CardPremise) -> tuple[str, str]:
    """An address with its flat (for who keyed the account) and without (attack A29: see ivr.actions.premise)."""
    street, _, flat = place.address.rpartition(", ")
    return spoken.address(place.address), spoken.address(street if flat.startswith("кв.") else place.address)


def _premise(found: dict[str, _Found], place: CardPremise) -> _Found:
    ref = f"premise:{place.premise_id}"
    made = _Found(ref, place.name, place.address, place.account, place.kind, place.premise_id)
    return found.setdefault(ref, made)


def _appeal(found: dict[str, _Found], appeal: CardAppeal) -> None:
    """An open appeal speaks for its premise, for the one person of the same name, or else for itself."""
    if appeal.same is not Same.PHONE:  # a neighbour's matter about the same premise says nothing of who calls
        return
    reason = f"открытое обращение {appeal.number} с этого номера"
    same = [one for one in found.values() if _names_agree(one.name, appeal.name)]
    at_premise = found.get(f"premise:{appeal.premise_id}")
    if at_premise is not None:
        at_premise.reasons.append(reason)
    elif len(same) == 1:
        same[0].reasons.append(reason)
    elif appeal.name:
        ref = f"appeal:{appeal.appeal_id}"
        found[ref] = _Found(ref, appeal.name, "", premise_id=appeal.premise_id, reasons=[reason])


def _application(
    found: dict[str, _Found], application: ConnectionStatus, among: Iterable[ConnectionStatus], keyed: Collection[str]
) -> None:
    """An application is another place than the applicant's own premise, so it stands for itself."""
    ref, digits = f"application:{application.number}", digits_of(application.number)
    alone = [one.number for one in among if digits_of(one.number) == digits] == [application.number]
    if digits not in keyed:
        reason = f"заявка на присоединение {application.number} с этим телефоном"
    elif alone:
        reason = f"назвал номер заявки {application.number} в меню"
    else:
        reason = f"набрал в меню цифры, которые есть и в номере заявки {application.number}"
    confirmed = digits in keyed and alone
    found[ref] = _Found(ref, application.applicant, application.address, reasons=[reason], confirmed=confirmed)


def _again(found: dict[str, _Found], choice: Chosen) -> _Found:
    made = _Found(choice.ref, choice.name, choice.address, choice.account, choice.kind, choice.premise_id)
    found[choice.ref] = made
    return made


def _names_agree(one: str, other: str) -> bool:
    return bool(one) and bool(other) and place_names.key(one) == place_names.key(other)
