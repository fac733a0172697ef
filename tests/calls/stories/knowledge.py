"""The knowledge base, spoken: two keys to an article, back from there, and a file that changed since the last call."""

from __future__ import annotations

from grid.knowledge import Knowledge
from grid.reference.sections import GROUPS, TITLES, ArticleSection
from gridline.settings import HOUSE
from ivr.actions.questions import with_keys
from ivr.voice.prompts import Phrase, Prompt
from tests.calls.looked_up import ended
from tests.calls.stories import BOOK, DISTRESS
from tests.calls.stories.menus import REFERENCE, SECTIONS
from tests.calls.street import CHANGED, Play, goes

TO_SECTIONS: tuple[Phrase, ...] = (*REFERENCE, "4", SECTIONS)


def sections(group: int) -> Prompt:
    names = [TITLES[section] for section in GROUPS[group].sections]
    return Prompt("knowledge-sections", choices=with_keys(names))


def words(company: str, section: ArticleSection) -> Prompt:
    (article,) = Knowledge.load(HOUSE / "dialplan/knowledge", [company]).aloud(company, section)
    return Prompt("knowledge-words", words=article.spoken)


TARIFFS = words("skek", ArticleSection.TARIFFS)


@BOOK.story()
async def an_article_is_heard_by_two_keys_again_and_another_one_after_it(scene: Play) -> None:
    own = "+79131820001"
    async with scene.greeted(own, *TO_SECTIONS, "1", sections(0), "9", SECTIONS, "1", sections(0)) as caller:
        await goes(caller, "1", TARIFFS, "#", "knowledge-end", "*", TARIFFS, "#", "knowledge-end", "1", SECTIONS)
        await goes(caller, "2", sections(1), "1", words("skek", ArticleSection.CONTACTS), "#", "knowledge-end")
        await goes(caller, "2", "main-menu")
        await caller.hangs_up()
    (await ended(scene, own)).left("tariffs", "main")


@BOOK.story()
async def zero_in_the_middle_of_an_article_is_a_person(scene: Play) -> None:
    own = "+79131820002"
    async with scene.greeted(own, *TO_SECTIONS, "1", sections(0), "1", TARIFFS) as caller:
        await goes(caller, "0", "person-connecting")
        await caller.hangs_up()
    (await ended(scene, own)).left("tariffs", "operator")


@BOOK.story()
async def silence_after_an_article_goes_on(scene: Play) -> None:
    own = "+79131820003"
    async with scene.greeted(own, *TO_SECTIONS, "1", sections(0), "1", TARIFFS) as caller:
        await goes(caller, "#", "knowledge-end")
        await caller.hears("anything-else", within_s=30)
        await caller.hangs_up()
    (await ended(scene, own)).left("tariffs", "done")


@BOOK.story("arhenergo")
async def where_nothing_is_written_for_callers_they_hear_whom_to_ask(scene: Play) -> None:
    own = "+78182130004"
    async with scene.greeted(own, *REFERENCE, "4", "tariffs-info") as caller:
        await caller.hangs_up()
    (await ended(scene, own)).left("tariffs", "none")


@BOOK.story(CHANGED)
async def an_article_that_changed_is_heard_by_the_next_caller(scene: Play) -> None:
    first, second = "+79131820005", "+79131820006"
    folder = scene.house.settings.dialplan / "knowledge" / CHANGED
    folder.mkdir(exist_ok=True)
    way: tuple[Phrase, ...] = (*TO_SECTIONS, "1", sections(0), "1")
    async with scene.greeted(first, *way, TARIFFS) as caller:
        await caller.hangs_up()
    text = "С сегодняшнего дня тариф новый. Его назовёт оператор."
    article = f"title: Тарифы\nsection: tariffs\nspoken: {text}\ntext: Новый тариф.\n"
    (folder / "tariffs.yaml").write_text(article, "utf-8")
    async with scene.greeted(second, *way, Prompt("knowledge-words", words=text)) as caller:
        await caller.hangs_up()
    for number in (first, second):
        (await ended(scene, number)).left("tariffs", "hung-up")


@DISTRESS.story()
async def an_article_that_cannot_be_said_leads_to_a_person(scene: Play) -> None:
    async with scene.call("+79132000033") as caller:
        await caller.hears("main-menu", within_s=40)
        await goes(caller, "4", "reference-menu")
        await caller.press("4")
        await caller.hears("technical-trouble", within_s=60)
        await caller.hangs_up()
