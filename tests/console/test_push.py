"""Live updates: what is published arrives once, in order, to those who may have it, and in the page's place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import pytest
from playwright.async_api import Page

from agent_console.people.models import Role
from agent_console.push import KEPT, MORPH, WAITING, Push
from gridline.clock import SystemClock
from tests.console.conftest import Client, ClientOf, ConsoleApp, sign_in
from tests.figures import value

LIMIT_S = 20.0


@dataclass(frozen=True)
class Told:
    """One message as a browser takes it apart."""

    id: int
    event: str
    topic: str
    data: str


async def messages(answer: aiohttp.ClientResponse) -> AsyncIterator[Told]:
    """The messages of a stream, without beats."""
    fields: dict[str, list[str]] = {}
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line:
            name, _, value = line.partition(": ")
            fields.setdefault(name, []).append(value)
            continue
        topic, *data = fields["data"]
        told = Told(int(fields["id"][0]), fields["event"][0], topic, "\n".join(data))
        fields = {}
        if told.event != "beat":
            yield told


async def take(stream: AsyncIterator[Told], count: int) -> list[Told]:
    async with asyncio.timeout(LIMIT_S):
        return [await anext(stream) for _ in range(count)]


class Follow(Protocol):
    """Opens a stream."""

    async def __call__(self, client: Client, topics: str, last: int | None = None) -> aiohttp.ClientResponse: ...


@pytest.fixture
async def follow() -> AsyncIterator[Follow]:
    """Opens streams and closes them at the test's end."""
    opened: list[aiohttp.ClientResponse] = []

    async def open(client: Client, topics: str, last: int | None = None) -> aiohttp.ClientResponse:
        headers = {} if last is None else {"Last-Event-ID": str(last)}
        answer = await client.session.get(f"{client.base}/events", params={"topics": topics}, headers=headers)
        opened.append(answer)
        assert answer.status == 200
        return answer

    yield open
    for answer in opened:
        answer.close()


def split(taken: bytes) -> list[str]:
    """The events' names of one take."""
    return [line[7:] for line in taken.decode().splitlines() if line.startswith("event: ")]


async def test_a_message_reaches_those_who_follow_its_topic(
    console_app: ConsoleApp, client_of: ClientOf, follow: Follow
) -> None:
    push = console_app.console.push
    agent, clerk = await client_of(Role.AGENT), await client_of(Role.CLERK)
    own = f"user:{console_app.users[Role.AGENT].user_id}"
    to_agent, to_clerk = messages(await follow(agent, f"line,{own}")), messages(await follow(clerk, "line"))
    assert [one.event for one in await take(to_agent, 1) + await take(to_clerk, 1)] == ["hello", "hello"]
    push.publish(own, "note", '{"a": 1}')
    push.publish("line", MORPH, '<p id="x">\n  два\r\nряда\r</p>')
    first, second = await take(to_agent, 2)
    (only,) = await take(to_clerk, 1)
    assert (first.event, first.topic, json.loads(first.data)) == ("note", own, {"a": 1})
    assert (second.event, second.topic, second.data) == (MORPH, "line", '<p id="x">\n  два\nряда\n</p>')
    assert only == second
    assert first.id < second.id


async def test_text_from_outside_cannot_begin_a_field_of_its_own(
    console_app: ConsoleApp, client_of: ClientOf, follow: Follow
) -> None:
    stream = messages(await follow(await client_of(Role.AGENT), "line"))
    await take(stream, 1)
    console_app.console.push.publish("line", "note", "a\nevent: reset\rid: 1\r\n\r\ndata: b\n\n")
    console_app.console.push.publish("line", "end", "{}")
    (note, end) = await take(stream, 2)
    assert (note.event, note.data) == ("note", "a\nevent: reset\nid: 1\n\ndata: b\n\n")
    assert end.event == "end"


async def test_what_was_missed_is_told_at_the_return(
    console_app: ConsoleApp, client_of: ClientOf, follow: Follow
) -> None:
    push, client = console_app.console.push, await client_of(Role.AGENT)
    away = push.last_id
    for n in range(3):
        push.publish("line", "note", str(n))
        push.publish("elsewhere", "note", "not his")
    told = await take(messages(await follow(client, "line", last=away)), 4)
    assert [(one.event, one.data) for one in told] == [("hello", "{}"), ("note", "0"), ("note", "1"), ("note", "2")]
    again = await take(messages(await follow(client, "line", last=told[2].id)), 2)
    assert again[1] == told[3]


async def test_who_was_away_too_long_takes_the_page_anew(
    console_app: ConsoleApp, client_of: ClientOf, follow: Follow
) -> None:
    push, client = console_app.console.push, await client_of(Role.AGENT)
    away = push.last_id
    for n in range(KEPT + 1):
        push.publish("line", "note", str(n))
    assert [one.event for one in await take(messages(await follow(client, "line", last=away)), 2)] == ["hello", "reset"]
    yesterday = away - 86_400_000_000
    told = await take(messages(await follow(client, "line", last=yesterday)), 2)
    assert (told[1].event, told[1].id) == ("reset", push.last_id)


async def test_a_listener_that_lags_is_cut_off_and_holds_up_nobody() -> None:
    push = Push(SystemClock())
    dropped, listening = value("gridline_push_dropped_total"), value("gridline_push_listeners")
    with push.listen({"line"}) as slow, push.listen({"line"}) as quick:
        assert value("gridline_push_listeners") == listening + 2
        for n in range(WAITING + 10):
            push.publish("line", "note", str(n))
            if n % 100 == 0:
                assert await quick.take(within_s=1)
        assert slow.ended
        assert not quick.ended
    assert value("gridline_push_listeners") == listening
    assert value("gridline_push_dropped_total") == dropped + 1
    assert not push.listening("line")


