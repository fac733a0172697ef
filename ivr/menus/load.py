"""Reads a menu file into a Flow, or reports everything wrong with it: line, mistake, cure.

The language is closed on purpose: twelve words, no expressions, no variables. What needs an `if` is an action with
two exits.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from gridline.errors import Misconfigured
from gridline.yaml.file import Mistake, Tree, misconfigured
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Menu, Place, Saying, version_of
from ivr.menus.vocabulary import Vocabulary
from ivr.menus.written import Written, written

MENU_WORDS = ("say", "press", "words", "repeat", "silence", "wait", "tries", "otherwise")
SAYING_WORDS = ("say", "then")
DOING_WORDS = ("do", "topic")
KEYS = "0123456789"
REPEAT = "*"
TRIES, WAIT_S = range(1, 6), range(2, 16)
MOST_NAMED = 30
"""How many names an error lists when none is close to what was written."""
_SPOKEN = re.compile(r"(?=.{1,40}$)[а-яё]+(?: [а-яё]+)*")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


def load_flow(file: Path, vocabulary: Vocabulary, common_file: Path | None = None) -> Flow:
    """Read one menu. Raises Misconfigured with every mistake found, each with file, line and cure.

    Only what is written is checked here; whether the flow serves a caller well is up to `check.check`.
    """
    source = written(file, common_file)
    places = _Reader(source, vocabulary).places()
    wrong = [misconfigured(one.path, one.mistakes).message for one in source.files if one.mistakes]
    if wrong:
        raise Misconfigured("\n".join(wrong))
    start = next(iter(places))
    return Flow(file, start, MappingProxyType(places), version_of(start, places))


class _Reader:
    """One pass over one menu; mistakes are collected, so that all of them are shown at once."""

    def __init__(self, menu: Written, vocabulary: Vocabulary) -> None:
        self._written = menu
        self._vocabulary = vocabulary
        self._names: tuple[str, ...] = ()

    def places(self) -> dict[str, Place]:
        tree = self._written.places
        if not tree:
            self._wrong("В файле нет ни одного места.", "Начните с места notice: и его слов с отступом.")
            return {}
        self._names = tuple(tree)
        places: dict[str, Place] = {}
        for name, body in tree.items():
            if not _NAME.fullmatch(name) or name == HANG_UP:
                self._wrong(
                    f"Место не может называться «{name}».", "Строчные латинские буквы, цифры и дефис, с буквы.", name
                )
            if not isinstance(body, dict) or not body:
                self._wrong(f"Место «{name}» пусто.", "Впишите say и press, say и then или do и его выходы.", name)
                continue
            place = self._place(name, body)
            if place is not None:
                places[name] = place
        return places

    def _place(self, name: str, body: dict[str, Tree]) -> Place | None:
        if "do" in body and "say" in body:
            self._wrong("В одном месте и say, и do.", "Разделите его на два места.", name, "do")
        elif "do" in body:
            return self._doing(name, body)
        elif "say" not in body:
            self._wrong(f"Место «{name}» ничего не говорит и не делает.", "Добавьте say или do.", name)
        elif "press" in body and "then" in body:
            self._wrong("В одном месте и press, и then.", "Оставьте одно из двух.", name, "then")
        elif "press" in body:
            return self._menu(name, body)
        elif "then" in body:
            return self._saying(name, body)
        else:
            self._wrong(f"Из места «{name}» нет выхода.", f"Добавьте press или then (место или {HANG_UP}).", name)
        return None

    def _menu(self, name: str, body: dict[str, Tree]) -> Menu:
        self._known_words(name, body, MENU_WORDS)
        press: dict[str, str] = {}
        keys = body["press"]
        if not isinstance(keys, dict) or not keys:
            self._wrong("После press нет ни одной клавиши.", "Пишите press: {1: место, 0: operator}.", name, "press")
            keys = {}
        for key in keys:
            if key == REPEAT:
                self._wrong("Клавиша * не для перехода.", 'Пишите repeat: "*".', name, "press", key)
            elif len(key) != 1 or key not in KEYS:
                self._wrong(f"Клавиши «{key}» нет.", "Бывают 0-9.", name, "press", key)
            press[key] = self._target(name, "press", key)
        repeat = self._text(name, "repeat") if "repeat" in body else ""
        if repeat not in ("", REPEAT):
            self._wrong(f"Повтор клавишей «{repeat}» не бывает.", 'Пишите repeat: "*".', name, "repeat")
        if "otherwise" not in body:
            self._wrong(
                f"У меню «{name}» нет otherwise.", "Добавьте, куда идти после неверных нажатий: operator.", name
            )
        return Menu(
            name,
            self._said(name),
            MappingProxyType(press),
            self._target(name, "otherwise") if "otherwise" in body else "",
            repeat,
            self._target(name, "silence") if "silence" in body else "",
            self._number(name, "tries", TRIES, "раз") if "tries" in body else 3,
            self._number(name, "wait", WAIT_S, "секунд") if "wait" in body else 5,
            self._spoken(name, press) if "words" in body else MappingProxyType({}),
            *self._stands(name),
        )

    def _spoken(self, name: str, press: Container[str]) -> Mapping[str, tuple[str, ...]]:
        """What may be said for each key; a word that stands twice would lead to two places."""
        written = self._at(name, "words")
        if not isinstance(written, dict) or not written:
            self._wrong("После words нет ни одного слова.", "Пишите words: {2: [свет, нет света]}.", name, "words")
            return MappingProxyType({})
        found, seen = dict[str, tuple[str, ...]](), dict[str, str]()
        for key, said in written.items():
            where = (name, "words", key)
            if key not in press:
                self._wrong(f"Слова для клавиши «{key}», а в press её нет.", "Добавьте её или уберите слова.", *where)
            words = said if isinstance(said, list) else [said]
            for word in words:
                if not isinstance(word, str) or not _SPOKEN.fullmatch(word):
                    self._wrong("Это не слово абонента.", "Строчные русские буквы и пробелы, не больше 40.", *where)
                elif word in seen:
                    self._wrong(f"«{word}» и для {seen[word]}, и для {key}.", "Оставьте одно.", *where)
                else:
                    seen[word] = key
            found[key] = tuple(word for word in words if isinstance(word, str))
        return MappingProxyType(found)

    def _saying(self, name: str, body: dict[str, Tree]) -> Saying:
        self._known_words(name, body, SAYING_WORDS)
        return Saying(name, self._said(name), self._target(name, "then"), *self._stands(name))

    def _doing(self, name: str, body: dict[str, Tree]) -> ActionPlace | None:
        action, vocabulary = self._text(name, "do"), self._vocabulary
        if action not in vocabulary.actions:
            self._unknown("Действия", action, vocabulary.actions, name, "do")
            return None
        signature = vocabulary.actions[action]
        exits = signature.exits
        self._known_words(name, body, (*DOING_WORDS, *sorted(exits)))
        leads = {exit: self._target(name, exit) for exit in body if exit in exits}
        for exit in sorted(exits - leads.keys()):
            self._wrong(f"У действия {action} не назван выход {exit}.", f"Добавьте строку {exit}: место.", name, "do")
        topic = ""
        if "topic" in body:
            topic = self._text(name, "topic")
            if not signature.takes_topic:
                self._wrong(f"Действию {action} тема не нужна.", "Уберите строку topic.", name, "topic")
            elif topic not in vocabulary.topics:
                self._unknown("Темы", topic, vocabulary.topics, name, "topic")
        by_key = signature.exits_by_key
        return ActionPlace(name, action, MappingProxyType(leads), topic, by_key, *self._stands(name))

    def _stands(self, name: str) -> tuple[int, str]:
        return self._written.file(name).line(name), self._written.elsewhere(name)

    def _known_words(self, name: str, body: dict[str, Tree], words: tuple[str, ...]) -> None:
        for word in body:
            if word not in words:
                self._unknown("Слова", word, words, name, word, here=" в этом месте")

    def _said(self, name: str) -> tuple[str, ...]:
        written = self._at(name, "say")
        ids = written if isinstance(written, list) else [written]
        if not ids:
            self._wrong("После say нет ни одной подсказки.", "Впишите её имя.", name, "say")
        said = []
        for at, id in enumerate(ids):
            where = (name, "say", at) if isinstance(written, list) else (name, "say")
            if not isinstance(id, str) or not id:
                self._wrong("После say нужно имя подсказки или список имён.", "Впишите имя.", *where)
            elif id not in self._vocabulary.prompts:
                self._unknown("Подсказки", id, self._vocabulary.prompts, *where)
            else:
                said.append(id)
        return tuple(said)

    def _target(self, *where: str) -> str:
        target = self._text(*where)
        if target and target != HANG_UP and target not in self._names:
            self._unknown("Места", target, (*self._written.names, HANG_UP), *where)
        return target

    def _number(self, name: str, word: str, allowed: range, unit: str) -> int:
        text = self._text(name, word)
        if text in map(str, allowed):
            return int(text)
        if text:
            cure = f"Целое число {unit} от {allowed[0]} до {allowed[-1]}."
            self._wrong(f"{word}: «{text}» не подходит.", cure, name, word)
        return allowed[0]

    def _text(self, *where: str) -> str:
        value = self._at(*where)
        if isinstance(value, str) and value:
            return value
        self._wrong(f"После {where[-1]} нужно одно слово.", "Впишите его.", *where)
        return ""

    def _at(self, *where: str) -> Tree:
        tree: Tree = dict(self._written.places)
        for step in where:
            assert isinstance(tree, dict)
            tree = tree[step]
        return tree

    def _unknown(self, what: str, word: str, known: Iterable[str], *where: str | int, here: str = "") -> None:
        names = sorted(known)
        near = get_close_matches(word, names, n=1)
        cure = f"Возможно, {near[0]}?" if near else f"Есть: {', '.join(names[:MOST_NAMED])}."
        self._wrong(f"{what} «{word}» нет{here}.", cure, *where)

    def _wrong(self, what: str, cure: str, *where: str | int) -> None:
        file = self._written.file(str(where[0]) if where else "")
        file.mistakes.append(Mistake(file.line(*where), what, cure))
