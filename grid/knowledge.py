"""The knowledge base: what an agent says and does on each topic, read from `dialplan/knowledge`, found by words.

An article is text of a few plain marks (`##` heading, `-` and `1.` lists, `!` caution), kept as blocks: whoever shows
it makes the markup, so an article can carry none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import snowballstemmer
from pydantic import BaseModel, ConfigDict, Field

from grid.reference.aloud import Aloud
from grid.reference.sections import ArticleSection
from gridline.errors import Misconfigured, NotFound
from gridline.yaml.file import Mistake, misconfigured, read
from gridline.yaml.model import validated

COMMON: Final = "common"
"""The folder of what holds for every company; a company's own article of the same name takes its place."""
_SHAPES: Final = {"^[a-z]+$": "Код темы — строчные латинские буквы, как в appeals/data/taxonomy.yaml."}
_MARKS: Final = (("## ", "heading"), ("- ", "bullets"), ("! ", "caution"))
_NUMBERED: Final = re.compile(r"\d+\. ")
_TITLE, _WORDS, _TEXT = 6, 4, 1
_STEMMER = snowballstemmer.stemmer("russian")


Refused = Callable[[Misconfigured], None]
"""Is told of an article that cannot be taken."""


class BlockKind(StrEnum):
    """What a block of an article is."""

    TEXT = "text"
    HEADING = "heading"
    BULLETS = "bullets"
    STEPS = "steps"
    CAUTION = "caution"


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of an article; a list has several lines, everything else one."""

    kind: BlockKind
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One article."""

    id: str
    title: str
    topics: tuple[str, ...]
    """Codes of the register's topics; empty: of use on every one."""
    blocks: tuple[Block, ...]
    section: ArticleSection | None
    """None: callers are not led to it, agents find it by topic and words."""
    spoken: str
    """What a caller hears; empty: nothing."""
    has_file: bool
    """Whether people write it; others are made of what the company's files say elsewhere."""
    _stems: Mapping[str, int]

    def weight(self, stem: str) -> int:
        """How much an article is about a word: its title counts most. The beginning of a word counts as the word."""
        return max((weight for known, weight in self._stems.items() if known.startswith(stem)), default=0)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=120)]
    topics: tuple[Annotated[str, Field(pattern="^[a-z]+$")], ...] = ()
    words: tuple[str, ...] = ()
    """Further words callers use for it."""
    section: ArticleSection | None = None
    spoken: Aloud | None = None
    text: Annotated[str, Field(min_length=1)]


class Knowledge:
    """The articles of every company."""

    def __init__(self, articles: Mapping[str, Mapping[str, Article]]) -> None:
        self._articles = articles

    def with_more(self, more: Mapping[str, Iterable[Article]]) -> Knowledge:
        """The same with further articles by company; a file of the same name takes their place."""
        further = {company: {one.id: one for one in more.get(company, ())} for company in self._articles}
        return Knowledge({company: further[company] | dict(own) for company, own in self._articles.items()})

    @classmethod
    def load(cls, folder: Path, companies: Iterable[str], refused: Refused | None = None) -> Knowledge:
        """Read `folder`; no folder at all is an empty knowledge base.

        A wrong article raises Misconfigured naming file and line; with `refused` that is told of it instead, and the
        others serve: nobody's telephone waits for a comma.
        """
        common = _folder(folder / COMMON, refused)
        return cls({company: common | _folder(folder / company, refused) for company in companies})

    def of_topic(self, company_id: str, topic: str) -> Sequence[Article]:
        """All articles of a company: those of the topic first, then those of every topic, then the others."""
        ranks = {True: 0, False: 2}
        ranked = sorted(self._of(company_id), key=lambda one: ranks[topic in one.topics] if one.topics else 1)
        return tuple(ranked)

    def find(self, company_id: str, query: str) -> Sequence[Article]:
        """The articles that have every word of the query in any form, the most fitting first."""
        words = stems(query)
        scored = [(min((one.weight(word) for word in words), default=0), one) for one in self._of(company_id)]
        fitting = [(sum(one.weight(word) for word in words), one) for least, one in scored if least > 0]
        return tuple(one for _, one in sorted(fitting, key=lambda pair: (-pair[0], pair[1].title)))

    def aloud(self, company_id: str, section: ArticleSection) -> Sequence[Article]:
        """The articles of a section that a caller can hear, by title."""
        return tuple(one for one in self._of(company_id) if one.section is section and one.spoken)

    def aloud_on(self, company_id: str, topic: str) -> Sequence[Article]:
        """The articles of a topic that a caller can hear, by title."""
        return tuple(one for one in self._of(company_id) if topic in one.topics and one.spoken)

    def in_section(self, company_id: str, section: ArticleSection) -> Sequence[Article]:
        """Every article of a section, by title."""
        return tuple(one for one in self._of(company_id) if one.section is section)

    def article(self, company_id: str, id: str) -> Article:
        """One article. Raises NotFound."""
        try:
            return self._articles[company_id][id]
        except KeyError:
            raise NotFound("Такой статьи в базе знаний нет.") from None

    def _of(self, company_id: str) -> list[Article]:
        return sorted(self._articles.get(company_id, {}).values(), key=lambda one: one.title)


