"""A draft as its pages show it: its menu, its words, what it changes, all in Russian."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grid.reference.shelf import KNOWLEDGE
from gridline.companies import Company
from gridline.errors import GridlineError
from gridline.yaml import edit
from gridline.yaml.file import Tree
from ivr.figures import menu_tree
from ivr.menus.editions import files
from ivr.menus.editions.drafts import OpenDraft
from ivr.menus.editions.edition import EditionChange
from ivr.menus.editions.line_files import MENUS, vocabulary_by_voice
from ivr.menus.load import load_flow
from ivr.menus.model import HANG_UP, ActionPlace, Flow, Place
from ivr.menus.written import COMMON_FILE
from ivr.voice.voice import Voice

SHORT = 84
"""Letters of what is heard that a list has room for."""


@dataclass(frozen=True)
class DraftView:
    """The draft of a company with what its pages need."""

    company: Company
    draft: OpenDraft
    flow: Flow | None
    """Its menu, if it can be read."""
    problem: str
    """Why it cannot."""
    own: frozenset[str]
    """The places that stand in the company's own file."""
    places: Mapping[str, Tree]
    """Every place that may be led to, as it is written."""
    book: Mapping[str, str]
    """Prompt that is said as it is -> the words of the draft."""
    changed_places: frozenset[str]
    """Places that are not as they were, or say other words."""

    @property
    def menu_file(self) -> str:
        """The file of its menu."""
        return files.menu_of(self.company)

    def said(self, prompt: str) -> str:
        """The words of a prompt, without the marks of stress."""
        return self.book.get(prompt, "").replace("+", "")

    def heard(self, place: str) -> str:
        """What is heard in a place, by its name."""
        if self.flow is not None and place in self.flow.places:
            return menu_tree.heard(self.flow.places[place], self.said)
        body = self.places.get(place)
        if not isinstance(body, dict):
            return "конец звонка" if place == HANG_UP else ""
        if isinstance(action := body.get("do"), str):
            return menu_tree.ACTIONS.get(action, action)
        say = body.get("say", [])
        return " ".join(self.said(one) for one in ([say] if isinstance(say, str) else say) if isinstance(one, str))

    def label(self, place: str) -> str:
        """A place in a list to choose from."""
        heard = short(self.heard(place))
        return f"{place} — {heard}" if heard else place

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Where a key may lead."""
        return [(name, self.label(name)) for name in sorted(self.places)] + [(HANG_UP, "конец звонка")]

    @property
    def prompts(self) -> list[tuple[str, str]]:
        """What may be said."""
        return [(id, f"{id} — {short(self.said(id))}") for id in sorted(self.book)]


async def view_of(dialplan: Path, voice: Voice, company: Company, draft: OpenDraft) -> DraftView:
    """The view of a draft, read in a thread: YAML takes its time."""
    return await asyncio.to_thread(_view, dialplan, voice, company, draft)


def _view(dialplan: Path, voice: Voice, company: Company, draft: OpenDraft) -> DraftView:
    text = draft.content.files[files.menu_of(company)]
    common = dialplan / MENUS / COMMON_FILE
    book = {id: one.wording(company.id) for id, one in voice.book.items() if not one.placeholders and one.text}
    book |= {id: words for id, words in draft.content.words.items() if id in book}
    for id in draft.base.words.keys() - draft.content.words.keys():  # the common words again
        if id in book:
            book[id] = voice.book[id].text
    flow, problem, own, places = None, "", dict[str, Tree](), dict[str, Tree]()
    try:
        own = _tree(text)
        places = {**_tree(common.read_text("utf-8")), **own} if "from" in own else dict(own)
        flow = _flow(voice, company, text, common)
    except GridlineError as error:
        problem = error.message.partition(f"{files.menu_of(company)}:")[2] or error.message
    places.pop("from", None)
    changed = _changed(draft, files.menu_of(company), own, flow) if flow is not None else frozenset()
    return DraftView(company, draft, flow, problem, frozenset(own), places, book, changed)


def _changed(draft: OpenDraft, menu: str, own: Mapping[str, Tree], flow: Flow) -> frozenset[str]:
    before = _tree(draft.base.files[menu])
    words = {one.name for one in draft.changes if one.part != "files"}
    said = {name for name, place in flow.places.items() if words & set(_say(place))}
    return frozenset({name for name in before.keys() | own.keys() if before.get(name) != own.get(name)} | said)


def _flow(voice: Voice, company: Company, text: str, common: Path) -> Flow:
    with tempfile.TemporaryDirectory(prefix="gridline-draft-") as folder:
        file = Path(folder) / files.menu_of(company)
        file.parent.mkdir()
        file.write_text(text, "utf-8")
        return load_flow(file, vocabulary_by_voice(voice, company), common)


def _tree(text: str) -> dict[str, Tree]:
    tree = edit.tree_of(text)
    return tree if isinstance(tree, dict) else {}


def _say(place: Place) -> tuple[str, ...]:
    return () if isinstance(place, ActionPlace) else place.say


def short(text: str) -> str:
    """The beginning of what is heard."""
    return text if len(text) <= SHORT else text[:SHORT].rsplit(" ", 1)[0].rstrip(",.") + "…"


def change_named(one: EditionChange, company: Company) -> str:
    """What a change is about."""
    if one.part == "words":
        return f"Слова «{one.name}»"
    if one.part == "takes":
        return f"Запись «{one.name}»"
    names = {
        files.menu_of(company): "Меню",
        files.hours_of(company): "Часы и темы",
        files.offices_of(company): "Офисы",
    }
    usual = "Статья" if one.name.startswith(f"{KNOWLEDGE}/") else "Файл"
    return f"{names.get(one.name, usual)}: {one.name}"


def told(company: Company, changed: list[EditionChange]) -> str:
    """Changes for the audit, before and after."""
    parts = []
    for one in changed:
        if one.part == "files":
            lines = [line for line in one.diff() if line[:1] in "+-"]
            parts.append(f"{one.name}: " + " ".join(lines))
        else:
            parts.append(f"{change_named(one, company)}: «{one.old or 'общее'}» -> «{one.new or 'общее'}»")
    return "; ".join(parts)
