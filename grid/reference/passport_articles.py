"""A passport as an article: what a caller is told, as an agent reads it, with the terms' acts."""

from __future__ import annotations

from collections.abc import Iterator

from grid.knowledge import Article, Block, BlockKind, article_of
from grid.reference import terms
from grid.reference.passports import CompanyPassports, Passport, PassportStage
from grid.reference.sections import ArticleSection

TOPIC = "connection"
SECTION = ArticleSection.CONNECTION
WORDS = ("подключение", "присоединение", "паспорт услуги", "документы", "плата", "этапы", "стадии", "мощность")


def articles(passports: CompanyPassports) -> tuple[Article, ...]:
    """An article a passport, with the company's accompaniment where it has that."""
    made = []
    for one in passports.all:
        blocks = (*_blocks(one), *_accompaniment(passports.accompaniment))
        made.append(article_of(f"passport-{one.id}", one.name, blocks, topics=(TOPIC,), words=WORDS, section=SECTION))
    return tuple(made)


def _blocks(passport: Passport) -> Iterator[Block]:
    if passport.intro:
        yield Block(BlockKind.TEXT, (passport.intro,))
    yield Block(BlockKind.TEXT, (passport.conditions,))
    yield Block(BlockKind.TEXT, (passport.documents,))
    yield Block(BlockKind.HEADING, ("Стадии",))
    yield Block(BlockKind.STEPS, tuple(_stage(one) for one in passport.stages))
    yield Block(BlockKind.TEXT, (f"Всего: {terms.with_source(passport.term)}. {passport.result}",))
    yield Block(BlockKind.HEADING, ("Плата",))
    yield Block(BlockKind.TEXT, (passport.fee,))
    yield Block(BlockKind.CAUTION, ("Срок по поданной заявке называйте по её карточке: там он свой.",))
    if passport.contacts:
        yield Block(BlockKind.TEXT, (passport.contacts,))


def _stage(stage: PassportStage) -> str:
    visit = f" Визит {stage.visit}." if stage.visit else ""
    term = f" Срок: {terms.with_source(stage.term)}." if stage.term else ""
    return f"{stage.name[:1].upper()}{stage.name[1:]}. {stage.content}{visit}{term} Как получить: {stage.form}."


def _accompaniment(words: str) -> Iterator[Block]:
    if words:
        yield Block(BlockKind.HEADING, ("Сопровождение договора",))
        yield Block(BlockKind.TEXT, (words,))
