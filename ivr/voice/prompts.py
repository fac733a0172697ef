"""Every word a caller hears: the book of prompts, read from `dialplan/prompts.ru.yaml` and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

import yaml

from gridline.errors import Misconfigured
from ivr.voice.spoken.free_text import speakable

Kind = Literal["notice", "menu", "question", "statement", "tone"]
KINDS: frozenset[str] = frozenset({"notice", "menu", "question", "statement", "tone"})
LIMIT_S: Mapping[str, float] = {"notice": 15.0, "menu": 12.0, "question": 15.0, "statement": 40.0, "tone": 2.0}
"""Seconds a prompt of each kind may last unless its own `seconds` says otherwise."""
COMMON = "common"
"""The company id that stands for the text without any company's own wording."""

_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_CHARACTERS_PER_SECOND = 14.5
"""RHVoice's anna at our rate: used for lengths before a prompt was made, on the safe (slow) side."""


@dataclass(frozen=True, init=False)
class Prompt:
    """A prompt of the book with its `{placeholders}` filled by words that are already spoken Russian."""

    id: str
    values: tuple[tuple[str, str], ...]

    def __init__(self, id: str, /, **values: str) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "values", tuple(sorted(values.items())))


Phrase = str | Prompt
"""A bare str is the id of a prompt without placeholders."""


@dataclass(frozen=True)
class Entry:
    """One prompt as the book holds it."""

    id: str
    kind: Kind
    text: str
    """What is said; a `+` before a vowel marks its stress for the synthesiser. Empty for a tone."""
    limit_s: float
    line: int
    own: Mapping[str, str] = field(default_factory=dict)
    """Company id -> that company's own wording."""
    hertz: int = 0
    tone_s: float = 0.0

    @property
    def placeholders(self) -> frozenset[str]:
        """Names to be filled before the prompt can be said."""
        return frozenset(_PLACEHOLDER.findall(self.text))

    def wording(self, company_id: str) -> str:
        """The text for this company: its own or the common one."""
        return self.own.get(company_id, self.text)

    def estimate_s(self, company_id: str = COMMON) -> float:
        """How long the prompt will last, by its letters: for checks before anything was synthesised."""
        return self.tone_s if self.kind == "tone" else len(self.wording(company_id)) / _CHARACTERS_PER_SECOND


