"""Which houses of a street are meant: «1-15 нечётные, 5а, 5/2, вл. 3, 7 корп. 2» read, and asked of one house.

A range is a stretch of the street: whatever is numbered within it belongs to it, 7а and 7/2 too. A single house is
itself with all its buildings: «5» is 5 корп. 2 as well, but neither 5а nor 5/2, which are houses of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from gridline.errors import InvalidInput

LONGEST: Final = 300
EXAMPLE: Final = "Пишите через запятую: 1-15 нечётные, 5а, 5/2, вл. 3, 7 корп. 2."


class Numbered(Enum):
    """Whose number it is. A plot (владение) shares the street's numbers with the house that stands on it."""

    HOUSE = "д."
    LOT = "уч."
    BUILDING = "корп."
    STRUCTURE = "стр."
    FACILITY = "соор."


class Side(Enum):
    """Both sides of a street, or one."""

    BOTH = ""
    EVEN = "чётные"
    ODD = "нечётные"

    def holds(self, number: int) -> bool:
        """Whether this number is on it."""
        return self is Side.BOTH or (number % 2 == 0) == (self is Side.EVEN)


@dataclass(frozen=True, slots=True)
class HouseNumber:
    """One house: `5а/2 корп. 3 стр. 1` taken apart."""

    number: int
    letter: str = ""
    fraction: str = ""
    building: str = ""
    structure: str = ""
    numbered: Numbered = Numbered.HOUSE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Houses from one number to another, on one side or on both; `last` None is the street's end."""

    first: HouseNumber
    last: HouseNumber | None
    side: Side = Side.BOTH

    def holds(self, house: HouseNumber) -> bool:
        """Whether the house stands within."""
        if house.numbered is not self.first.numbered or not self.side.holds(house.number):
            return False
        if _place(house) < _place(self.first):
            return False
        return self.last is None or _place(house)[: _depth(self.last)] <= _place(self.last)[: _depth(self.last)]


Part = HouseNumber | Stretch

_KINDS: Final = {
    Numbered.HOUSE: ("д", "дом", "дома", "№", "вл", "влд", "владение", "домовл", "домовладение", "двлд"),
    Numbered.LOT: ("уч", "участок", "уч-к"),
    Numbered.BUILDING: ("к", "корп", "корпус"),
    Numbered.STRUCTURE: ("с", "стр", "строение"),
    Numbered.FACILITY: ("соор", "сооружение"),
}
_KIND_OF: Final = {word: kind for kind, words in _KINDS.items() for word in words}
_PIECE = r"(?:\d{1,4}\s?[а-я]?|[а-я])"


def _word_of(*kinds: Numbered) -> str:
    words = sorted((word for kind in kinds for word in _KINDS[kind]), key=len, reverse=True)
    return f"(?:{'|'.join(words)})"


_HOUSE: Final = re.compile(
    rf"(?:(?P<kind>{_word_of(*Numbered)})(?:\.\s?|\s|(?=\d)))?"
    r"(?P<number>\d{1,4})(?:[\s-]?(?P<letter>[а-я])|\s?/\s?(?P<slashed>[а-я]))?"
    rf"(?:\s?/\s?(?P<fraction>{_PIECE}))?"
    rf"(?:\s?{_word_of(Numbered.BUILDING)}\.?\s?(?P<building>{_PIECE}))?"
    rf"(?:\s?{_word_of(Numbered.STRUCTURE)}\.?\s?(?P<structure>{_PIECE}))?"
    r"(?:\s?(?:лит|литер|литера)\.?\s?(?P<named>[а-я]))?"
)
_FURTHER: Final = re.compile(
    rf"(?P<kind>{_word_of(Numbered.BUILDING, Numbered.STRUCTURE)})(?:\.\s?|\s|(?=\d))(?P<piece>{_PIECE})"
)
_SIDE: Final = re.compile(r"\(?\b(?:(?P<odd>не\s?чет(?:н(?:ые|ая|ых))?)|чет(?:н(?:ые|ая|ых))?)\b\.?(?:\s?сторона)?\)?")
_FROM_TO: Final = re.compile(r"(?:с|от)\s?(?P<first>\d.*?)\s(?:по|до)\s(?P<last>\d.*|конца)")
_RANGE: Final = re.compile(r"(?P<first>.*?\d.*?)\s?[-…]\s?(?P<last>.*\d.*)")
_ALIKE: Final = str.maketrans("abcehkmoptxyё‐‑‒–—−", "авсенкмортхуе------")
_NO_NUMBER: Final = re.compile(r"(?:б|без)[\s./]{0,2}(?:н|номера)\.?")
_NAMELESS: Final = HouseNumber(0)


