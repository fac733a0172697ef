"""Russian texts cut into short messages and put together again, and the hours in which nobody is written to."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridline.clock import SystemClock
from gridline.errors import Misconfigured
from gridline.settings import HOUSE, Settings
from outreach import quiet
from outreach.models import MessageWay, Purpose
from outreach.quiet import QuietHours
from outreach.senders.gateway import HttpGateway
from outreach.senders.of_settings import senders
from outreach.senders.outbox import OutboxFolder
from outreach.senders.parts import split
from outreach.senders.smpp import Smpp

KEMEROVO = ZoneInfo("Asia/Novokuznetsk")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(0, 255))
def test_a_text_comes_together_as_it_was(text: str, reference: int) -> None:
    parts = split(text, reference)
    assert all(len(part) <= 140 for part in parts)
    if len(parts) == 1:
        assert parts[0].decode("utf-16-be") == text
        return
    headers = [part[:6] for part in parts]
    assert headers == [bytes((5, 0, 3, reference, len(parts), no + 1)) for no in range(len(parts))]
    assert "".join(part[6:].decode("utf-16-be") for part in parts) == text  # each whole: no sign is torn in two


def test_a_text_that_fits_is_one_message_and_a_book_is_none() -> None:
    assert (len(split("я" * 70, 0)), len(split("я" * 71, 0)), len(split("я" * 134, 0))) == (1, 2, 2)
    with pytest.raises(ValueError, match="parts"):
        split("я" * 671, 0)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-12-20T20:59", None),
        ("2026-12-20T21:00", "2026-12-21T09:00"),
        ("2026-12-20T00:30", "2026-12-20T09:00"),
        ("2026-12-20T08:59", "2026-12-20T09:00"),
        ("2026-12-20T09:00", None),
    ],
)
def test_a_quiet_night_ends_in_the_persons_own_morning(now: str, until: str | None) -> None:
    night = QuietHours.model_validate({"purpose": "restored", "from": 21, "to": 9, "standing": "default"})
    over = night.until(datetime.fromisoformat(now).replace(tzinfo=KEMEROVO), KEMEROVO)
    assert over == (None if until is None else datetime.fromisoformat(until).replace(tzinfo=KEMEROVO))
    never = QuietHours(purpose=Purpose.APPEAL, standing="default")
    assert never.until(datetime.fromisoformat(now).replace(tzinfo=KEMEROVO), KEMEROVO) is None


def test_a_company_has_quiet_hours_of_its_own(tmp_path: Path) -> None:
    own = "quiet: [{purpose: restored, company: skek, from: 22, to: 8, standing: default}]"
    (tmp_path / "quiet.yaml").write_text(own)
    hours = quiet.of_installation(tmp_path)
    assert (hours.of(Purpose.RESTORED, "skek").begins, hours.of(Purpose.RESTORED, "mrsk-centra").begins) == (22, 21)
    assert quiet.of_installation(HOUSE / "dialplan").of(Purpose.APPEAL, "skek").begins == 0


def sms_of(**own: object) -> object:
    """The sender of these settings."""
    return senders(Settings(**own), SystemClock(), asyncio.Queue())[MessageWay.SMS]  # type: ignore[arg-type]


def test_the_settings_choose_how_messages_leave() -> None:
    assert isinstance(sms_of(), OutboxFolder)
    smpp = {"sms": "smpp", "sms_from": "SKEK", "sms_host": "smsc.example", "sms_user": "skek"}
    assert isinstance(sms_of(**smpp), Smpp)
    http = {"sms": "http", "sms_from": "79130000000", "sms_url": "https://sms.example/v1"}
    assert isinstance(sms_of(**http), HttpGateway)
    for wrong, word in (
        (smpp | {"sms_from": ""}, "sms_from"),
        (smpp | {"sms_host": ""}, "sms_host"),
        (smpp | {"sms_tls": False}, "sms_tls"),
        (http | {"sms_url": "http://sms.example/v1"}, "sms_url"),
        (http | {"sms_url": ""}, "sms_url"),
    ):
        with pytest.raises(Misconfigured, match=word):
            sms_of(**wrong)