async def test_messages_of_a_moment_are_taken_in_one_piece() -> None:
    push = Push(SystemClock())
    with push.listen({"a", "b"}) as listener:
        push.publish("a", "one", "1")
        push.publish("b", "two", "2")
        push.publish("c", "three", "3")
        assert split(await listener.take(within_s=1)) == ["hello", "one", "two"]
        assert await listener.take(within_s=0.01) == b""


async def test_a_stream_ends_when_the_server_goes_down(
    console_app: ConsoleApp, client_of: ClientOf, follow: Follow
) -> None:
    answer = await follow(await client_of(Role.AGENT), "line")
    console_app.console.push.close()
    async with asyncio.timeout(LIMIT_S):
        assert b"event: hello" in await answer.read()


@pytest.mark.parametrize(
    "topics", ["", "line:x", "unknown:1", "user:someone-else", ",".join(f"t{n}" for n in range(50))]
)
async def test_topics_are_only_those_one_may_follow(client_of: ClientOf, topics: str) -> None:
    client = await client_of(Role.ADMIN)
    assert (await client.get(f"/events?topics={topics}")).status in (404, 422)


SEEN = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


async def test_the_page_shows_at_once_that_asterisk_is_gone(page: Page, console_app: ConsoleApp) -> None:
    await sign_in(page, console_app.base, Role.CLERK, "/account")
    banner = page.get_by_text("Нет связи с АТС")
    await page.locator("#link-state[data-state=up]").wait_for()
    assert await banner.count() == 0
    console_app.line.up = False
    await banner.wait_for()
    console_app.line.up = True
    await banner.wait_for(state="detached")


async def test_a_tab_that_nobody_looks_at_gives_its_stream_back_and_catches_up(
    page: Page, console_app: ConsoleApp
) -> None:
    """Six connections are all a browser has for a server over HTTP/1.1: with as many streams no page loads any more."""
    push = console_app.console.push
    await sign_in(page, console_app.base, Role.CLERK, "/account")
    await page.locator("#link-state[data-state=up]").wait_for()
    await page.evaluate(SEEN, "hidden")
    async with asyncio.timeout(20):
        while push.listening("line"):  # noqa: ASYNC110 - nobody tells when a stream ends
            await asyncio.sleep(0.1)
    push.publish("line", MORPH, '<div id="loading">пока никто не смотрел</div>')
    await page.evaluate(SEEN, "visible")
    await page.locator("#loading", has_text="пока никто не смотрел").wait_for()
    assert push.listening("line")


async def test_an_update_leaves_what_a_person_types_alone(page: Page, console_app: ConsoleApp) -> None:
    await sign_in(page, console_app.base, Role.CLERK, "/account/password")
    await page.locator("#link-state[data-state=up]").wait_for()
    await page.get_by_label("Новый пароль").fill("typed so far")
    await page.get_by_label("Ещё раз").focus()
    console_app.console.push.publish("line", MORPH, '<div id="new-hint">совет</div><div id="nowhere"></div>')
    await page.locator("#new-hint", has_text="совет").wait_for()
    console_app.console.push.publish(
        "line", MORPH, '<main id="main"><input id="new" value="ours"><p id="done">готово</p></main>'
    )
    await page.locator("#done").wait_for()
    assert await page.locator("#new").input_value() == "typed so far"


async def test_pages_change_and_the_shell_stays(page: Page, console_app: ConsoleApp) -> None:
    """What keeps a talk alive: the telephone lives in the shell."""
    await sign_in(page, console_app.base, Role.CLERK, "/account")
    await page.evaluate("window.talk = 'goes on'")
    await page.get_by_role("link", name="Сменить пароль").click()
    await page.get_by_role("heading", name="Смена пароля").wait_for()
    await page.get_by_label("Новый пароль").fill("short")
    await page.get_by_label("Ещё раз").fill("short")
    await page.get_by_role("button", name="Сохранить пароль").click()
    await page.get_by_text("Пароль короче").wait_for()
    await page.go_back()
    await page.get_by_role("heading", name="Учётная запись").wait_for()
    assert await page.locator("#main").count() == 1
    assert await page.title() == "Учётная запись · Гридлайн"
    await page.get_by_role("link", name="Сменить пароль").click()
    await page.get_by_label("Новый пароль").fill("another good one")
    await page.get_by_label("Ещё раз").fill("another good one")
    await page.get_by_role("button", name="Сохранить пароль").click()
    await page.wait_for_url(lambda url: not url.endswith("/account/password"))
    assert await page.evaluate("window.talk") == "goes on"


async def test_a_session_that_ends_elsewhere_is_renewed_in_place(
    page: Page, console_app: ConsoleApp, client_of: ClientOf
) -> None:
    await sign_in(page, console_app.base, Role.CLERK, "/account/password")
    await page.get_by_label("Новый пароль").fill("typed before the end")
    await page.get_by_label("Ещё раз").fill("typed before the end")
    other = await client_of(Role.CLERK)
    for part in (await (await other.get("/account")).text()).split('action="')[1:]:
        if part.startswith("/account/sessions/"):
            assert (await other.post(part.split('"')[0])).status == 303
    # Not by a click: the live stream may have opened the dialog over the button already.
    await page.evaluate("document.querySelector('#main form').requestSubmit()")
    dialog = page.get_by_role("dialog", name="Сеанс завершён")
    await dialog.get_by_label("Пароль").fill("correct horse battery")
    await dialog.get_by_role("button", name="Войти").click()
    await dialog.wait_for(state="hidden")
    assert await page.get_by_label("Новый пароль").input_value() == "typed before the end"
    await page.get_by_role("button", name="Сохранить пароль").click()
    await page.wait_for_url(lambda url: not url.endswith("/account/password"))
