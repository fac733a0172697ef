"""The numbers that may be called: Russian ones that the settings allow, built of digits and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from gridline.errors import InvalidInput
from gridline.numbers.phones import parse, printable


class NotToBeCalled(InvalidInput):
    """A number that this installation does not call."""

    code = "not-to-be-called"


def dialled(phone: str, prefixes: Sequence[str]) -> str:
    """The digits to dial for a number in E.164. Raises NotToBeCalled for any that `outbound_prefixes` does not allow.

    As strict as the dialplan is with what an agent dials (attack A6): paid services and foreign countries are refused.
    """
    known = parse(phone)
    if known is None or known.abroad or known.e164 != phone:
        raise NotToBeCalled(f"«{printable(phone, at_most=30)}» — не российский номер вида +79131234567.")
    national = phone.removeprefix("+7")
    if not national.isdigit() or not national.startswith(tuple(prefixes)):
        raise NotToBeCalled(f"Номер {phone} не разрешён для звонков: см. outbound_prefixes в настройках.")
    return f"7{national}"
