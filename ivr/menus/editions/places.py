"""One place of a menu as a form has it, and the form's answer in the menu's text: what was changed is written anew.

A place of the common menu becomes the company's own with its first change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gridline.errors import InvalidInput
from gridline.yaml import edit
from gridline.yaml.file import Tree
from ivr.menus.load import DOING_WORDS, KEYS

WORDS: Final = ("say", "press", "words", "repeat", "silence", "wait", "tries", "otherwise", "then", "topic")
"""The order in which a place is written."""


@dataclass(frozen=True)
class PlaceForm:
    """What a place says and where it leads; empty: the word is not there."""

    do: str
    say: tuple[str, ...]
    press: tuple[tuple[str, str], ...]
    """(key, place), in the order in which they are told."""
    words: Mapping[str, tuple[str, ...]]
    repeat: bool
    silence: str
    wait: str
    tries: str
    otherwise: str
    then: str
    topic: str
    exits: tuple[tuple[str, str], ...]
    """(exit, place) of an action."""

    @classmethod
    def of(cls, body: Tree) -> PlaceForm:
        """As it is written, mistakes and all."""
        tree = body if isinstance(body, dict) else {}

        def text(word: str) -> str:
            value = tree.get(word, "")
            return value if isinstance(value, str) else ""

        press, words, say = tree.get("press"), tree.get("words"), tree.get("say", [])
        other = {*WORDS, *DOING_WORDS}
        return cls(
            do=text("do"),
            say=_texts(say),
            press=tuple((key, _one(to)) for key, to in press.items()) if isinstance(press, dict) else (),
            words={key: _texts(said) for key, said in words.items()} if isinstance(words, dict) else {},
            repeat="repeat" in tree,
            silence=text("silence"),
            wait=text("wait"),
            tries=text("tries"),
            otherwise=text("otherwise"),
            then=text("then"),
            topic=text("topic"),
            exits=tuple((word, _one(to)) for word, to in tree.items() if word not in other) if "do" in tree else (),
        )

    def tree(self) -> dict[str, Tree]:
        """As it is to be written. Raises InvalidInput for a key that stands twice or is none."""
        keys = [key for key, _ in self.press]
        for key in keys:
            if len(key) != 1 or key not in KEYS:
                raise InvalidInput(f"Клавиши «{key}» нет: бывают от 0 до 9.")
            if keys.count(key) > 1:
                raise InvalidInput(f"Клавиша {key} стоит дважды. Оставьте её в одной строке.")
        if self.do:
            topic: dict[str, Tree] = {"topic": self.topic} if self.topic else {}
            return {"do": self.do, **topic, **dict(self.exits)}
        words: dict[str, Tree] = {key: list(self.words[key]) for key in keys if self.words.get(key)}
        whole: dict[str, Tree] = {
            "say": self.say[0] if len(self.say) == 1 else list(self.say),
            "press": dict(self.press),
            "words": words,
            "repeat": "*" if self.repeat else "",
            "silence": self.silence,
            "wait": self.wait,
            "tries": self.tries,
            "otherwise": self.otherwise,
            "then": self.then,
        }
        return {word: value for word, value in whole.items() if value}


def write(text: str, common: str, place: str, form: PlaceForm) -> str:
    """The menu's text with the place as the form has it. Raises InvalidInput.

    A company's own place changes word by word; one of the common menu is written whole, as the company's own.
    """
    own, shared = edit.tree_of(text), edit.tree_of(common) if common else {}
    had = own.get(place) if isinstance(own, dict) else None
    wanted = form.tree()
    if had is None:
        theirs: Tree = shared.get(place, "") if isinstance(shared, dict) else ""
        if theirs and PlaceForm.of(theirs).tree() == wanted:
            return text
        return edit.put(text, (place,), wanted)
    if not isinstance(had, dict):
        return edit.put(text, (place,), wanted)
    for word in had:
        if word not in wanted:
            text = edit.drop(text, (place, word))
    for word, value in wanted.items():
        before = had.get(word)
        ordered = isinstance(before, dict) and isinstance(value, dict) and list(before) != list(value)
        if before != value or (ordered and word == "press"):
            text = edit.put(text, (place, word), value)
    return text


def is_own(text: str, place: str) -> bool:
    """Whether the place stands in the company's own file."""
    tree = edit.tree_of(text)
    return isinstance(tree, dict) and place in tree


def _texts(value: Tree) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(one for one in value if isinstance(one, str))


def _one(value: Tree) -> str:
    return value if isinstance(value, str) else ""