class PromptBook(Mapping[str, Entry]):
    """All prompts by id, in the file's order."""

    def __init__(self, entries: Mapping[str, Entry], file: Path) -> None:
        self._entries = dict(entries)
        self.file = file

    def __getitem__(self, id: str) -> Entry:
        return self._entries[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def companies(self) -> frozenset[str]:
        """Companies with a wording of their own somewhere in the book."""
        return frozenset(company for entry in self._entries.values() for company in entry.own)

    def text(self, phrase: Phrase, company_id: str = COMMON) -> str:
        """The words of `phrase` for this company, placeholders filled.

        Values pass `speakable`, so nothing from outside can carry markup, and a digit that slipped
        through is still read. Raises Misconfigured for an unknown id, a value missing or too many:
        a fault of the menu or the action, which must not be met by silence.
        """
        prompt = Prompt(phrase) if isinstance(phrase, str) else phrase
        entry = self._entries.get(prompt.id)
        if entry is None:
            raise Misconfigured(f"{self.file}: нет подсказки «{prompt.id}». Добавьте её или исправьте имя.")
        values = dict(prompt.values)
        if values.keys() != entry.placeholders:
            raise Misconfigured(
                f"{self.file}:{entry.line}: подсказке «{prompt.id}» нужны значения "
                f"{sorted(entry.placeholders)}, а даны {sorted(values)}."
            )
        return _PLACEHOLDER.sub(lambda m: speakable(values[m[1]]), entry.wording(company_id))

    @classmethod
    def load(cls, file: Path) -> PromptBook:
        """Read the book. Raises Misconfigured with file, line and cure at the first mistake."""
        return cls(_Reader(file).entries(), file)


class _Reader:
    """Walks the YAML nodes rather than their values: only nodes know their lines and show a doubled key."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def entries(self) -> dict[str, Entry]:
        try:
            root = yaml.compose(self.file.read_text("utf-8"), Loader=yaml.BaseLoader)
        except FileNotFoundError as error:
            raise Misconfigured(f"{self.file}: файла подсказок нет. Верните его из поставки.") from error
        except UnicodeDecodeError as error:
            raise Misconfigured(f"{self.file}: файл не в UTF-8. Сохраните его в этой кодировке.") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise Misconfigured(f"{self.file}:{line}: это не YAML ({error.problem}). Исправьте отступ.") from error
        if root is None:
            raise Misconfigured(f"{self.file}:1: файл пуст. Верните его из поставки.")
        return {id: self._entry(id, node) for id, node in self._mapping(root, "файл подсказок").items()}

    def _wrong(self, node: yaml.Node, what: str) -> Misconfigured:
        return Misconfigured(f"{self.file}:{node.start_mark.line + 1}: {what}")

    def _mapping(self, node: yaml.Node, name: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, f"{name}: нужны строки вида «ключ: значение».")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            word = self._text(key, name)
            if word in found:
                raise self._wrong(key, f"«{word}» уже есть выше. Оставьте одно из двух.")
            found[word] = value
        return found

    def _text(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(node, f"{name}: нужен просто текст.")
        return " ".join(cast("str", node.value).split())

    def _number(self, node: yaml.Node, name: str) -> float:
        text = self._text(node, name)
        try:
            number = float(text)
        except ValueError as error:
            raise self._wrong(node, f"{name}: «{text}» не число. Напишите, например, 12.") from error
        if not 0 < number < 10_000:
            raise self._wrong(node, f"{name}: «{text}» вне пределов. Нужно число больше нуля.")
        return number

    def _entry(self, id: str, node: yaml.Node) -> Entry:
        if not _ID.match(id):
            raise self._wrong(node, f"имя «{id}»: пишите строчными латинскими буквами через дефис, например main-menu.")
        parts = self._mapping(node, id)
        kind = self._text(parts["kind"], "kind") if "kind" in parts else "statement"
        if kind not in KINDS:
            raise self._wrong(parts["kind"], f"{id}: вид «{kind}» неизвестен. Бывают: {', '.join(sorted(KINDS))}.")
        allowed = {"kind", "seconds"} | ({"hertz"} if kind == "tone" else {"text", "companies"})
        for word in parts.keys() - allowed:
            known = ", ".join(sorted(allowed))
            raise self._wrong(parts[word], f"{id}: слово «{word}» здесь не понято. Бывают: {known}.")
        limit_s = self._number(parts["seconds"], f"{id}: seconds") if "seconds" in parts else LIMIT_S[kind]
        line = node.start_mark.line  # the node begins below its key, and lines count from 0
        if kind == "tone":
            hertz = self._number(parts["hertz"], f"{id}: hertz") if "hertz" in parts else 1000
            return Entry(id, "tone", "", LIMIT_S["tone"], line, hertz=int(hertz), tone_s=limit_s)
        if "text" not in parts:
            raise self._wrong(node, f"{id}: нет текста. Добавьте строку text.")
        text = self._said(id, parts["text"])
        own = {
            company: self._said(id, words)
            for company, words in (self._mapping(parts["companies"], id) if "companies" in parts else {}).items()
        }
        for company, words in own.items():
            if not _ID.match(company):
                raise self._wrong(parts["companies"], f"{id}: компания «{company}»: нужен её код, например skek.")
            if set(_PLACEHOLDER.findall(words)) != set(_PLACEHOLDER.findall(text)):
                raise self._wrong(parts["companies"], f"{id}: у «{company}» другие {{значения}}, чем в общем тексте.")
        return Entry(id, cast("Kind", kind), text, limit_s, line, own)

    def _said(self, id: str, node: yaml.Node) -> str:
        text = self._text(node, id)
        bare = _PLACEHOLDER.sub("", text)
        if not re.search("[А-Яа-яЁё]", text):
            raise self._wrong(node, f"{id}: текст пуст. Напишите, что сказать абоненту.")
        if wrong := re.search(r"[0-9A-Za-z{}<>&]", bare):
            raise self._wrong(node, f"{id}: знак «{wrong[0]}» прочтут неверно. Пишите всё русскими словами.")
        return text
