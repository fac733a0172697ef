"""How an installation sends its letters, by its settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from appeals.answers.post_room import mail_server, senders
from appeals.answers.sending import FileSender
from appeals.answers.smtp import SmtpSender
from appeals.taxonomy import shipped
from gridline.clock import SystemClock
from gridline.errors import Misconfigured
from gridline.settings import Settings


def settings(folder: Path, **given: object) -> Settings:
    return Settings(var=folder, **given)  # type: ignore[arg-type]


def test_without_a_mail_server_every_letter_waits_in_the_outbox(tmp_path: Path) -> None:
    found = senders(settings(tmp_path), SystemClock())
    assert set(found) == set(shipped().answer_ways) - {"on-call"}
    assert all(isinstance(one, FileSender) for one in found.values())


def test_with_one_e_mails_leave_by_it_and_the_rest_as_before(tmp_path: Path) -> None:
    given = settings(
        tmp_path, smtp_host="mail.skek.ru", smtp_from="answers@skek.ru", smtp_user="skek", smtp_password="hush"
    )
    found = senders(given, SystemClock())
    assert isinstance(found["email"], SmtpSender)
    assert isinstance(found["post"], FileSender)
    server = mail_server(given)
    assert server is not None
    assert (server.port, server.tls, server.secret) == (587, "starttls", SecretStr("hush"))
    assert "hush" not in repr(given)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"smtp_host": "mail.skek.ru"}, "smtp_from"),
        ({"smtp_host": "mail.skek.ru", "smtp_from": "a@skek.ru", "smtp_tls": "none"}, "smtp_tls"),
    ],
)
def test_half_a_mail_server_is_refused_at_start(tmp_path: Path, given: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        senders(settings(tmp_path, **given), SystemClock())
