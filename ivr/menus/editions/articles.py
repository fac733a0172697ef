"""An article of the knowledge base as a form has it and in its file: what was changed is written anew, the rest stays.

A common article becomes the company's own with its first change; the others keep the common one.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from grid.knowledge import COMMON, read_article
from grid.reference.shelf import KNOWLEDGE
from gridline.companies import Company
from gridline.errors import InvalidInput, Misconfigured
from gridline.yaml import edit
from gridline.yaml.file import Tree
from ivr.menus.editions.edition import Edition, EditionChange
from ivr.menus.editions.files import article_of, text
from ivr.menus.editions.office_forms import is_same
from ivr.voice.prompts import CHARACTERS_PER_SECOND

_LATIN: Final = str.maketrans(
    dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeezijklmnoprstufye", strict=True))
    | {"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "yu", "я": "ya", "ъ": "", "ь": ""}
)
LONGEST_ID: Final = 40


@dataclass(frozen=True)
class ArticleForm:
    """What an article says; empty: the word is not there."""

    title: str = ""
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    section: str = ""
    spoken: str = ""
    text: str = ""

    @classmethod
    def of(cls, written: str) -> ArticleForm:
        """As it is written, mistakes and all. Raises InvalidInput for what is no YAML."""
        tree = edit.tree_of(written)
        body = tree if isinstance(tree, dict) else {}
        return cls(
            title=_line(body.get("title", "")),
            topics=_list(body.get("topics", [])),
            words=_list(body.get("words", [])),
            section=_line(body.get("section", "")),
            spoken=_line(body.get("spoken", "")),
            text=_lines(body.get("text", "")),
        )

    def tree(self) -> dict[str, Tree]:
        """As it is to be written."""
        whole: dict[str, Tree] = {
            "title": self.title,
            "topics": list(self.topics),
            "words": list(self.words),
            "section": self.section,
            "spoken": self.spoken,
            "text": f"{self.text}\n" if self.text else "",
        }
        return {word: value for word, value in whole.items() if value}

    @property
    def seconds(self) -> float:
        """How long it is said, by its letters."""
        return len(self.spoken) / CHARACTERS_PER_SECOND


@dataclass(frozen=True)
class DraftArticle:
    """An article as the company's draft has it."""

    id: str
    form: ArticleForm
    is_own: bool
    is_over_common: bool
    """There is a common one of the same name, which serves again once the own one is taken out."""
    is_changed: bool
    problem: str = ""
    """Why its file cannot be read; then the form is empty."""


def listed(dialplan: Path, company: Company, base: Edition, content: Edition) -> list[DraftArticle]:
    """Every article that has a file, the company's own over the common ones, by title."""
    common = {file.stem: text(file) for file in (dialplan / KNOWLEDGE / COMMON).glob("*.yaml")}
    own = {
        name.removeprefix(prefix).removesuffix(".yaml"): written
        for name, written in content.files.items()
        if name.startswith(prefix := f"{KNOWLEDGE}/{company.id}/")
    }
    found = []
    for id, written in {**common, **own}.items():
        name = article_of(company.id, id)
        changed = base.files.get(name) != content.files.get(name)
        try:
            form, problem = ArticleForm.of(written), ""
        except InvalidInput as error:
            form, problem = ArticleForm(title=id), error.message
        found.append(DraftArticle(id, form, id in own, id in own and id in common, changed, problem))
    return sorted(found, key=lambda one: one.form.title)


def written_in(dialplan: Path, company: Company, content: Edition, id: str) -> str:
    """The text that a change begins with: the company's own, or the common one, or nothing."""
    own = content.files.get(article_of(company.id, id))
    common = dialplan / article_of(COMMON, id)
    return own if own is not None else text(common) if common.exists() else ""


def write(written: str, form: ArticleForm) -> str:
    """The article's text with the form in it, taken by the loader that reads the file. Raises InvalidInput."""
    had, wanted = ArticleForm.of(written), form.tree()
    for word in ArticleForm.__dataclass_fields__:
        if is_same(getattr(form, word), getattr(had, word)):
            continue
        written = edit.put(written, (word,), wanted[word]) if word in wanted else edit.drop(written, (word,))
    _must_read(written)
    return written


def _must_read(written: str) -> None:
    with tempfile.TemporaryDirectory(prefix="gridline-article-") as folder:
        file = Path(folder) / "article.yaml"
        file.write_text(written, "utf-8")
        try:
            read_article(file)
        except Misconfigured as error:
            told = (re.sub(rf"^{re.escape(str(file))}:(\d+:)? ?", "", line) for line in error.message.splitlines())
            raise InvalidInput(" ".join(told)) from error


def new_id(title: str, taken: Collection[str]) -> str:
    """The name of a new article's file: its title in Latin letters."""
    latin = re.sub(r"[^a-z0-9]+", "-", title.lower().translate(_LATIN))
    base = latin.strip("-")[:LONGEST_ID].strip("-") or "article"
    return next(id for n in count(1) if (id := base if n == 1 else f"{base}-{n}") not in taken)


def spoken_of(change: EditionChange) -> str:
    """What a changed article says aloud; empty for everything else."""
    if not change.name.startswith(f"{KNOWLEDGE}/") or not change.new:
        return ""
    try:
        return ArticleForm.of(change.new).spoken
    except InvalidInput:  # the check tells it with its line
        return ""


def _line(value: Tree) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _lines(value: Tree) -> str:
    return "\n".join(_stripped(value)).strip() if isinstance(value, str) else ""


def _stripped(value: str) -> Iterator[str]:
    return (line.rstrip() for line in value.replace("\t", "  ").splitlines())


def _list(value: Tree) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
