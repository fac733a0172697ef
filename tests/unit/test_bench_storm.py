"""What the storm's benchmark stands on: one seed is one night, and its time leaps only when nobody works."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bench.storm.ear import named
from bench.storm.floor import Agents
from bench.storm.held import RateTried, highest
from bench.storm.truth import Sentences
from bench.storm.virtual import VirtualTime, Waiter
from bench.storm.weather import STORM_TIMES, Wish, drawn
from gridline.settings import HOUSE
from ivr.journal.models import CallStep
from ivr.voice.prompts import Prompt, PromptBook

START = datetime(2026, 11, 28, tzinfo=UTC)


def test_one_seed_is_one_night_and_another_seed_another() -> None:
    nights = [drawn(seed, substations=2, calm_s=3600, storm_s=7200) for seed in (1, 1, 2)]
    assert nights[0] == nights[1]
    assert nights[0].callers != nights[2].callers


def test_a_storm_is_so_many_times_the_ordinary_and_nested_outages_last_longer() -> None:
    night = drawn(5, substations=3, calm_s=36_000, storm_s=36_000)
    calm = [one for one in night.callers if one.at_s < 36_000]
    storm = [one for one in night.callers if 36_000 <= one.at_s < 72_000]
    assert STORM_TIMES * 0.8 < len(storm) / len(calm) < STORM_TIMES * 1.25
    about_supply = sum(one.subject is Wish.OUTAGE for one in calm) / len(calm)
    assert 0.2 < about_supply < 0.3
    nested = next(one for one in night.blackouts if one.nested)
    dark = [house for house in night.houses if nested.darkens(house, nested.ends_s + 60)]
    assert {house.transformer for house in dark} == {nested.nested}
    truthful = [one for one in storm if one.subject is Wish.OUTAGE and night.dark(one.house, one.at_s)]
    assert len(truthful) > 0.9 * len(storm)


async def test_time_leaps_when_all_wait_and_stands_while_somebody_works() -> None:
    time, seen = VirtualTime(START), []

    async def slow() -> None:
        await time.sleep(60)
        await asyncio.to_thread(sum, range(100_000))  # work in real time takes none here
        seen.append(("slow", time.monotonic()))

    async def main() -> None:
        time.spawn(slow())
        await time.sleep(60.5)
        seen.append(("main", time.monotonic()))
        waiter = Waiter(time)
        time.spawn(wakes(waiter))
        assert await time.wait(waiter, 3600)
        assert not await time.wait(Waiter(time), 10)
        seen.append(("woken", time.monotonic()))

    async def wakes(waiter: Waiter) -> None:
        await time.sleep(5)
        waiter.wake()
        waiter.wake()

    await time.run(main())
    assert seen == [("slow", 60.0), ("main", 60.5), ("woken", 75.5)]
    assert time.now() == START + timedelta(seconds=75.5)


async def test_danger_goes_first_and_who_gave_up_is_passed_over() -> None:
    time, got = VirtualTime(START), []
    agents = Agents(time, 1, seed=1)

    async def caller(name: str, after_s: float, *, danger: bool = False, patience_s: float = 1e6) -> None:
        await time.sleep(after_s)
        if await agents.take(danger=danger, within_s=patience_s):
            got.append(name)
            await agents.talk()
        else:
            got.append(f"{name} gave up")

    async def main() -> None:
        for name, after_s, danger, patience_s in (
            ("talks", 0, False, 1e6),
            ("impatient", 1, False, 1),
            ("waits", 2, False, 1e6),
            ("danger", 3, True, 1e6),
        ):
            time.spawn(caller(name, after_s, danger=danger, patience_s=patience_s))
        await time.sleep(1e5)

    await time.run(main())
    assert got == ["talks", "impatient gave up", "danger", "waits"]


@pytest.mark.parametrize(("limit", "found"), [(1.9, 0.0), (2, 2.0), (3.6, 3.5), (5, 5.0), (7.9, 7.0), (1000, 64.0)])
async def test_the_highest_rate_is_doubled_to_and_halved_to(limit: float, found: float) -> None:
    async def holds(rate: float) -> bool:
        return rate <= limit

    assert await highest(holds) == found


async def test_one_stall_of_the_machine_is_not_its_limit() -> None:
    tried: list[float] = []

    async def holds(rate: float) -> bool:
        tried.append(rate)
        return rate < 8 and tried.count(rate) > 1

    assert await highest(holds) == 7.0
    assert tried == [2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 6.0, 6.0, 7.0, 7.0]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"failed": 1},
        {"told_own_truth_share": 0.97},
        {"told_own_truth_share": None},
        {"seconds_to_truth_p95": 45.1},
        {"notice_late_p95_s": 1.1},
        {"notice_late_p95_s": None},
    ],
)
def test_a_rate_is_held_when_every_caller_is_served_in_time(spoilt: dict[str, float | None]) -> None:
    good = {"failed": 0, "told_own_truth_share": 0.98, "seconds_to_truth_p95": 45.0, "notice_late_p95_s": 1.0}
    assert RateTried(rate=4, load_average=9.0, **good).held  # type: ignore[arg-type]
    assert not RateTried(rate=4, load_average=9.0, **(good | spoilt)).held  # type: ignore[arg-type]


def test_a_key_is_named_in_its_menu_and_not_in_an_address_before_it() -> None:
    menu = "Ваш адрес: дом двадцать один? Если да, нажмите один. Если нет, два."
    assert menu[: round(named(menu, "1") * len(menu))].endswith("нажмите один")
    assert named(menu, "2") == pytest.approx(1 - 1 / len(menu))
    assert named(menu, "7") == 1.0


@pytest.mark.parametrize(
    ("lasted_s", "over_s"),
    [(60.0, 10.5), (10.5, 10.5), (9.6, 9.6), (9.3, None), (1.0, None)],
)
def test_a_sentence_that_a_key_cut_short_was_not_told(lasted_s: float, over_s: float | None) -> None:
    book = PromptBook.load(HOUSE / "dialplan/prompts.ru.yaml")
    told = Prompt("outage-unplanned", what="света", since="сегодня с девяти часов")
    phrases = ("known-outage", told, "outage-scope-wide")
    text = " ".join(book.text(phrase, "skek") for phrase in phrases)
    letters = len(" ".join(book.text(phrase, "skek") for phrase in phrases[:2])) - 1
    step = CallStep(
        prompt_ids=["known-outage", "outage-unplanned", "outage-scope-wide"],
        prompt_text=text,
        started_at=START,
        ended_at=START + timedelta(seconds=lasted_s),
    )
    found = Sentences(book, letters / 10.5).over_s(step)
    assert found == (over_s if over_s is None else pytest.approx(over_s, abs=0.01))
    other = CallStep(prompt_ids=["main-menu"], prompt_text="Меню.", started_at=START, ended_at=START)
    assert Sentences(book, 17).over_s(other) is None
