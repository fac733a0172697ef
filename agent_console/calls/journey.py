"""The way through the menu, in Russian: what was heard, pressed and keyed, and the topic it led to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ivr.journal.models import CallStep
from ivr.menus.model import Flow, Menu, Place

_DIGITS: Final = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_KEYS: Final = {word: str(digit) for digit, word in enumerate(_DIGITS)} | {"звёздочка": "*", "звёздочку": "*"}
_OFFER: Final = re.compile(rf"(.+?),? (?:нажмите )?({'|'.join(_KEYS)})")
"""How every menu offers a key: «Счётчики и справки, четыре», «Оператор, нажмите ноль» (dialplan/prompts.ru.yaml)."""
_SENTENCE: Final = re.compile(r"(?<=[.?!])\s+")

ACCOUNT, APPLICATION = "account-enter", "application-enter"
_ADDRESS: Final = frozenset({"premise-confirm", "premise-choice"})
_TOPICS: Final = (
    ("danger", "maintenance"),
    ("water", "water"),
    ("quality", "quality"),
    ("connection", "connection"),
    ("tariffs", "service"),
    ("metering", "metering"),
    ("transmission", "transmission"),
    ("power", "outages"),
    ("report", "outages"),
    ("outage", "outages"),
    ("damage", "maintenance"),
    ("theft", "maintenance"),
    ("reference", "service"),
    ("offices", "service"),
    ("booking", "service"),
    ("service", "service"),
)
"""Words in the names of places, the more exact first, and the register's topic; menus name places by their matter."""
HUNG_UP: Final = "hung-up"
_NOT_A_KEY: Final = {
    "silence": "промолчал",
    "wrong-key": "нажал {key}: такого нет",
    "too-many-keys": "нажимал слишком много",
    HUNG_UP: "положил трубку",
    "failed": "не получилось",
}

MenuWay = tuple[tuple[str, str], ...]
"""The keys that lead to a place, each with what the menu offers under it."""


@dataclass(frozen=True, slots=True)
class MenuStep:
    """What the caller heard in one place of the menu, and what they did then."""

    at: datetime
    heard: str
    did: str
    """Empty: they only listened."""


@dataclass(frozen=True, slots=True)
class Journey:
    """The way through the menu."""

    steps: tuple[MenuStep, ...]
    keys: tuple[str, ...]
    """What was pressed, in short: «2 нет света», «счёт 120034001»."""
    topic: str
    """The topic of the register that the way led to, or empty."""
    accounts: tuple[str, ...]
    """Account numbers that were keyed, the last one first."""
    applications: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    """Words of the questions about an address with the key that answered each."""


def of(steps: Sequence[CallStep]) -> Journey:
    """The steps of a call, in their order, as an agent reads them."""
    shown = [MenuStep(_at(one), one.prompt_text, _did(one)) for one in steps if one.prompt_text or _did(one)]
    keyed = [one for one in steps if one.key]
    return Journey(
        steps=tuple(shown),
        keys=tuple(_short(one) for one in keyed),
        topic=topic(one.leads_to or one.place for one in steps),
        accounts=_keyed(steps, ACCOUNT),
        applications=_keyed(steps, APPLICATION),
        answers=tuple((one.prompt_text, one.key) for one in keyed if _ADDRESS & set(one.prompt_ids)),
    )


def topic(places: Iterable[str]) -> str:
    """The topic of the last place whose name tells one; empty where none does."""
    for place in reversed(list(places)):
        for word, code in _TOPICS:
            if word in place:
                return code
    return ""


def offered(menu: str, key: str) -> str:
    """What the words of a menu offer under a key: «Нет света или воды»; empty where they do not say."""
    for sentence in _SENTENCE.split(menu):
        match = _OFFER.fullmatch(sentence.strip().rstrip(".?!"))
        if match and _KEYS[match[2]] == key:
            what = match[1].strip().removeprefix("Если ")
            return what[:1].upper() + what[1:]
    return ""


def places(flow: Flow, words: Callable[[str], str]) -> dict[str, str]:
    """The places a caller gets to by keys, in the menu's order: «Нет света или воды → О воде».

    Each by its shortest way, told as the menus on it offer it; `words` are a prompt's.
    """
    found = dict[str, MenuWay]()
    ways = _without_keys(flow, {flow.start: ()}, {})
    seen = dict(ways)
    while ways:
        reached = dict[str, MenuWay]()
        for name, way in ways.items():
            for target, step in _pressed(flow.places[name], words).items():
                if target in flow.places and target not in seen:
                    reached.setdefault(target, (*way, step))
        found |= reached
        seen |= reached
        ways = _without_keys(flow, reached, seen)
        seen |= ways
    ordered = sorted(found.items(), key=lambda item: [(key == "0", key) for key, _ in item[1]])
    return {name: " → ".join(offer for _, offer in way) for name, way in ordered}


def _pressed(place: Place, words: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """Where the keys of a menu lead: each place with its first key, and with what is offered under all of its keys."""
    if not isinstance(place, Menu):
        return {}
    said, offers = " ".join(words(id) for id in place.say), dict[str, list[str]]()
    keys = dict[str, str]()
    for key, target in place.press.items():
        keys.setdefault(target, key)
        offers.setdefault(target, []).append(offered(said, key) or f"клавиша {key}")
    return {target: (key, " / ".join(offers[target])) for target, key in keys.items()}


def _without_keys(flow: Flow, ways: Mapping[str, MenuWay], seen: Container[str]) -> dict[str, MenuWay]:
    """These places, and those a caller gets to from them without a key: by the same way."""
    found, ahead = dict(ways), list(ways)
    while ahead:
        place = flow.places[ahead.pop(0)]
        for _, target in () if isinstance(place, Menu) else place.leads():
            if target in flow.places and target not in seen and target not in found:
                found[target] = found[place.name]
                ahead.append(target)
    return found


def _at(step: CallStep) -> datetime:
    """When a step began; one that a hang-up ended may have been a whole talk, and is told where it ended."""
    return step.ended_at if step.exit == HUNG_UP else step.started_at


def _did(step: CallStep) -> str:
    if step.exit in _NOT_A_KEY:
        return _NOT_A_KEY[step.exit].format(key=step.key)
    if not step.key:
        return ""
    return f"набрал {step.key}" if _is_number(step) else f"нажал {_short(step)}"


def _short(step: CallStep) -> str:
    if ACCOUNT in step.prompt_ids:
        return f"счёт {step.key}"
    if APPLICATION in step.prompt_ids:
        return f"заявка {step.key}"
    if _is_number(step):
        return step.key
    what = offered(step.prompt_text, step.key)
    return f"{step.key} — {what}" if what else step.key


def _is_number(step: CallStep) -> bool:
    return len(step.key) > 1 or bool({ACCOUNT, APPLICATION} & set(step.prompt_ids))


def _keyed(steps: Sequence[CallStep], prompt: str) -> tuple[str, ...]:
    """Numbers keyed at this question, the last first, each once."""
    found = [one.key for one in reversed(steps) if prompt in one.prompt_ids and len(one.key) > 1 and one.key.isdigit()]
    return tuple(dict.fromkeys(found))