def stems(text: str) -> list[str]:
    """The stems of a text's words, ё as е; what is shorter than two letters says nothing."""
    return [_stem(word) for word in re.findall(r"\w+", text.lower().replace("ё", "е")) if len(word) > 1]


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of an article's text: lines of one list belong together, other lines until an empty one too."""
    made: list[Block] = []
    open_kind: BlockKind | None = None
    for line in (one.strip() for one in text.splitlines()):
        if not line:
            open_kind = None
            continue
        kind, words = _marked(line)
        if kind is open_kind and kind in (BlockKind.BULLETS, BlockKind.STEPS):
            made[-1] = Block(kind, (*made[-1].lines, words))
        elif kind is BlockKind.TEXT and open_kind is not None and open_kind is not BlockKind.HEADING:
            made[-1] = Block(made[-1].kind, (*made[-1].lines[:-1], f"{made[-1].lines[-1]} {words}"))
        else:
            made.append(Block(kind, (words,)))
            open_kind = kind
    return tuple(made)


def _marked(line: str) -> tuple[BlockKind, str]:
    for mark, kind in _MARKS:
        if line.startswith(mark):
            return BlockKind(kind), line.removeprefix(mark).strip()
    number = _NUMBERED.match(line)
    return (BlockKind.STEPS, line[number.end() :]) if number else (BlockKind.TEXT, line)


def _folder(folder: Path, refused: Refused | None) -> dict[str, Article]:
    found: dict[str, Article] = {}
    for file in sorted(folder.glob("*.yaml")):
        try:
            found[file.stem] = read_article(file)
        except Misconfigured as error:
            if refused is None:
                raise
            refused(error)
    return found


def read_article(file: Path) -> Article:
    """One article of a file. Raises Misconfigured with every mistake at its line."""
    source = read(file)
    told = validated(source, _File, _SHAPES)
    made = blocks(told.text)
    if not made:
        raise misconfigured(file, [Mistake(source.line("text"), "Статья пуста.", "Впишите текст.")])
    if told.spoken is not None and told.section is None:
        cure = f"Впишите раздел: {', '.join(ArticleSection)}."
        raise misconfigured(file, [Mistake(source.line("spoken"), "У статьи есть spoken, но нет section.", cure)])
    return article_of(
        file.stem,
        told.title,
        made,
        topics=told.topics,
        words=told.words,
        section=told.section,
        spoken=told.spoken or "",
        has_file=True,
    )


def article_of(
    id: str,
    title: str,
    made: tuple[Block, ...],
    *,
    topics: tuple[str, ...] = (),
    words: Iterable[str] = (),
    section: ArticleSection | None = None,
    spoken: str = "",
    has_file: bool = False,
) -> Article:
    """An article of blocks, to be found by the words in them, by its title's and by further `words`."""
    weights: dict[str, int] = {}
    whole = " ".join(line for block in made for line in block.lines)
    for text, weight in ((whole, _TEXT), (" ".join(words), _WORDS), (title, _TITLE)):
        weights |= {stem: max(weight, weights.get(stem, 0)) for stem in stems(text)}
    return Article(id, title, topics, made, section, spoken, has_file, weights)
