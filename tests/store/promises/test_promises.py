"""No sentence promises what nobody keeps: every prompt has a row, and every row a proof by the real action."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gridline.settings import HOUSE
from ivr.actions.power import no_supply
from ivr.line import CallerHungUp
from ivr.voice.prompts import PromptBook
from tests.store.promises.proofs import KEEPERS, PROOFS, TABLE, run
from tests.store.promises.shop import HANGS_UP, opened
from worklist.codes import ItemKind

BOOK = PromptBook.load(HOUSE / "dialplan" / "prompts.ru.yaml")
NOTHING = "nothing"
SPEAKS_OF_LATER = re.compile(
    r"\b(перезвоним|позвоним|ответим|ответят|передадим|передано|передали|прослушаем|сообщим|отправим|приедем|"
    r"обещаем|обязательно|свяжемся|сохраним|скажем)\b",
    re.IGNORECASE,
)
"""Verbs that a sentence without a keeper has no right to."""


def test_every_prompt_has_a_row_and_every_row_a_prompt() -> None:
    assert set(BOOK) - set(KEEPERS) == set(), f"add them to {TABLE.name}: id: nothing, or who keeps it"
    assert set(KEEPERS) - set(BOOK) == set()


def test_keepers_are_real() -> None:
    assert set(KEEPERS.values()) <= {
        NOTHING,
        "answer",
        "receipt",
        "outage",
        "message-out",
        "reopened",
        "report",
        "consent",
        "planned-consent",
        "withdrawal",
        "appointment",
        *ItemKind,
    }


def test_a_sentence_that_speaks_of_later_has_a_keeper() -> None:
    said_by = ("", *BOOK.companies)
    free = [id for id, keeper in KEEPERS.items() if keeper == NOTHING]
    texts = {id: " ".join(BOOK[id].wording(company) for company in said_by) for id in free}
    assert {id: found[0] for id, text in texts.items() if (found := SPEAKS_OF_LATER.search(text))} == {}


def test_every_promise_has_a_proof() -> None:
    assert {id for id, keeper in KEEPERS.items() if keeper != NOTHING} == {prompt for prompt, _, _ in PROOFS.values()}


@pytest.mark.parametrize("name", PROOFS)
async def test_what_keeps_it_is_stored_when_it_is_said(name: str, sample_template: Path, tmp_path: Path) -> None:
    prompt, keeper, proof = PROOFS[name]
    async with opened(sample_template, tmp_path, prompt, keeper) as shop:
        await run(proof, shop)
        assert shop.kept, f"«{prompt}» was not said"
        assert all(shop.kept), f"«{prompt}» was said before {keeper} was stored"


@pytest.mark.parametrize("name", PROOFS)
async def test_it_is_not_said_when_the_store_refuses(
    name: str, sample_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, keeper, proof = PROOFS[name]
    async with opened(sample_template, tmp_path, prompt, keeper) as shop:
        shop.refuse(monkeypatch)
        await run(proof, shop)
        assert shop.kept == [], f"«{prompt}» was said though nothing was stored"


async def test_an_address_cut_short_by_a_hang_up_is_no_fault_of_the_menu_when_the_store_refuses(
    sample_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(sample_template, tmp_path, "report-taken", "report") as shop:
        shop.refuse(monkeypatch)
        with pytest.raises(CallerHungUp):
            await no_supply.act(shop.caller("3", HANGS_UP, number="+79139990000"), shop.services, "")
        kept = {file.suffix for file in (tmp_path / "incoming").iterdir() if file.is_file()}
        assert kept == {".json", ".sln"}  # what it is made good from
