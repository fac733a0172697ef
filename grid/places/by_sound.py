"""Places by their sound: which names of a list are like what a recogniser has written down by ear over a bad line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Generic, TypeVar

import numpy as np
from rapidfuzz import fuzz, process

from grid.places.kinds import KINDS, SHORT_OF, shortest

T = TypeVar("T")

MOST: Final = 3
LEAST: Final = 60.0
"""Of a hundred; a name that is less like what was said is not offered at all."""
CLEAR: Final = 80.0
MARGIN: Final = 12.0
"""A name that is clearly meant is at least so much like it, and by so much more than the next one."""
MOST_WORDS: Final = 12
"""Whatever is said beyond these names no place."""
_BY_SOUND: Final = 0.7
"""How much the sounds count beside the letters, which tell apart what only sounds alike."""
_WHOLE: Final = 0.15
"""What a name loses at most that is like a small part of what was said alone."""
_WITHIN: Final = 0.9
_SAME: Final = 80.0
_LONG: Final = 6
"""A name of so many sounds is also looked for across words, nearly the same: «селе Елыкаево» as «лови лыкаева»."""

_WORD: Final = re.compile(r"[^\W_]+")
_AROUND: Final = re.compile(
    "а|алло|в|во|вот|вы|здесь|здравствуйте|из|меня|мой|моя|мы|на|называется|нас|наш|наша|находимся|ну|по|пожалуйста|"
    "с|со|так|там|то|у|это|э|эм|я|живу|живем"
)
"""What people say round a name."""
_CASES: Final = "(?:[аеийоуыьюя]|ам|ах|ая|ей|ем|ии|ию|ия|ой|ом|ую|ью)?"
_KIND: Final = re.compile(
    "|".join(
        f"{word[:-2]}(?:ок|к[аеиу]|ком)" if word.endswith("ок") else re.sub("[аеийоуыьюя]+$", "", word) + _CASES
        for word in (kind.word.replace("ё", "е") for kind in KINDS)
        if len(word) > 3 and " " not in word
    )
)
"""Kinds in any case: «посёлке», «улицей», but not «Городки»."""
_HEARD_ALIKE: Final = (
    (re.compile(r"(?<=[ое])го\b"), "во"),  # «Первого», «Синего»
    (re.compile(r"ть?с|[тд]ц"), "ц"),
    (re.compile(r"[сзж]ч"), "щ"),
    (re.compile(r"([сз])[тд](?=н)"), r"\1"),
    (re.compile(r"лнц"), "нц"),
    (re.compile(r"вств"), "ств"),
)
_SOUNDS: Final = str.maketrans(
    dict(zip("бвгджзщцч", "пфктшсшсш", strict=True)) | dict(zip("оэеыйюя", "аииииуа", strict=True)) | {"ъ": "", "ь": ""}
)
"""Voiced as voiceless, as at a word's end; vowels as where no stress is on them."""
_TWICE: Final = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Alike(Generic[T]):
    """What may have been meant, the likest first."""

    things: tuple[T, ...]
    clear: bool
    """Whether it is the first beyond doubt, or there is no other."""


def alike(heard: str, things: Sequence[T], names: Callable[[T], Iterable[str]], *, least: float = LEAST) -> Alike[T]:
    """The things one of whose names sounds like what was heard, or a part of it; none where nothing does.

    `names` are spoken ones, with kinds and numbers in full words. Two things of one name are never clear. Takes some
    thirty milliseconds for five thousand names, and a fifth of a second the first time.
    """
    said = telling(heard)[:MOST_WORDS]
    everything = sound("".join(_words(heard)[:MOST_WORDS]))
    own = [(at, shape) for at, one in enumerate(things) for name in names(one) if (shape := _shape(name))[0]]
    if not said or not own:
        return Alike((), clear=False)
    best = dict.fromkeys(range(len(things)), 0.0)
    for (at, _), score in zip(own, _scores(said, everything, [shape for _, shape in own]), strict=True):
        best[at] = max(best[at], score)
    ranked = sorted((at for at in best if best[at] >= least), key=lambda at: -best[at])
    clear = len(ranked) == 1
    if len(ranked) > 1:
        first, second = (best[at] for at in ranked[:2])
        clear = first >= CLEAR and first - second >= MARGIN
    return Alike(tuple(things[at] for at in ranked[:MOST]), clear)


def telling(said: str) -> tuple[str, ...]:
    """The words that tell a place, in small letters, «е» for «ё»: without kinds and what people say round a name.

    Where there is nothing else the last of them stay: «улица Набережная» is `набережная`, «село» is `село`.
    """
    words = _words(said)
    names = [word for word in words if not _AROUND.fullmatch(word) and not _is_kind(word)]
    return tuple(names or words[-1:])


def _words(said: str) -> list[str]:
    return _WORD.findall(shortest(said.casefold()).replace("ё", "е"))


def sound(word: str) -> str:
    """How a word sounds to whoever hears neither voice nor stress: «Елыкаево» and «Иликаева» are one."""
    for pattern, instead in _HEARD_ALIKE:
        word = pattern.sub(instead, word)
    return _TWICE.sub(r"\1", word.translate(_SOUNDS))


def _is_kind(word: str) -> bool:
    return word in SHORT_OF or _KIND.fullmatch(word) is not None


@lru_cache(maxsize=50_000)
def _shape(name: str) -> tuple[str, str]:
    """A name's letters and sounds, its words run together: where one ends is the last thing a recogniser hears."""
    words = telling(name)
    return "".join(words), "".join(map(sound, words))


def _scores(said: Sequence[str], everything: str, names: Sequence[tuple[str, str]]) -> Sequence[float]:
    """How much each name is like what was said, of a hundred: its likest run of words counts, or of all the sounds."""
    runs = [said[first:end] for first in range(len(said)) for end in range(first + 1, len(said) + 1)]
    longest = len("".join(said))
    covered = np.array([[1 - _WHOLE + _WHOLE * len("".join(run)) / longest] for run in runs])
    letters, sounds = zip(*names, strict=True)
    by_letters = process.cdist(["".join(run) for run in runs], letters, scorer=fuzz.ratio)
    by_sound = process.cdist(["".join(map(sound, run)) for run in runs], sounds, scorer=fuzz.ratio)
    best = ((_BY_SOUND * by_sound + (1 - _BY_SOUND) * by_letters) * covered).max(axis=0)
    whole = _WITHIN * process.cdist([everything], sounds, scorer=fuzz.partial_ratio, score_cutoff=_SAME)[0]
    long = np.array([_LONG <= len(one) <= len(everything) + 1 for one in sounds])
    scores: Sequence[float] = np.where(long, np.maximum(best, whole), best).tolist()
    return scores
