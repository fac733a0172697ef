"""Appeals that were told by voice, put into words: what a person wrote, beside what a machine had heard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from appeals import history
from appeals.finding.words import plain
from appeals.history import Happening
from appeals.models import Appeal, Content

DESCRIBED = "described"
"""The event's kind. Its body holds no word that was said: digests, and how many words were changed."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One word that a machine heard, and whether the person left it as it was."""

    text: str
    kept: bool


def compared(heard: str, text: str) -> list[HeardWord]:
    """What was heard, word by word; capital letters, ё and punctuation are no difference."""
    words = heard.split()
    kept = {at for at, _ in _matching(heard, text)}
    return [HeardWord(word, at in kept) for at, word in enumerate(words)]


def changed(heard: str, text: str) -> int:
    """How many words the person changed, took out or put in."""
    return max(len(heard.split()), len(text.split())) - len(_matching(heard, text))


def body(content: Content, text: str, heard: str | None) -> dict[str, Any]:
    """Of the event that says that `text` was written; `heard`: what the form was filled with, or None."""
    salt = content.salt or ""
    told: dict[str, Any] = {"digest": history.sha256(salt + text)}
    if heard:
        told |= {"heard_digest": history.sha256(salt + heard)}
        told |= {"words": len(heard.split()), "changed": changed(heard, text)}
    return told


async def keep(session: AsyncSession, appeal_id: str, heard: str, actor: str, at: datetime) -> None:
    """Keep what a machine had heard beside the words of an appeal that was just registered with them.

    Done twice it is done once; nothing is kept beside what was erased or has no text.
    """
    appeal = await session.get(Appeal, appeal_id, with_for_update=True)
    content = await session.get(Content, appeal_id)
    if appeal is None or content is None or not content.text or content.heard is not None:
        return
    content.heard = heard
    await history.append(session, appeal, at, actor, Happening(DESCRIBED, body(content, content.text, heard)))


def _matching(heard: str, text: str) -> list[tuple[int, int]]:
    """Places (of the heard, of the text) of the words that are the same."""
    blocks = SequenceMatcher(None, _plain(heard), _plain(text), autojunk=False).get_matching_blocks()
    return [(one.a + step, one.b + step) for one in blocks for step in range(one.size)]


def _plain(text: str) -> list[str]:
    return [re.sub(r"[^\w]", "", plain(word)) or word for word in text.split()]
