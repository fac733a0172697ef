"""How many calls go at once, in which order, and to which numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from gridline.settings import Settings
from ivr.outbound.codes import CallPurpose
from ivr.outbound.numbers import NotToBeCalled, dialled
from ivr.outbound.pace import Pace

PREFIXES = Settings().outbound_prefixes


class Street:
    """Calls that last until they are hung up."""

    def __init__(self, at_once: int) -> None:
        self._pace = Pace(at_once)
        self._over: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.talking: list[str] = []

    def stops(self) -> None:
        self._pace.close()

    async def calls(self, name: str, phone: str, purpose: CallPurpose = CallPurpose.RESTORED) -> None:
        self._over[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._call(name, phone, purpose))
        await settled()

    async def hangs_up(self, name: str) -> None:
        self._over[name].set()
        await self._tasks[name]
        await settled()

    async def gives_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])
        await settled()

    async def _call(self, name: str, phone: str, purpose: CallPurpose) -> None:
        async with self._pace.turn(phone, purpose.urgency):
            self.talking.append(name)
            await self._over[name].wait()
            self.talking.remove(name)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def all_call(street: Street, names: Iterable[str]) -> None:
    for name in names:
        await street.calls(name, name)


async def test_no_more_at_once_than_allowed_and_the_rest_in_their_order() -> None:
    street = Street(2)
    await all_call(street, "abcd")
    assert street.talking == ["a", "b"]
    await street.hangs_up("b")
    assert street.talking == ["a", "c"]
    await street.hangs_up("a")
    assert street.talking == ["c", "d"]


async def test_danger_goes_first() -> None:
    street = Street(1)
    await all_call(street, "abc")
    await street.calls("danger", "d", CallPurpose.DANGER)
    await street.hangs_up("a")
    assert street.talking == ["danger"]
    await street.hangs_up("danger")
    assert street.talking == ["b"]


async def test_one_call_to_a_number_at_a_time_holds_up_nobody_else() -> None:
    street = Street(2)
    await street.calls("first", "a")
    await street.calls("second", "a")
    await street.calls("other", "b")
    assert street.talking == ["first", "other"]
    await street.hangs_up("first")
    assert street.talking == ["other", "second"]


async def test_whoever_gives_up_leaves_no_hole() -> None:
    street = Street(1)
    await all_call(street, "abc")
    await street.gives_up("b")
    await street.gives_up("a")
    assert street.talking == ["a", "c"]  # a was cut off in the middle; its turn is free


async def test_when_we_stop_nobody_else_is_let_in() -> None:
    street = Street(1)
    await all_call(street, "ab")
    street.stops()
    await street.hangs_up("a")
    await street.calls("c", "c", CallPurpose.DANGER)
    assert street.talking == []


@pytest.mark.parametrize("phone", ["+79131234567", "+73842456789", "+78001234567"])
def test_a_number_is_dialled_by_its_digits(phone: str) -> None:
    assert dialled(phone, PREFIXES) == phone.removeprefix("+")


@pytest.mark.parametrize(
    "phone",
    [
        "89131234567",
        "+7913123456",
        "+78091234567",
        "+77011234567",
        "+4930123456",
        "112",
        "",
        "+79131234567&PJSIP/101",
        "+7913123456７",
        "+79131234567\r\nAction: Originate",
    ],
)
def test_any_other_is_not(phone: str) -> None:
    with pytest.raises(NotToBeCalled):
        dialled(phone, PREFIXES)
