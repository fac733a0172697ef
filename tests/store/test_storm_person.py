"""Who asks for a person in a storm: called back once, never round and round; danger waits first, or tells its words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from gridline.companies import priorities
from gridline.settings import HOUSE
from ivr.actions import bound
from ivr.menus.flows import load_checked
from ivr.menus.shortened import STORM_MENU_WATER, shortened
from ivr.menus.walk import Step, walk
from ivr.voice.prompts import PromptBook
from service.cli.menus import vocabulary_by_book
from tests.store.promises.shop import ScriptedCaller, Shop, opened
from worklist.codes import ItemKind
from worklist.models import WorkItem


class Listening(ScriptedCaller):
    """A caller of whom is known what they heard and how far ahead they waited."""

    heard: list[str]
    waited: list[int]

    def mark(self, name: str, value: str) -> None:
        """Nobody takes this call over."""

    async def queue(
        self,
        queue: str,
        *,
        priority: int,
        timeout_s: int,
        recording: Path | None,
        whisper: Path | None = None,
        after_talk: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        self.waited.append(priority)
        return ""


@pytest.fixture
async def shop(sample_template: Path, tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(sample_template, tmp_path, "", "") as shop:
        await shop.services.storm.by_hand(shop.skek, "", on=True, actor="user:dispatcher")
        yield shop


async def called(shop: Shop, *keys: str) -> tuple[Listening, list[Step]]:
    """A call through the menu of a storm, from that menu on, to its end."""
    vocabulary = vocabulary_by_book(shop.skek, PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml"))
    flow = shortened(load_checked(HOUSE / "dialplan" / "menus" / shop.skek.menu, vocabulary), vocabulary)
    heard: list[str] = []

    async def hears(id: str) -> None:
        heard.append(id)

    line = Listening(shop.caller().call, keys, hears)
    line.heard, line.waited = heard, []
    steps: list[Step] = []
    await walk(flow, line, bound(shop.services), steps.append, shop.services.clock, "main")
    assert heard[0] == STORM_MENU_WATER
    assert steps[-1].leads_to == "hang-up"
    return line, steps


async def items(shop: Shop, kind: ItemKind) -> list[WorkItem]:
    async with shop.db.read() as session:
        return list(await session.scalars(select(WorkItem).where(WorkItem.kind == kind)))


@pytest.mark.parametrize("keys", [(), ("0", "0"), ("9", "9", "9", "0")], ids=["silent", "zero", "astray"])
async def test_a_call_back_is_led_to_once_and_then_a_message_is_taken(shop: Shop, keys: tuple[str, ...]) -> None:
    line, steps = await called(shop, *keys)
    way = [step.place for step in steps]
    assert [step.exit for step in steps if step.place == "operator"] == ["callback", "unanswered"]
    assert way.count("call-back") == 1
    assert way[-2:] == ["message", "goodbye"]
    assert line.waited == []
    assert await items(shop, ItemKind.CALLBACK) == []


async def test_danger_that_nobody_answered_waits_first_again_and_speaks_to_the_dispatcher(shop: Shop) -> None:
    line, steps = await called(shop, "1", "0")  # 0 instead of words; the second time they speak
    assert line.waited == [priorities.DANGER, priorities.DANGER]
    assert line.heard.count("danger-leave-message") == 2
    assert not {"storm-callback", "message-tell", "callback-offer"} & set(line.heard)
    assert [step.place for step in steps][-4:] == ["trouble", "operator", "message", "goodbye"]
    assert len(await items(shop, ItemKind.DANGER)) == 1
    assert await items(shop, ItemKind.CALLBACK) == []
