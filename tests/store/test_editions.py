"""Drafts and versions of what callers meet, on both databases and on real files."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from gridline.clock import SystemClock
from gridline.companies import Companies, Company
from gridline.db import Database
from gridline.errors import Conflict, InvalidInput, Misconfigured, NotFound, Unavailable
from gridline.settings import HOUSE
from gridline.yaml import edit
from ivr.menus.check import LONGEST_MENU_S
from ivr.menus.editions import articles, places
from ivr.menus.editions.articles import ArticleForm
from ivr.menus.editions.checking import Checking
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.edition import Edition, EditionChange
from ivr.menus.editions.editions import Editions, FilesMoved
from ivr.menus.editions.models import EditionVersion
from ivr.menus.editions.places import PlaceForm
from ivr.voice.prompts import CHARACTERS_PER_SECOND

MENU, HOURS = "menus/skek.yaml", "companies/skek.yaml"
OLGA, IGOR = "Ольга Смирнова", "Игорь Петров"


def nobody(session: AsyncSession, version: EditionVersion, changed: list[EditionChange]) -> None:
    """No audit here."""


@pytest.fixture
def dialplan(tmp_path: Path) -> Path:
    return Path(shutil.copytree(HOUSE / "dialplan", tmp_path / "dialplan"))


@pytest.fixture
def skek(dialplan: Path) -> Company:
    return Companies.load(dialplan / "companies").by_id("skek")


@pytest.fixture
def editions(db: Database, dialplan: Path, tmp_path: Path) -> Editions:
    own = {"var": str(HOUSE / "var"), "package_root": str(HOUSE / ".packages"), "voice": "anna"}
    check = Checking(dialplan, tmp_path, (sys.executable, "-m", "service.cli.company.companies.edition_check"), own)
    return Editions(db, SystemClock(), dialplan, tmp_path, None, check)


def swapped(edition: Edition) -> Edition:
    text = edition.files[MENU]
    other = text.replace("2: service, 3: connection", "3: service, 2: connection")
    other = other.replace("    2: [нет света", "    3: [нет света").replace(
        "    3: [подключение]", "    2: [подключение]"
    )
    assert other != text
    return edition.with_("files", MENU, other)


async def test_a_draft_is_published_into_the_files_and_had_back(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    before = {file: (dialplan / file).read_text("utf-8") for file in (MENU, HOURS, "prompts.ru.yaml")}
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    assert (draft.revision, draft.undo, draft.changes) == (0, None, [])
    content = swapped(draft.content).with_("words", "goodbye", "Спасибо, что позвонили в СКЭК. До свидания!")
    await editions.save(skek, 0, content, "клавиши", OLGA)
    version = await editions.publish(skek, 1, "Вода на тройке", OLGA, nobody)
    assert (version.number, version.published_by, version.note) == (2, OLGA, "Вода на тройке")
    assert "3: service, 2: connection" in (dialplan / MENU).read_text("utf-8")
    written = (dialplan / "prompts.ru.yaml").read_text("utf-8")
    assert "skek: Спасибо, что позвонили в СКЭК. До свидания!" in written
    assert written.count("#") == before["prompts.ru.yaml"].count("#"), "every comment is there"
    assert await editions.draft(skek) is None
    newest, first = await editions.versions(skek, most=9)
    assert (newest.number, first.number, first.published_by) == (2, 1, "")
    await editions.begin(skek, IGOR, Edition.of(first.content))
    back = await editions.draft(skek)
    assert back is not None
    await editions.publish(skek, back.revision, "Вернули", IGOR, nobody)
    assert {file: (dialplan / file).read_text("utf-8") for file in before} == before
    assert [one.number for one in await editions.versions(skek, most=9)] == [3, 2, 1]


async def test_the_second_to_save_is_told_who_saved_what_and_nothing_is_lost(editions: Editions, skek: Company) -> None:
    await editions.begin(skek, OLGA)
    await editions.begin(skek, IGOR)  # the same one
    draft = await editions.draft(skek)
    assert draft is not None
    assert draft.begun_by == OLGA
    await editions.save(skek, 0, draft.content.with_("words", "goodbye", "Всего доброго!"), "слова goodbye", IGOR)
    with pytest.raises(DraftMoved, match="Игорь Петров: слова goodbye"):
        await editions.save(skek, 0, swapped(draft.content), "клавиши", OLGA)
    now = await editions.draft(skek)
    assert now is not None
    await editions.save(skek, now.revision, swapped(now.content), "клавиши", OLGA)
    both = await editions.draft(skek)
    assert both is not None
    assert [(one.part, one.name) for one in both.changes] == [("files", MENU), ("words", "goodbye")]


async def test_every_save_is_undone_one_after_another(editions: Editions, skek: Company) -> None:
    await editions.begin(skek, OLGA)
    for at, words in enumerate(("Раз!", "Два!", "Три!")):
        draft = await editions.draft(skek)
        assert draft is not None
        await editions.save(skek, at, draft.content.with_("words", "goodbye", words), words, OLGA)
    said = []
    for at in (3, 4, 5):
        await editions.undo(skek, at, OLGA)
        draft = await editions.draft(skek)
        assert draft is not None
        said.append(draft.content.words.get("goodbye", ""))
    assert said == ["Два!", "Раз!", ""]
    with pytest.raises(InvalidInput, match="Отменять нечего"):
        await editions.undo(skek, 6, OLGA)
    await editions.drop(skek)
    with pytest.raises(NotFound):
        await editions.undo(skek, 6, OLGA)


async def test_what_is_wrong_is_shown_at_its_place_and_not_published(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    text = draft.content.files[MENU]
    broken = draft.content.with_("files", MENU, text.replace("closed: closed-water", "closed: nowhere"))
    broken = broken.with_("words", "notice", "Здравствуйте! Вы позвонили в СКЭК.")
    checked = await editions.check(skek, broken)
    menu, notice, *rest = sorted(checked.mistakes, key=lambda one: one.file)
    assert (menu.file, menu.place) == (MENU, "consult-water")
    assert "«nowhere»" in menu.text
    assert (notice.file, notice.prompt) == ("prompts.ru.yaml", "notice")
    assert {one.prompt for one in rest} == {"notice"}
    await editions.save(skek, 0, broken, "сломано", OLGA)
    with pytest.raises(InvalidInput, match="Опубликовать нельзя"):
        await editions.publish(skek, 1, "", OLGA, nobody)
    assert (dialplan / MENU).read_text("utf-8") == text


async def test_a_file_changed_by_hand_meanwhile_is_refused_with_what_changed(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    await editions.save(skek, 0, swapped(draft.content), "клавиши", OLGA)
    by_hand = draft.content.files[MENU] + "# правка редактора\n"
    (dialplan / MENU).write_text(by_hand, "utf-8")
    with pytest.raises(FilesMoved) as refused:
        await editions.publish(skek, 1, "", OLGA, nobody)
    [one] = refused.value.in_the_way
    assert "+# правка редактора" in one.diff()
    assert (dialplan / MENU).read_text("utf-8") == by_hand
    assert await editions.draft(skek) is not None
    (dialplan / MENU).write_text(draft.content.files[MENU], "utf-8")
    (dialplan / HOURS).write_text(draft.content.files[HOURS] + "# другое\n", "utf-8")
    await editions.publish(skek, 1, "", OLGA, nobody)  # what the draft does not touch is in nobody's way
    assert (dialplan / HOURS).read_text("utf-8").endswith("# другое\n")


async def test_a_folder_that_takes_no_writes_is_said_and_all_stays_as_it_was(
    editions: Editions, skek: Company, dialplan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    content = swapped(draft.content).with_("words", "goodbye", "Всего доброго!")
    await editions.save(skek, 0, content, "всё", OLGA)
    replace = Path.replace

    def full(file: Path, target: Path) -> Path:
        if target.name == "prompts.ru.yaml":
            raise OSError(28, "No space left on device")
        return replace(file, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Unavailable, match="не записать"):
        await editions.publish(skek, 1, "", OLGA, nobody)
    assert (dialplan / MENU).read_text("utf-8") == draft.content.files[MENU]
    assert await editions.versions(skek, most=9) == []
    assert await editions.draft(skek) is not None


async def test_an_earlier_version_is_not_taken_over_an_open_draft(editions: Editions, skek: Company) -> None:
    await editions.begin(skek, OLGA)
    with pytest.raises(Conflict, match="Черновик уже есть"):
        await editions.begin(skek, IGOR, await editions.now(skek))


def test_a_places_form_changes_only_what_it_changed(dialplan: Path) -> None:
    text, common = (dialplan / MENU).read_text("utf-8"), (dialplan / "menus/common.yaml").read_text("utf-8")
    tree = edit.tree_of(text)
    assert isinstance(tree, dict)
    for name, body in tree.items():
        if name != "from":
            assert places.write(text, common, name, PlaceForm.of(body)) == text
    theirs = edit.tree_of(common)
    assert isinstance(theirs, dict)
    for name in theirs.keys() - tree.keys():
        assert places.write(text, common, name, PlaceForm.of(theirs[name])) == text, "nothing becomes one's own"


CONTACTS = "knowledge/skek/contacts.yaml"


def renamed(edition: Edition, title: str) -> Edition:
    form = replace(ArticleForm.of(edition.files[CONTACTS]), title=title)
    return edition.with_("files", CONTACTS, articles.write(edition.files[CONTACTS], form))


async def test_an_article_is_published_taken_out_and_had_back(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    own, before = dialplan / CONTACTS, (dialplan / CONTACTS).read_text("utf-8")
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    content = renamed(draft.content, "СКЭК: как связаться").with_("files", "knowledge/skek/water.yaml", "")
    await editions.save(skek, 0, content, "статьи", OLGA)
    await editions.publish(skek, 1, "", OLGA, nobody)
    assert own.read_text("utf-8") == before.replace("title: СКЭК, телефоны и часы", 'title: "СКЭК: как связаться"')
    assert not (dialplan / "knowledge/skek/water.yaml").exists()
    first = (await editions.versions(skek, most=9))[-1]
    await editions.begin(skek, IGOR, Edition.of(first.content))
    await editions.publish(skek, 1, "", IGOR, nobody)
    assert own.read_text("utf-8") == before
    assert (dialplan / "knowledge/skek/water.yaml").exists()


async def test_a_version_from_before_articles_says_nothing_of_them(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    now = await editions.now(skek)
    old = {part: value for part, value in now.stored().items() if part != "folders"}
    old["files"] = {name: text for name, text in now.files.items() if name in (MENU, HOURS)}
    old["words"] = {**now.words, "goodbye": "Всего доброго!"}
    await editions.begin(skek, OLGA, Edition.of(old))
    draft = await editions.draft(skek)
    assert draft is not None
    assert [(one.part, one.name) for one in draft.changes] == [("words", "goodbye")]
    await editions.publish(skek, 1, "", OLGA, nobody)
    assert (dialplan / CONTACTS).exists()


async def test_an_article_broken_by_hand_is_told_and_neither_is_lost(
    editions: Editions, skek: Company, dialplan: Path
) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    await editions.save(skek, 0, renamed(draft.content, "Контакты"), "статья", OLGA)
    (dialplan / CONTACTS).write_text("title: [", "utf-8")
    with pytest.raises(FilesMoved, match=CONTACTS):
        await editions.publish(skek, 1, "", OLGA, nobody)
    (dialplan / CONTACTS).write_text(draft.content.files[CONTACTS], "utf-8")
    (dialplan / "knowledge/skek/water.yaml").write_text("title: [", "utf-8")
    with pytest.raises(InvalidInput, match="Это не YAML"):
        await editions.publish(skek, 1, "", OLGA, nobody)
    (dialplan / "knowledge/skek/water.yaml").write_bytes("title: Вода".encode("cp1251"))
    with pytest.raises(Misconfigured, match="не в UTF-8"):
        await editions.publish(skek, 1, "", OLGA, nobody)
    assert (dialplan / CONTACTS).read_text("utf-8") == draft.content.files[CONTACTS]
    assert await editions.draft(skek) is not None


async def test_two_who_save_at_the_same_moment_are_told_apart(editions: Editions, skek: Company) -> None:
    await asyncio.gather(editions.begin(skek, OLGA), editions.begin(skek, IGOR))
    draft = await editions.draft(skek)
    assert draft is not None
    both = await asyncio.gather(
        *(
            editions.save(skek, 0, draft.content.with_("words", "goodbye", who), who, who)
            for who in (OLGA, IGOR, "Анна Белых")
        ),
        return_exceptions=True,
    )
    assert [type(one) for one in both].count(DraftMoved) == 2, both
    now = await editions.draft(skek)
    assert now is not None
    assert (now.revision, now.content.words["goodbye"]) == (1, now.saved_by)


async def test_a_commit_that_fails_leaves_the_files_as_they_were(
    editions: Editions, skek: Company, dialplan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    await editions.save(skek, 0, swapped(draft.content), "клавиши", OLGA)

    async def gone(session: AsyncSession) -> None:
        assert (dialplan / MENU).read_text("utf-8") != draft.content.files[MENU], "they are written by now"
        raise Unavailable("База данных недоступна")

    monkeypatch.setattr(AsyncSession, "commit", gone)
    with pytest.raises(Unavailable, match="недоступна"):
        await editions.publish(skek, 1, "", OLGA, nobody)
    monkeypatch.undo()
    assert (dialplan / MENU).read_text("utf-8") == draft.content.files[MENU]
    assert await editions.draft(skek) is not None
    assert await editions.versions(skek, most=9) == []


def test_an_articles_form_changes_only_what_it_changed(dialplan: Path) -> None:
    for file in sorted((dialplan / "knowledge").glob("*/*.yaml")):
        text = file.read_text("utf-8")
        form = ArticleForm.of(text)
        assert articles.write(text, form) == text
        assert ArticleForm.of(articles.write("", form)) == form


async def test_a_menu_is_judged_by_what_its_words_last_not_by_their_letters(editions: Editions, skek: Company) -> None:
    await editions.begin(skek, OLGA)
    draft = await editions.draft(skek)
    assert draft is not None
    words = (
        "Оборван провод или есть опасность, нажмите один. Нет света или воды, два. Подключение к сетям, три. "
        "Счётчики, офисы и справки, четыре. Жалоба или обращение, пять. Оператор, ноль."
    )
    assert len(words) / CHARACTERS_PER_SECOND > LONGEST_MENU_S, "too long by its letters"
    checked = await editions.check(skek, draft.content.with_("words", "main-menu", words))
    assert checked.mistakes == ()
    assert checked.seconds["main-menu"] < LONGEST_MENU_S
