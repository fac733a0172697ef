"""A menu as a picture: its places as a tree, each where callers first get to it, with the counts of every way out.

And what a place is to people who do not read menu files: what is heard there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.figures.menu import PlaceFigures, WayOn
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Place

ACTIONS: Final[Mapping[str, str]] = {
    "play_notice": "Уведомление о записи разговора",
    "announcement": "Объявление диспетчера",
    "find_branch": "Вопрос, из какой области звонят",
    "open_matters": "Что известно об этом звонящем",
    "danger": "Сообщение об опасности: диспетчер или запись",
    "no_supply": "Адрес, что известно об отключении, сообщение",
    "planned_outages": "Плановые отключения по населённому пункту",
    "connection_status": "Номер заявки и её стадия",
    "knowledge": "Справки из базы знаний",
    "call_out": "Вызов мастера: адрес, день и номер заявки",
    "connection_consultation": "Кто подключается, сколько мощности, и как это сделать",
    "register_complaint": "Запись обращения и его номер",
    "appeal_status": "Номер обращения и что с ним",
    "operator": "Очередь к оператору",
    "trust_report": "Сообщение на телефон доверия, номер и пин-код",
    "trust_result": "Результат по номеру и пин-коду",
    "theft_report": "Сообщение о хищении: с номером или анонимно",
    "callback": "Обещание перезвонить",
    "leave_message": "Сообщение после сигнала",
    "offices": "Адрес и часы офиса",
    "book_appointment": "Запись на приём: офис, время, номер записи",
    "my_appointment": "Номер записи на приём: что это, перенести, отменить",
}
"""What a caller meets in a place that acts."""
EXITS: Final[Mapping[str, str]] = {
    "pressed": "перебили клавишей",
    "repeat": "слушали ещё раз",
    "wrong-key": "нет такой клавиши",
    "too-many-keys": "слишком много нажатий",
    "silence": "молчание",
    "otherwise": "после ошибок",
    "then": "дальше",
    "said": "сказано",
    "none": "сказать нечего",
    "done": "сделано",
    "operator": "попросили оператора",
    "main": "вернулись в главное меню",
    "failed": "сбой",
    "closed": "нерабочее время",
    "unanswered": "никто не ответил",
    "book": "захотели записаться снова",
    "callback": "попросили перезвонить",
    "call": "просят услугу: перезвонить",
    "message": "нужно сообщение",
    "person": "этим занимается человек",
    "queued": "передано диспетчеру",
    "silent": "ничего не сказали",
    "hung-up": "положили трубку",
    "stopped": "остановлено нами",
}
"""How callers leave a place by other than a key."""
_OTHERWISE: Final = frozenset({"wrong-key", "too-many-keys", "silence", "failed"})


@dataclass(frozen=True, slots=True)
class MenuBranch:
    """A way out of a place: a key, or the exits that lead to one place."""

    key: str
    """Empty: without a key."""
    exits: tuple[str, ...]
    leads_to: str
    times: int
    below: MenuNode | None
    """What is behind it; None: the call ends, or the place stands elsewhere in the tree."""


@dataclass(frozen=True, slots=True)
class MenuNode:
    """A place of the tree."""

    place: Place
    figures: PlaceFigures | None
    """None: nobody came here."""
    branches: tuple[MenuBranch, ...]


def tree(flow: Flow, places: Iterable[PlaceFigures]) -> MenuNode:
    """The flow from its start; each place stands once, on the shortest way to it, its keys before its other exits."""
    known = {one.place: one for one in places}
    first, seen, ahead = set[tuple[str, str]](), {flow.start}, deque([flow.start])
    while ahead:
        name = ahead.popleft()
        for target in dict.fromkeys(target for _, target in _leads(flow.places[name])):
            if target in flow.places and target not in seen:
                seen.add(target)
                first.add((name, target))
                ahead.append(target)
    return _node(flow, flow.start, known, first)


def heard(place: Place, words: Callable[[str], str]) -> str:
    """What a caller hears in a place: its prompts, or what its action is; `words` are a prompt's."""
    if isinstance(place, ActionPlace):
        return ACTIONS.get(place.action, place.action)
    return " ".join(words(id) for id in place.say)


def _node(flow: Flow, name: str, known: Mapping[str, PlaceFigures], first: set[tuple[str, str]]) -> MenuNode:
    place, figures = flow.places[name], known.get(name)
    branches = []
    for key, exits, target in _ways_out(place):
        mine = (name, target) in first
        first.discard((name, target))
        times = sum(way.times for way in figures.ways if _goes(way, key, exits, target)) if figures else 0
        below = _node(flow, target, known, first) if mine else None
        branches.append(MenuBranch(key, exits, target, times, below))
    return MenuNode(place, figures, tuple(branches))


def _ways_out(place: Place) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(key, exits, target): a key each; other exits together where they lead to one place."""
    others: dict[str, list[str]] = {}
    for by, target in _leads(place):
        if isinstance(place, Menu) and by in place.press:
            yield by, (), target
        else:
            others.setdefault(target, []).append(by)
    for target, exits in others.items():
        yield "", tuple(exits), target


def _leads(place: Place) -> list[tuple[str, str]]:
    """The ways out of a place, its keys first, zero as the last of them."""
    keys = place.press if isinstance(place, Menu) else {}
    return sorted(place.leads(), key=lambda lead: (lead[0] not in keys, lead[0] == "0", lead[0] if keys else ""))


def _goes(way: WayOn, key: str, exits: tuple[str, ...], target: str) -> bool:
    """Whether what callers did is this way out."""
    if key:
        return way.exit == "pressed" and way.key == key
    if way.leads_to != target or (way.exit == "pressed" and way.key):
        return False
    meant = {"said" if exit == "then" else exit for exit in exits}
    return way.exit in (meant | _OTHERWISE if "otherwise" in meant else meant)


def ends(target: str) -> bool:
    """Whether a way leads out of the menu: the call is over."""
    return target == HANG_UP