@lru_cache(maxsize=4096)
def parse(spec: str) -> tuple[Part, ...]:
    """The houses `spec` names; none for an empty one, which means all. Raises InvalidInput naming what is wrong."""
    if len(spec) > LONGEST:
        raise InvalidInput(f"Дома: длиннее {LONGEST} знаков. Разделите на несколько строк.")
    found: list[Part] = []
    for words in re.split(r"[,;]|\sи\s", _plain(spec)):
        if words.strip(" ."):
            _add(found, words.strip(" ."))
    return tuple(dict.fromkeys(found))


def covers(spec: str, house: str, building: str = "") -> bool:
    """Whether `spec` names the house (its `корпус` apart, where it is kept so). An empty `spec` names all.

    A house without a number that can be read is named by nothing but an empty `spec` and «б/н». A `spec` that cannot
    be read names all: whoever stored it past `parse` is not to leave a street untold.
    """
    if not spec.strip():
        return True
    try:
        parts = parse(spec)
    except InvalidInput:
        return True
    asked = read(house, building)
    return asked is not None and any(_names(part, asked) for part in parts)


@lru_cache(maxsize=4096)
def read(house: str, building: str = "") -> HouseNumber | None:
    """One house as people write it, or None: «д. 5 корп. 2», «5к2», «5-а», «вл. 3», «б/н» (number 0)."""
    words = _plain(house).strip(" .")
    if _NO_NUMBER.fullmatch(words):
        return _NAMELESS
    found = _house(words)
    if found is not None and building.strip():
        plain = _plain(building).strip(" .")
        further = _FURTHER.fullmatch(plain) or re.fullmatch(rf"(?P<piece>{_PIECE})", plain)
        if further is None:
            return None
        return replace(found, building=_bare(further["piece"]))
    return found


def split(house: str) -> tuple[str, str]:
    """A house and its корпус apart, as premises keep them: «д. 7А корп. 2» is `7а` and `2`.

    What cannot be read, has no number or has a structure (стр.) besides stays whole.
    """
    found = read(house)
    if found is None or not found.number or found.structure:
        return house.strip(), ""
    kind = "" if found.numbered is Numbered.HOUSE else f"{found.numbered.value} "
    fraction = f"/{found.fraction}" if found.fraction else ""
    return f"{kind}{found.number}{found.letter}{fraction}", found.building


def same(one: str, other: str) -> bool:
    """Whether two ways of writing mean one house; what has no number is compared as text."""
    read_one, read_other = read(one), read(other)
    if read_one is None or read_other is None:
        return _plain(one).strip(" .") == _plain(other).strip(" .")
    return read_one == read_other


def _names(part: Part, asked: HouseNumber) -> bool:
    if isinstance(part, Stretch):
        return asked.number > 0 and part.holds(asked)
    return part == replace(
        asked, building=part.building and asked.building, structure=part.structure and asked.structure
    )


def _add(found: list[Part], words: str) -> None:
    """Read one part; a building («корп. 3») belongs to the house before it."""
    further = _FURTHER.fullmatch(words)
    if further is None:
        found.append(_part(words))
        return
    piece, kind = _bare(further["piece"]), _KIND_OF[further["kind"]]
    if not found:
        found.append(_alone(words, piece, kind))
        return
    before = found[-1]
    if isinstance(before, Stretch) or before.numbered is not Numbered.HOUSE:
        raise InvalidInput(f"Дома: «{words}» — не понять, какого дома. Впишите дом целиком: 7 корп. 2.")
    if kind is Numbered.BUILDING:
        belongs, bare = replace(before, building=piece, structure=""), not before.building and not before.structure
    else:
        belongs, bare = replace(before, structure=piece), not before.structure
    if bare:
        found.pop()
    found.append(belongs)


