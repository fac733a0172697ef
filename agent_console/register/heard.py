"""What a machine heard of an appeal that was told by voice, beside what a person wrote, as its reader may see it."""

from __future__ import annotations

from collections.abc import Sequence

from agent_console.people.permissions import Actor, Permission
from appeals.casework import voiced
from appeals.casework.voiced import HeardWord
from appeals.models import Content
from quality.masking import masking


def shown(actor: Actor, content: Content) -> tuple[HeardWord, ...]:
    """The words that were heard, each kept by the person or not; personal data as a mark for who may not read it."""
    if not content.heard or not content.text:
        return ()
    words = voiced.compared(content.heard, content.text)
    return tuple(words if actor.may(Permission.PERSONAL_READ) else _masked(words))


def _masked(words: Sequence[HeardWord]) -> list[HeardWord]:
    """A mark was kept where all that it hides was."""
    found: list[HeardWord] = []
    at = 0
    for span in masking.spans([word.text.strip(".").lower() for word in words]):
        hidden = words[span.first : span.behind]
        found += [*words[at : span.first], HeardWord(span.mask, all(word.kept for word in hidden))]
        at = span.behind
    return [*found, *words[at:]]
