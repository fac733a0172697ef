"""Every word a caller hears: the book of prompts, read from `dialplan/prompts.ru.yaml` and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from gridline.errors import Misconfigured
from gridline.yaml import file as yaml_file
from gridline.yaml.file import Mistake, Tree, YamlFile
from ivr.voice.spoken.free_text import speakable

Kind = Literal["notice", "menu", "question", "statement", "tone"]
KINDS: frozenset[str] = frozenset({"notice", "menu", "question", "statement", "tone"})
LIMIT_S: Mapping[str, float] = {"notice": 15.0, "menu": 12.0, "question": 15.0, "statement": 40.0, "tone": 2.0}
"""Seconds a prompt of each kind may last unless its own `seconds` says otherwise."""
COMMON = "common"
"""The company id of the common text, without any company's own wording."""

_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
CHARACTERS_PER_SECOND = 14.5
"""RHVoice's anna at our rate, to estimate a prompt before it is made; on the safe (slow) side."""


@dataclass(frozen=True, init=False)
class Prompt:
    """A prompt of the book with its `{placeholders}` filled in with spoken Russian."""

    id: str
    values: tuple[tuple[str, str], ...]

    def __init__(self, id: str, /, **values: str) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "values", tuple(sorted(values.items())))


@dataclass(frozen=True)
class Recorded:
    """What somebody said for the occasion, in place of the prompt `id`: a pair of files that is there already."""

    id: str
    file: Path
    """Without extension."""
    text: str
    """The words, where somebody wrote them down: said by the synthesiser should the files be gone."""


Phrase = str | Prompt | Recorded
"""A bare str is the id of a prompt without placeholders."""


@dataclass(frozen=True)
class PromptEntry:
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
        """Names to fill in before the prompt can be said."""
        return frozenset(_PLACEHOLDER.findall(self.text))

    def wording(self, company_id: str) -> str:
        """The text for this company: its own or the common one."""
        return self.own.get(company_id, self.text)

    def estimate_s(self, company_id: str = COMMON) -> float:
        """Estimated seconds, by the number of letters: for checks before anything is synthesised."""
        return self.tone_s if self.kind == "tone" else len(self.wording(company_id)) / CHARACTERS_PER_SECOND


class PromptBook(Mapping[str, PromptEntry]):
    """All prompts by id, in the file's order."""

    def __init__(self, entries: Mapping[str, PromptEntry], file: Path) -> None:
        self._entries = dict(entries)
        self.file = file

    def __getitem__(self, id: str) -> PromptEntry:
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
        a fault of the menu or the action, which must not end in silence.
        """
        if isinstance(phrase, Recorded):
            return phrase.text
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
        """Read the book. Raises Misconfigured with file, line and cure of every mistake."""
        source = yaml_file.read(file)
        reader = _Reader(source)
        entries = reader.entries()
        if source.mistakes:
            raise yaml_file.misconfigured(file, source.mistakes)
        return cls(entries, file)


class _Reader:
    """Turns the file's tree into entries; every mistake goes to the file's `mistakes`."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file

    def entries(self) -> dict[str, PromptEntry]:
        tree = self._file.tree
        if not isinstance(tree, dict) or not tree:
            self._wrong("Здесь должны быть подсказки: «имя:» и под ним «text: ...».", "Верните файл из поставки.")
            return {}
        return {id: self._entry(id, parts) for id, parts in tree.items() if self._named(id)}

    def _wrong(self, what: str, cure: str, *where: str) -> None:
        self._file.mistakes.append(Mistake(self._file.line(*where), what, cure))

    def _named(self, id: str) -> bool:
        if not _ID.match(id):
            self._wrong(f"Имя «{id}» не годится.", "Строчные латинские буквы через дефис: main-menu.", id)
        return _ID.match(id) is not None

    def _word(self, tree: Tree, *where: str) -> str:
        if isinstance(tree, str):
            return " ".join(tree.split())
        self._wrong(f"{'.'.join(where)}: здесь нужен просто текст.", "Уберите отступы и списки.", *where)
        return ""

    def _number(self, parts: dict[str, Tree], name: str, default: float, id: str) -> float:
        text = self._word(parts.get(name, str(default)), id, name)
        number = float(text) if re.fullmatch(r"\d{1,4}(\.\d+)?", text) else 0.0
        if not number:
            self._wrong(f"{id}.{name}: «{text}» — не число больше нуля.", "Напишите, например, 12.", id, name)
        return number

    def _entry(self, id: str, tree: Tree) -> PromptEntry:
        parts = tree if isinstance(tree, dict) else {}
        kind = self._word(parts.get("kind", "statement"), id, "kind")
        if kind not in KINDS:
            self._wrong(f"{id}: вид «{kind}» неизвестен.", f"Бывают: {', '.join(sorted(KINDS))}.", id, "kind")
            kind = "statement"
        allowed = {"kind", "seconds"} | ({"hertz"} if kind == "tone" else {"text", "companies"})
        for name in parts.keys() - allowed:
            self._wrong(f"{id}: слово «{name}» здесь не понято.", f"Бывают: {', '.join(sorted(allowed))}.", id, name)
        limit_s = self._number(parts, "seconds", LIMIT_S[kind], id)
        line = self._file.line(id)
        if kind == "tone":
            hertz = int(self._number(parts, "hertz", 1000, id))
            return PromptEntry(id, "tone", "", LIMIT_S["tone"], line, hertz=hertz, tone_s=min(limit_s, LIMIT_S["tone"]))
        text = self._said(parts.get("text", ""), id, "text")
        return PromptEntry(id, cast("Kind", kind), text, limit_s, line, self._own(parts.get("companies", {}), text, id))

    def _own(self, tree: Tree, text: str, id: str) -> dict[str, str]:
        if not isinstance(tree, dict):
            self._wrong(f"{id}.companies: нужны строки «компания: текст».", "Уберите или исправьте.", id, "companies")
            return {}
        own: dict[str, str] = {}
        for company, words in tree.items():
            at = (id, "companies", company)
            if not _ID.match(company):
                self._wrong(f"{id}: «{company}» — не код компании.", "Напишите его как в имени файла: skek.", *at)
            own[company] = self._said(words, *at)
            if set(_PLACEHOLDER.findall(own[company])) != set(_PLACEHOLDER.findall(text)):
                self._wrong(f"{id}: у «{company}» другие {{значения}}.", "Возьмите те же, что в общем тексте.", *at)
        return own

    def _said(self, tree: Tree, *where: str) -> str:
        text = self._word(tree, *where)
        name = ".".join(where)
        if not re.search("[А-Яа-яЁё{]", text):
            self._wrong(f"{name}: текста нет.", "Напишите, что сказать абоненту.", *where)
        if stray := re.search(r"[0-9A-Za-z{}<>&]", _PLACEHOLDER.sub("", text)):
            self._wrong(f"{name}: «{stray[0]}» прочтут неверно.", "Пишите всё русскими словами.", *where)
        return text
