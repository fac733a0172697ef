"""A caller who stays is asked: whatever they do, the call ends after it; only a key from 1 to 5 is a score."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from ivr.actions.person import survey
from ivr.figures.models import CallSurvey
from ivr.line import CallerHungUp
from tests.store.promises.shop import HANGS_UP, opened
from worklist.codes import ItemKind


async def test_only_a_score_is_a_score(sample_template: Path, tmp_path: Path) -> None:
    async with opened(sample_template, tmp_path, "survey-thanks", ItemKind.DISPUTE) as shop:
        assert not shop.skek.survey, "a company that does not say so asks nobody"
        for key in ("4", "9", "", "12"):
            caller = shop.caller(key)
            caller.call.subject = "metering"
            await survey.ask(caller, shop.services)
        with pytest.raises(CallerHungUp):
            await survey.ask(shop.caller(HANGS_UP), shop.services)
        assert len(shop.kept) == 1, "thanked once"
        shop.db.refuses = True
        await survey.ask(shop.caller("5"), shop.services)
        async with shop.db.read() as session:
            rows = (await session.execute(select(CallSurvey.score, CallSurvey.topic))).all()
    assert sorted(rows, key=str) == [
        (4, "metering"),
        (None, ""),
        (None, "metering"),
        (None, "metering"),
        (None, "metering"),
    ]
