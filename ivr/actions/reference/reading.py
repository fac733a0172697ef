"""A long text read out to a caller piece by piece: the first is heard while the others are still to be made."""

from __future__ import annotations

import re
from typing import Final

from ivr.actions.questions import PERSON_KEY, PersonWanted
from ivr.line import Line
from ivr.voice import spoken
from ivr.voice.prompts import Prompt

PIECE: Final = 300
"""Characters said at once, about twenty seconds; a longer sentence is not cut."""
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
