"""The routes of calling back: first come, others in the queue first, how it ended, and what is refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agent_console.people.models import Role
from ivr.telephony import events as ev
from ivr.telephony.events import Channel
from tests.console.conftest import COMPANY, OTHER_COMPANY, Client, ClientOf, ConsoleApp
from tests.console.floor import Floor
from worklist.codes import AttemptResult, Ending, ItemKind
from worklist.models import WorkAttempt, WorkItem
from worklist.worklist import Matter

PHONE = "+79131203401"


async def an_item(app: ConsoleApp, kind: ItemKind = ItemKind.CALLBACK, **more: object) -> str:
    given: dict[str, object] = {"company_id": COMPANY, "key": f"{kind}:{PHONE}", "phone": PHONE, "place": "Кемерово"}
    return (await app.console.worklist.open(Matter(kind, **(given | more)))).id  # type: ignore[arg-type]


async def stored(app: ConsoleApp, id: str) -> WorkItem:
    async with app.console.db.read() as session:
        return await session.get_one(WorkItem, id)


async def attempts(app: ConsoleApp, id: str) -> list[WorkAttempt]:
    async with app.console.db.read() as session:
        return list(await session.scalars(select(WorkAttempt).where(WorkAttempt.item_id == id)))


async def says(client: Client, id: str, word: str, result: str = "") -> tuple[int, str]:
    json = {"Accept": "application/json"}
    answer = await client.post(f"/worklist/{id}/{word}", data={"result": result}, headers=json)
    return answer.status, (await answer.json())["message"] if answer.status >= 400 else ""


async def test_the_number_is_given_to_the_first_who_asks(console_app: ConsoleApp, client_of: ClientOf) -> None:
    id = await an_item(console_app)
    olga, igor = await client_of(Role.AGENT), await client_of(Role.SUPERVISOR)
    answer = await olga.post(f"/worklist/{id}/call")
    assert (answer.status, (await answer.json())["dial"]) == (200, "79131203401")
    item = await stored(console_app, id)
    assert item.owner == "user:agent"
    status, told = await says(igor, id, "call")
    assert status == 409
    assert "взял другой" in told
    page = await (await olga.get("/desk")).text()
    assert "120-34-01" in page
    assert "Не записывается" in page
    assert (await says(olga, id, "not-called"))[0] == 204
    assert (await stored(console_app, id)).owner == ""
    assert await attempts(console_app, id) == []
    assert (await says(igor, id, "call"))[0] == 200


async def test_nobody_jumps_ahead_of_who_waits_unless_the_time_is_nearly_over(
    console_app: ConsoleApp, client_of: ClientOf
) -> None:
    id, olga = await an_item(console_app), await client_of(Role.AGENT)
    floor = Floor(console_app.console.board, console_app.console.clock, COMPANY)
    floor.caller("skek-hotline", waits_s=70)
    status, told = await says(olga, id, "call")
    assert status == 409
    assert "1 человек" in told
    assert "сначала ответьте им" in told
    assert (await stored(console_app, id)).owner == ""
    now = console_app.console.clock.now()
    late = await an_item(
        console_app,
        key="late",
        made_at=now - timedelta(minutes=200),
        due_at=now + timedelta(minutes=40),
    )
    assert (await says(olga, late, "call"))[0] == 200


@pytest.mark.parametrize(
    ("said", "ending", "result"),
    [
        ("talked", Ending.TALKED, AttemptResult.TALKED),
        ("declined", Ending.DECLINED, AttemptResult.TALKED),
        ("no-answer", None, AttemptResult.NO_ANSWER),
        ("busy", None, AttemptResult.BUSY),
        ("failed", None, AttemptResult.FAILED),
    ],
)
async def test_one_word_says_how_it_ended(
    console_app: ConsoleApp, client_of: ClientOf, said: str, ending: Ending | None, result: AttemptResult
) -> None:
    id, olga = await an_item(console_app), await client_of(Role.AGENT)
    assert (await says(olga, id, "call"))[0] == 200
    leg = Channel("1.1", "1.1", "PJSIP/101-web-0000001", "101")
    console_app.console.agents_calls.on_event(ev.ChannelSeen(console_app.console.clock.now(), leg))
    assert (await says(olga, id, "called", said))[0] == 204
    item = await stored(console_app, id)
    (tried,) = await attempts(console_app, id)
    assert (item.ending, item.owner == "") == (ending, ending is None)
    assert (tried.result, tried.call_id, tried.actor) == (result, "1.1", "user:agent")
    if ending is None:
        assert item.next_at > item.made_at


async def test_an_item_that_ended_meanwhile_leaves_no_band(console_app: ConsoleApp, client_of: ClientOf) -> None:
    id, olga = await an_item(console_app), await client_of(Role.AGENT)
    assert (await says(olga, id, "call"))[0] == 200
    assert await console_app.console.callbacks.called_again(COMPANY, PHONE, call_id="c" * 32, actor="agent:102") == [id]
    status, told = await says(olga, id, "called", "talked")
    assert (status, "уже закончено" in told) == (409, True)
    assert console_app.console.agents_calls.of("101") is None


async def test_the_last_attempt_of_the_rule_ends_it_as_unreached(console_app: ConsoleApp, client_of: ClientOf) -> None:
    id, olga = await an_item(console_app), await client_of(Role.AGENT)
    for last in (False, False, True):
        assert (await says(olga, id, "call"))[0] == 200
        assert ("закрыть дело" in await (await olga.get("/desk")).text()) == last
        assert (await says(olga, id, "called", "no-answer"))[0] == 204
    assert (await stored(console_app, id)).ending is Ending.UNREACHED
    assert len(await attempts(console_app, id)) == 3


async def test_what_is_refused_is_refused_in_words(console_app: ConsoleApp, client_of: ClientOf) -> None:
    olga, clerk = await client_of(Role.AGENT), await client_of(Role.CLERK)
    id = await an_item(console_app)
    assert (await says(clerk, id, "call"))[0] == 403
    assert (await says(olga, "f" * 32, "call"))[0] == 404
    theirs = await an_item(console_app, company_id=OTHER_COMPANY)
    assert (await says(olga, theirs, "call"))[0] == 404
    silent = await an_item(console_app, key="silent", phone=None)
    assert "нет номера" in (await says(olga, silent, "call"))[1]
    abroad = await an_item(console_app, key="abroad", phone="+77012345678")
    assert (await says(olga, abroad, "call"))[0] == 422
    assert "чем кончился" in (await says(olga, id, "called", "nonsense"))[1]
    dictated = await an_item(console_app, ItemKind.DICTATION)
    assert (await says(olga, dictated, "called", "talked"))[0] == 204
    assert (await stored(console_app, dictated)).ended_at is None  # the recorded answer ends it
    message = await an_item(console_app, ItemKind.MESSAGE)
    assert (await says(olga, message, "called", "declined"))[0] == 422  # a message has no such end
    await console_app.console.worklist.end(id, "user:agent", Ending.TALKED)
    assert (await says(olga, id, "call"))[0] == 409
