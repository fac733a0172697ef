"""The rules a menu must follow: nothing unreachable, nothing endless, danger first, a person on 0."""

from __future__ import annotations

from collections.abc import Container, Iterator
from graphlib import CycleError, TopologicalSorter

from gridline.yaml.file import Mistake
from ivr.menus.load import REPEAT
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Place, Saying
from ivr.menus.vocabulary import BY_KEYPAD, DANGER, NOTHING_HEARD, NOTICE, PERSON, WRONG_KEY, Vocabulary

MOST_OPTIONS = 5
"""Besides 0 and *: callers do not remember more (domain.md, section 6)."""
LONGEST_MENU_S = 12.0

Finding = Mistake


def check(flow: Flow, vocabulary: Vocabulary) -> list[Finding]:
    """Every breach of the rules, by line; empty for a flow that may be served."""
    findings = [
        *_reachable(flow),
        *_notice_first(flow),
        *_danger_by_one(flow),
        *_engine_prompts(flow, vocabulary),
        *_endless(flow),
    ]
    for place in flow.places.values():
        if isinstance(place, Menu):
            findings += _menu(flow, place, vocabulary)
    return sorted(findings)


def _found(place: Place, what: str, cure: str) -> Finding:
    return Finding(place.line, what, cure, place.file)


def _reachable(flow: Flow) -> Iterator[Finding]:
    seen, ahead = {flow.start, HANG_UP}, [flow.start]
    while ahead:
        for _, target in flow.places[ahead.pop()].leads():
            if target not in seen:
                seen.add(target)
                ahead.append(target)
    for name, place in flow.places.items():
        if name not in seen:
            yield _found(place, f"В место «{name}» никто не попадёт.", "Приведите в него клавишу или выход.")
    if HANG_UP not in {target for place in flow.places.values() for _, target in place.leads()}:
        cure = f"Приведите прощание к {HANG_UP}."
        yield _found(flow.places[flow.start], "Звонок по этому меню никогда не кончается.", cure)


def _notice_first(flow: Flow) -> Iterator[Finding]:
    """The caller hears the recording notice before anything else (rule R5)."""
    start = flow.places[flow.start]
    if not isinstance(start, ActionPlace) or start.action != NOTICE:
        yield _found(start, "Первое место — не уведомление о записи.", f"Поставьте первым место с do: {NOTICE}.")


def _danger_by_one(flow: Flow) -> Iterator[Finding]:
    """A broken wire does not wait for the rest of the menu (rule R35)."""
    menu = flow.first_menu
    if menu is None:
        cure = "После уведомления приведите его в главное меню."
        yield _found(flow.places[flow.start], "До меню звонок не доходит.", cure)
    elif not _does(flow, menu.press.get("1", ""), DANGER):
        cure = f"Приведите 1 в место с do: {DANGER}."
        yield _found(menu, f"В первом меню «{menu.name}» клавиша 1 — не опасность.", cure)
    elif menu.silence:
        cure = "Уберите silence: молчащий абонент (телефон без тона) должен попасть к человеку."
        yield _found(menu, f"В первом меню «{menu.name}» есть silence.", cure)


def _engine_prompts(flow: Flow, vocabulary: Vocabulary) -> Iterator[Finding]:
    for id in (WRONG_KEY, NOTHING_HEARD, BY_KEYPAD):
        if id not in vocabulary.prompts:
            cure = "Добавьте её в prompts.ru.yaml."
            yield _found(flow.places[flow.start], f"Нет подсказки «{id}», нужной каждому меню.", cure)


def _endless(flow: Flow) -> Iterator[Finding]:
    """A loop that needs no key from the caller would hold a silent line for ever."""
    ahead = {name: set(_keyless(place)) for name, place in flow.places.items()}
    while True:
        try:
            TopologicalSorter(ahead).prepare()
        except CycleError as error:
            ring = [str(name) for name in reversed(error.args[1])]
        else:
            return
        ring.pop()
        first = min(range(len(ring)), key=lambda at: (flow.places[ring[at]].file, flow.places[ring[at]].line))
        ring = [*ring[first:], *ring[: first + 1]]
        cure = f"Разорвите его: одно из мест должно вести к прощанию и {HANG_UP}."
        yield _found(flow.places[ring[0]], f"Круг без нажатий абонента: {' → '.join(ring)}.", cure)
        ahead = {name: targets - set(ring) for name, targets in ahead.items() if name not in ring}


def _keyless(place: Place) -> Iterator[str]:
    for by, target in place.leads():
        pressed = by in _keys_of(place)
        if target != HANG_UP and not pressed:
            yield target


def _keys_of(place: Place) -> Container[str]:
    """The exits of a place that take a key press."""
    if isinstance(place, Menu):
        return place.press
    return place.exits_by_key if isinstance(place, ActionPlace) else ()


def _menu(flow: Flow, menu: Menu, vocabulary: Vocabulary) -> Iterator[Finding]:
    if not _does(flow, menu.press.get("0", ""), PERSON):
        yield _found(menu, f"В меню «{menu.name}» 0 — не человек.", f"Приведите 0 в место с do: {PERSON}.")
    if not _does(flow, menu.otherwise, PERSON):
        cure = f"Приведите otherwise в место с do: {PERSON}."
        yield _found(menu, f"В меню «{menu.name}» неверные нажатия ведут не к человеку.", cure)
    if menu.repeat != REPEAT:
        yield _found(menu, f"Меню «{menu.name}» нельзя повторить.", 'Добавьте repeat: "*".')
    options = len(menu.press.keys() - {"0"})
    if options > MOST_OPTIONS:
        cure = f"Оставьте {MOST_OPTIONS} (не считая 0 и *), остальное — во вложенное меню."
        yield _found(menu, f"В меню «{menu.name}» пунктов {options}.", cure)
    seconds = sum(vocabulary.prompts[id] for id in menu.say)
    if seconds > LONGEST_MENU_S:
        cure = f"Сократите текст до {LONGEST_MENU_S:.0f} с или разделите меню."
        lasts = f"{seconds:.1f}".replace(".", ",")
        yield _found(menu, f"Меню «{menu.name}» звучит {lasts} с.", cure)


def _does(flow: Flow, name: str, action: str) -> bool:
    """Whether this place leads to the action, at once or after saying something."""
    said: set[str] = set()
    place = flow.places.get(name)
    while isinstance(place, Saying) and place.name not in said:
        said.add(place.name)
        place = flow.places.get(place.then)
    return isinstance(place, ActionPlace) and place.action == action
