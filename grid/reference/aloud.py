"""Words that are said aloud as they stand in a file: Russian letters alone, and no longer than a caller listens."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator

MOST: Final = 580
"""Letters of one piece: forty seconds of the voice at its slowest (`ivr.voice.prompts`), the limit of a statement."""
_UNSPEAKABLE: Final = re.compile(r"[^А-Яа-яЁё+ .,!?:;«»()—-]")


def aloud(written: str) -> str:
    """The words in one line. Raises ValueError with the cure."""
    words = " ".join(written.split())
    if not re.search("[А-Яа-яЁё]", words):
        raise ValueError("слов нет. Напишите, что сказать звонящему.")
    if stray := _UNSPEAKABLE.search(words):
        raise ValueError(f"«{stray[0]}» прочтут неверно. Пишите всё русскими словами, и числа тоже.")
    if len(words) > MOST:
        raise ValueError(f"вслух это дольше сорока секунд: {len(words)} знаков. Сократите до {MOST}.")
    return words


Aloud = Annotated[str, AfterValidator(aloud)]
"""A field of a file that is said as it is written."""
