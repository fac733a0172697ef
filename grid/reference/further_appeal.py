"""Where to appeal further, as an article: the bodies that the company's file names, and every answer with them."""

from __future__ import annotations

from grid.knowledge import Article, Block, BlockKind, article_of
from grid.reference.sections import ArticleSection
from gridline.companies import Company

ID = "further-appeal"
WORDS = ("обжаловать", "жалоба", "антимонопольная", "надзор", "прокуратура", "не согласен")


def article(company: Company) -> Article:
    """The article of one company; a file of the same name in its folder takes its place."""
    names = "; ".join(body.name for body in company.further_appeal)
    spoken = (
        f"Если вы не согласны с ответом, его можно обжаловать. Куда обратиться: {names}. "
        "Как с ними связаться, подскажет оператор."
    )
    blocks = (
        Block(BlockKind.TEXT, ("Не согласны с ответом — обращайтесь дальше. Это же называет каждый ответ.",)),
        Block(BlockKind.BULLETS, tuple(f"{body.name}: {body.contact}" for body in company.further_appeal)),
    )
    return article_of(ID, "Куда обжаловать", blocks, words=WORDS, section=ArticleSection.FURTHER_APPEAL, spoken=spoken)
