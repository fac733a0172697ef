"""`gridline demo --once --json` itself, as a newcomer runs it; it plays beside the stories, which come first."""

from __future__ import annotations

import json
import re

import pytest

from carrier.stories import STORIES
from tests.calls.conftest import Demo

pytestmark = [pytest.mark.real_asterisk, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def told(demo: Demo | None) -> list[dict[str, object]]:
    """What the demo wrote, once it has ended well."""
    assert demo is not None
    code = demo.process.wait(timeout=800)
    assert code == 0, demo.output.read_text("utf-8")[-6000:]
    return list(json.loads(demo.result.read_text("utf-8")))


def test_every_story_of_the_demo_came_true(told: list[dict[str, object]]) -> None:
    assert [(one["company"], one["story"], one["ok"]) for one in told] == [
        (story.company, story.name, True) for story in STORIES
    ]


def test_the_first_words_come_at_once(told: list[dict[str, object]]) -> None:
    for one in told:
        seconds = one["seconds_to_first_prompt"]
        assert isinstance(seconds, float)
        assert seconds < 1.0, one["story"]


def test_a_story_tells_what_was_done_heard_and_stored(told: list[dict[str, object]], demo: Demo) -> None:
    terminal = re.sub(r"\s+", " ", demo.output.read_text("utf-8"))
    for one in told:
        steps = one["steps"]
        assert isinstance(steps, list)
        assert {"does", "hears", "stored"} <= {step["kind"] for step in steps}, one["story"]
        assert "fails" not in {step["kind"] for step in steps}
        for step in steps:
            if step["kind"] == "stored":
                assert re.sub(r"\s+", " ", step["text"]) in terminal


def test_the_complaint_of_the_demo_has_its_number(told: list[dict[str, object]]) -> None:
    numbers = {str(one["story"]): one["appeal"] for one in told if one["appeal"] is not None}
    assert set(numbers) == {"complaint"}
    assert re.fullmatch(r"\d\d-\d{6}-\d", str(numbers["complaint"]))
