"""Words of a menu: what a caller says does what a key does, and whoever is not understood twice goes on by keys."""

from __future__ import annotations

from typing import Final

from grid.places.by_sound import CLEAR, alike
from ivr.line import Line
from ivr.menus.model import Menu
from ivr.voice.hearing.answer import Pressed, Spoke, Unheard
from ivr.voice.hearing.hearing import CallersVoice

NO_WORD: Final = "?"
"""Said, and none of the menu's words: no telephone has this key, so it is told to be wrong like one."""
MOST_MISHEARD: Final = 2


async def ask_aloud(hearing: CallersVoice, line: Line, menu: Menu, said: tuple[str, ...]) -> str:
    """The key that was pressed or whose word was said; "" for silence. Raises CallerHungUp."""
    call = line.call
    if not hearing.offered(call):
        return await line.ask_key(*said, wait_s=menu.wait_s)
    words = [word for key in menu.words for word in menu.words[key]]
    match await hearing.listen(line, *said, phrases=words):
        case Pressed(keys):
            return keys
        case Spoke() as answer:
            key = meant(menu, answer.text)
            if key == NO_WORD:
                call.misheard += 1
                call.by_keys = call.by_keys or call.misheard >= MOST_MISHEARD
            return key
        case Unheard():
            call.by_keys = True
            return await line.ask_key("speech-by-keys", *said, wait_s=menu.wait_s)
    return ""


def meant(menu: Menu, text: str) -> str:
    """The key whose word sounds like what was said, or NO_WORD where that is not clear."""
    found = alike(text, list(menu.words), lambda key: menu.words[key], least=CLEAR)
    return found.things[0] if found.clear else NO_WORD