def _alone(words: str, piece: str, kind: Numbered) -> HouseNumber:
    number = re.match(r"\d+", piece)
    if number is None:
        raise InvalidInput(f"Дома: «{words}» — нет номера дома. {EXAMPLE}")
    return HouseNumber(int(number[0]), letter=piece[number.end() :], numbered=kind)


def _part(words: str) -> Part:
    if words in ("все", "все дома", "вся улица"):
        return Stretch(HouseNumber(1), None)
    if _NO_NUMBER.fullmatch(words):
        return _NAMELESS
    told = _SIDE.search(words)
    side = Side.BOTH if told is None else Side.ODD if told["odd"] else Side.EVEN
    rest = words if told is None else " ".join(f"{words[: told.start()]} {words[told.end() :]}".split())
    if told is not None and rest in ("", "дома", "номера", "все"):
        return Stretch(HouseNumber(1), None, side)
    between = _FROM_TO.fullmatch(rest)
    if between is None and _house(rest) is None:
        between = _RANGE.fullmatch(rest)
    if between is not None:
        return _stretch(words, between["first"], between["last"], side)
    one = _house(rest)
    if one is None:
        raise InvalidInput(f"Дома: «{words[:40]}» не разобрано. {EXAMPLE}")
    if side is not Side.BOTH:
        raise InvalidInput(
            f"Дома: «{words[:40]}» — сторона улицы пишется у диапазона (1-15 нечётные), а дом здесь один."
        )
    return one


def _stretch(words: str, first: str, last: str, side: Side) -> Stretch:
    begin, end = _house(first), None if last == "конца" else _house(last)
    if begin is None or (end is None and last != "конца"):
        raise InvalidInput(f"Дома: «{words[:40]}» — диапазон не разобран. {EXAMPLE}")
    if end is None:
        return Stretch(begin, None, side)
    end = replace(end, numbered=begin.numbered if end.numbered is Numbered.HOUSE else end.numbered)
    if begin.numbered is not end.numbered or any((begin.building, end.building, begin.structure, end.structure)):
        raise InvalidInput(f"Дома: «{words[:40]}» — диапазон бывает только по номерам домов. Перечислите корпуса.")
    if _place(end) < _place(begin):
        raise InvalidInput(f"Дома: «{words[:40]}» — диапазон написан наоборот. Дом с дробью пишется через «/»: 5/2.")
    if side is not Side.BOTH and not any(side.holds(number) for number in range(begin.number, end.number + 1)):
        raise InvalidInput(f"Дома: «{words[:40]}» — таких домов нет: на этой стороне другие номера.")
    return Stretch(begin, end, side)


def _house(words: str) -> HouseNumber | None:
    found = _HOUSE.fullmatch(words)
    if found is None or (number := int(found["number"])) == 0:
        return None
    letter = found["letter"] or found["slashed"] or found["named"] or ""
    pieces = {name: _bare(found[name] or "") for name in ("fraction", "building", "structure")}
    return HouseNumber(number, letter, **pieces, numbered=_KIND_OF[found["kind"] or "д"])


def _place(house: HouseNumber) -> tuple[int, str, int, str]:
    """Where along the street: 5, 5а, 5б, 5/1, 5/2, 6."""
    fraction = re.match(r"\d+", house.fraction)
    whole = int(fraction[0]) if fraction else 0
    return house.number, house.letter, whole, house.fraction[len(fraction[0]) :] if fraction else house.fraction


def _depth(last: HouseNumber) -> int:
    """How much of a place counts at a stretch's end: «1-15» ends after 15а and 15/2, «5а-5г» with 5г."""
    return 4 if last.fraction else 2 if last.letter else 1


def _bare(piece: str) -> str:
    return piece.replace(" ", "").lstrip("0")


def _plain(words: str) -> str:
    """Small letters of one alphabet, a line's end as a comma, spaces made single."""
    return " ".join(words.strip().replace("\n", ",").casefold().translate(_ALIKE).split())
