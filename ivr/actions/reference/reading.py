"""What takes longer than a sentence, told in parts: a caller goes on, hears one again, or wants a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ivr.actions.questions import PERSON_KEY, REPEAT_KEY, PersonWanted
from ivr.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Phrase, Prompt

PIECE: Final = 300
"""Characters said at once, about twenty seconds; a longer sentence is not cut."""
MOST_AGAIN: Final = 10
"""Stars in one telling; a robot's further ones go on like any other key."""
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n+")


def pieces(text: str) -> list[str]:
    """The sentences of `text`, as many together as fit into a piece; a paragraph begins one of its own."""
    found: list[str] = []
    for paragraph in filter(None, (line.strip() for line in text.splitlines())):
        piece = ""
        for sentence in filter(None, _SENTENCE.split(paragraph)):
            if piece and len(piece) + len(sentence) > PIECE:
                found.append(piece)
                piece = ""
            piece = f"{piece} {sentence}".strip()
        found.append(piece)
    return found


async def aloud(line: Line, prompt: str, text: str) -> str:
    """Say it, each piece as the `{text}` of `prompt`; returns the key that broke it off, or "".

    The words are kept nowhere in the call's record: they are somebody's own. Raises PersonWanted, PromptUnavailable.
    """
    for piece in pieces(text):
        words = spoken.speakable(piece)
        if words and (key := await line.say(Prompt(prompt, text=words), unwritten=True)):
            if key == PERSON_KEY:
                raise PersonWanted
            return key
    return ""


async def in_parts(line: Line, told: Sequence[Sequence[Phrase]]) -> None:
    """One part after another: a key cuts it short and leads on, `*` says it again, 0 raises PersonWanted."""
    at, again = 0, 0
    while at < len(told):
        key = await line.say(*told[at])
        if key == PERSON_KEY:
            raise PersonWanted
        if key == REPEAT_KEY and again < MOST_AGAIN:
            again += 1
        else:
            at += 1
