"""What is put in place of personal data, and where: spans of words with what they are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mask(StrEnum):
    """What stands in place of the words, as it is read."""

    NAME = "[имя]"
    ADDRESS = "[адрес]"
    PHONE = "[телефон]"
    DOCUMENT = "[документ]"
    ACCOUNT = "[счёт]"
    DATE = "[дата рождения]"
    EMAIL = "[почта]"
    NUMBER = "[номер]"
    APPEAL = "[обращение]"
    """Never put: an appeal's number is nobody's secret."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """Words to hide, from the first to before `behind`."""

    first: int
    behind: int
    mask: Mask
