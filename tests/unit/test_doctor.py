"""`gridline doctor`, each check both ways: on real files, real sockets, real programs."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
import zoneinfo
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from aiosmtpd.controller import Controller
from sqlalchemy import text
from typer.testing import CliRunner

import migrations
from agent_console.people.models import Role, User
from asterisk_conf.agents_file import AgentsFile
from carrier.settings import free_port
from grid.numbering.models import NumberingTable
from gridline import settings
from gridline.db import Database
from gridline.settings import HOUSE, Settings
from ivr.voice.synthesis import find_rhvoice
from ivr.voice.voice import Voice
from service.cli.upkeep import doctor as command
from service.doctor import CHECKS, examine, machine, mail, messages, numbering, store, telephone, trust, words
from service.doctor import carrier as way
from service.doctor.finding import Finding
from service.process import lock
from service.process.ports import Port
from speech.engines.engine import EngineName
from speech.models import label_for, write_label
from tests.smsc import HOST, smsc
from tests.speech_models import korean
from tests.unit.telephony.fake_manager import FakeManager, message

SHIPPED = HOUSE / "dialplan"
BOOK = "beep:\n  kind: tone\n  seconds: 0.4\n"


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    """A fresh installation's settings; nothing of it is there yet."""
    return settings.load(var=tmp_path / "var", package_root=tmp_path / "packages")


def but(config: Settings, **changes: object) -> Settings:
    """The same settings with changes."""
    return config.model_copy(update=changes)


def only(findings: object) -> Finding:
    """The one finding of a check."""
    assert isinstance(findings, list)
    assert len(findings) == 1, findings
    found = findings[0]
    assert isinstance(found, Finding)
    return found


# --- Asterisk ---


def program(folder: Path, version: str) -> Path:
    """A program that says which Asterisk it is."""
    folder.mkdir()
    file = folder / "asterisk"
    file.write_text(f"#!/bin/sh\necho Asterisk {version}\n")
    file.chmod(0o755)
    return file


def test_an_asterisk_on_the_path_is_found(config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "20.9.3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    found = only(telephone.program(config))
    assert found.level == "fine"
    assert "20.9.3" in found.what


def test_an_asterisk_that_is_too_old_or_absent_is_wrong(
    config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "13.38.3")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    found = only(telephone.program(config))
    assert (found.level, found.cure) == ("wrong", "make setup")
    assert only(telephone.program(but(config, asterisk="external"))).level == "note"


@pytest.fixture
async def manager() -> AsyncIterator[FakeManager]:
    """An Asterisk with a carrier that answers."""
    fake = FakeManager("right")
    fake.replies["CoreSettings"] = message({"Response": "Success", "ActionID": "{id}", "AsteriskVersion": "22.10.1"})
    fake.replies["Getvar"] = carrier("NOT_INUSE")
    await fake.start()
    yield fake
    await fake.stop()


def carrier(state: str) -> bytes:
    """The answer to Getvar DEVICE_STATE(PJSIP/trunk)."""
    return message({"Response": "Success", "ActionID": "{id}", "Variable": "DEVICE_STATE(PJSIP/trunk)", "Value": state})


def registrations(status: str) -> bytes:
    """The answer to PJSIPShowRegistrationsOutbound."""
    own = {"ActionID": "{id}"}
    return (
        message({"Response": "Success", **own, "EventList": "start"})
        + message({"Event": "OutboundRegistrationDetail", **own, "ObjectName": "trunk", "Status": status})
        + message({"Event": "OutboundRegistrationDetailComplete", **own, "EventList": "Complete"})
    )


def at(config: Settings, manager: FakeManager, secret: str = "right", **changes: object) -> Settings:
    """Settings that lead to this manager; the secret lies where the first start puts it."""
    folder = config.var / "secrets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ami").write_text(secret)
    return but(config, ami_port=manager.port, **changes)


async def test_a_running_asterisk_and_its_carrier_are_fine(config: Settings, manager: FakeManager) -> None:
    asterisk, trunk = await telephone.manager(at(config, manager))
    assert (asterisk.level, trunk.level) == ("fine", "fine")
    assert "22.10.1" in asterisk.what


async def test_a_silent_carrier_and_a_refused_registration_are_wrong(config: Settings, manager: FakeManager) -> None:
    manager.replies["Getvar"] = carrier("UNAVAILABLE")
    manager.replies["PJSIPShowRegistrationsOutbound"] = registrations("Rejected")
    _, trunk, registration = await telephone.manager(at(config, manager, trunk_mode="registration"))
    assert (trunk.level, registration.level) == ("wrong", "wrong")
    assert "Rejected" in registration.what
    manager.replies["PJSIPShowRegistrationsOutbound"] = registrations("Registered")
    assert (await telephone.manager(at(config, manager, trunk_mode="registration")))[2].level == "fine"


@pytest.mark.parametrize(
    ("state", "asked_every_s", "minutes_ago", "level"),
    [
        ("UNAVAILABLE", 30, 5, "note"),  # it answers no OPTIONS, and its calls come all the same
        ("UNAVAILABLE", 30, 60 * 48, "wrong"),
        ("NOT_INUSE", 30, None, "fine"),
        ("NOT_INUSE", 0, 5, "fine"),
        ("UNAVAILABLE", 0, 5, "fine"),
        ("NOT_INUSE", 0, None, "note"),  # nobody asks it, and it has not called: nothing is known
    ],
)
def test_a_carrier_is_judged_by_its_calls_too(
    config: Settings, state: str, asked_every_s: int, minutes_ago: int | None, level: str
) -> None:
    called = None if minutes_ago is None else datetime.now(UTC) - timedelta(minutes=minutes_ago)
    assert way.found(but(config, trunk_qualify_s=asked_every_s), state, called).level == level


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({"trunk_host": "8.8.8.8", "sip_host": "10.0.0.5"}, "wrong"),
        ({"trunk_host": "8.8.8.8", "sip_host": "127.0.0.1"}, "wrong"),
        ({"trunk_host": "8.8.8.8", "sip_host": "100.64.0.1"}, "wrong"),
        ({"trunk_host": "8.8.8.8", "sip_host": "9.9.9.9"}, "fine"),
        ({"trunk_host": "8.8.8.8", "sip_host": "10.0.0.5", "external_address": "9.9.9.9"}, "fine"),
        ({"trunk_host": "8.8.8.8", "sip_host": "10.0.0.5", "local_networks": ["8.8.0.0/16"]}, "fine"),
        ({"trunk_host": "10.0.0.9", "sip_host": "10.0.0.5", "external_address": "9.9.9.9"}, "fine"),
        ({"trunk_host": "10.0.0.9", "sip_host": "10.0.0.5"}, "fine"),
        ({"trunk_host": "sip.example.org"}, "note"),
    ],
)
def test_an_inner_address_offered_to_an_outer_carrier_is_wrong(given: dict[str, object], level: str) -> None:
    assert only(way.address(settings.load(**given))).level == level


def test_calls_from_addresses_the_settings_do_not_have_are_named(config: Settings) -> None:
    log = config.var / "asterisk/var/log/messages.log"
    log.parent.mkdir(parents=True)
    log.write_text("")
    AgentsFile.of(config).ensure()
    assert only(way.strangers(config)).level == "fine"
    refused = (
        "[2026-11-22 05:00:00.000] NOTICE[1] res_pjsip/pjsip_distributor.c: Request '{}' from '{}' failed for '{}'"
    )
    unknown = f"{refused} (callid: a@b) - No matching endpoint found after 2 tries in 3.0 ms\n"
    forged = "\"x failed for '9.9.9.9:1' (callid: a) - No matching endpoint\" <sip:7@x>"
    log.write_text(
        unknown.format("INVITE", '"Иван" <sip:79131234567@198.51.100.7>', "198.51.100.7:5060") * 2
        + unknown.format("INVITE", forged, "198.51.100.8:5060")
        + unknown.format("INVITE", "<sip:7@x>", "[2001:db8::7]:5060")
        + unknown.format("REGISTER", "<sip:101@x>", "198.51.100.9:5060")
        + f"{refused} (callid: a) - Failed to authenticate\n".format("INVITE", "<sip:7@x>", "198.51.100.10:5060")
    )
    told = only(way.strangers(config))
    assert told.level == "note"
    assert "198.51.100.7 (2)" in told.what
    assert "198.51.100.8 (1)" in told.what
    assert not any(address in told.what for address in ("9.9.9.9", "198.51.100.9", "198.51.100.10"))
    AgentsFile.of(config).ban("198.51.100.66", datetime.now(UTC) + timedelta(minutes=5))
    AgentsFile.of(config).ban("198.51.100.67", datetime.now(UTC) - timedelta(minutes=5))
    _, bans = way.strangers(config)
    assert "198.51.100.66" in bans.what
    assert "198.51.100.67" not in bans.what


async def test_a_carrier_nobody_can_tell_of_is_a_note(config: Settings, manager: FakeManager) -> None:
    manager.replies["Getvar"] = carrier("")
    assert (await telephone.manager(at(config, manager)))[1].level == "note"


async def test_an_old_asterisk_behind_ami_is_wrong(config: Settings, manager: FakeManager) -> None:
    old = message({"Response": "Success", "ActionID": "{id}", "AsteriskVersion": "13.1.0"})
    manager.replies["CoreSettings"] = old
    assert (await telephone.manager(at(config, manager)))[0].level == "wrong"


async def test_a_wrong_secret_is_wrong(config: Settings, manager: FakeManager) -> None:
    found = only(await telephone.manager(at(config, manager, "other")))
    assert found.level == "wrong"
    assert "ami_secret" in found.cure


async def test_an_asterisk_that_is_down_is_wrong_only_where_it_is_not_ours_to_start(
    config: Settings, manager: FakeManager
) -> None:
    down = at(config, manager)
    await manager.stop()
    assert only(await telephone.manager(down)).level == "note"
    assert only(await telephone.manager(but(down, asterisk="external"))).level == "wrong"
    await manager.start()


async def test_before_the_first_start_no_secret_is_made(config: Settings) -> None:
    assert only(await telephone.manager(config)).level == "note"
    assert not config.var.exists()


def test_errors_in_the_log_are_told(config: Settings) -> None:
    assert only(telephone.log(config)).level == "note"
    log = config.var / "asterisk/var/log/messages.log"
    log.parent.mkdir(parents=True)
    log.write_text("[2026-11-22 05:00:00.000] WARNING[1] x.c: слабое место\n")
    assert only(telephone.log(config)).level == "fine"
    with log.open("a") as more:
        more.write("[2026-11-22 05:00:01.000] ERROR[1] res_pjsip.c: Could not bind\n")
    found = only(telephone.log(config))
    assert found.level == "wrong"
    assert "Строк ERROR: 1" in found.what
    assert "Could not bind" in found.what


def test_too_few_open_files_are_wrong(config: Settings) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert only(telephone.files(but(config, max_files=1024))).level == "fine"
    found = only(telephone.files(but(config, max_files=hard + 1)))
    assert found.level == "wrong"
    assert f"LimitNOFILE={hard + 1}" in found.cure


# --- words ---


@pytest.fixture
def dialplan(tmp_path: Path) -> Path:
    """The shipped companies and menus, to be spoilt."""
    folder = tmp_path / "dialplan"
    folder.mkdir()
    for name in ("companies", "menus"):
        shutil.copytree(SHIPPED / name, folder / name)
    shutil.copy(SHIPPED / "prompts.ru.yaml", folder)
    return folder


def test_companies(config: Settings, dialplan: Path) -> None:
    config = but(config, dialplan=dialplan)
    assert only(words.companies(config)).level == "fine"
    file = dialplan / "companies/skek.yaml"
    file.write_text(file.read_text().replace("Asia/Novokuznetsk", "Asia/Kemerovograd"))
    found = only(words.companies(config))
    assert found.level == "wrong"
    assert "skek.yaml" in found.what


def test_menus(config: Settings, dialplan: Path) -> None:
    config = but(config, dialplan=dialplan)
    assert {each.level for each in words.menus(config)} == {"fine"}
    file = dialplan / "menus/skek.yaml"
    file.write_text(file.read_text().replace("1: danger", "1: dangr"))
    assert [each.level for each in words.menus(config)].count("wrong") == 1


async def test_prompts(config: Settings, tmp_path: Path) -> None:
    (tmp_path / "prompts.ru.yaml").write_text(BOOK)
    config = but(config, dialplan=tmp_path)
    found = only(words.prompts(config))
    assert (found.level, found.cure) == ("wrong", "gridline prompts build")
    assert "common/beep" in found.what
    await Voice.of(config).build_all()
    assert only(words.prompts(config)).level == "fine"
    (tmp_path / "prompts.ru.yaml").write_text(BOOK + "long:\n  seconds: 1\n  text: Очень длинные слова для абонента.\n")
    speech = tmp_path / "studio/common/long.wav"
    speech.parent.mkdir(parents=True)
    beep = next((config.var / "prompts/by-id/common").glob("beep.wav")).read_bytes()
    samples = beep[44:] * 4
    header = beep[:4] + (36 + len(samples)).to_bytes(4, "little") + beep[8:40] + len(samples).to_bytes(4, "little")
    speech.write_bytes(header + samples)
    await Voice.of(config).build_all()
    found = only(words.prompts(config))
    assert found.level == "wrong"
    assert "common/long — 1." in found.what


def test_prompts_the_dialplan_plays_by_name_are_looked_for(config: Settings, dialplan: Path) -> None:
    assert words._missing_names(but(config, dialplan=dialplan))[:2] == ["common/unknown-number", "arhenergo/notice"]


async def test_the_voice_speaks_or_is_told_missing(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = only(await words.voice(config))
    assert found.level == "wrong"
    assert "RHVoice" in found.what


@pytest.mark.skipif(find_rhvoice(HOUSE / ".packages") is None, reason="RHVoice не установлен: make setup")
async def test_a_voice_that_is_not_there_is_wrong(config: Settings) -> None:
    config = but(config, package_root=HOUSE / ".packages")
    assert only(await words.voice(config)).level == "fine"
    assert only(await words.voice(but(config, voice="nobody"))).level == "wrong"


async def test_no_model_is_a_note_and_a_broken_one_is_wrong(config: Settings) -> None:
    found = only(await words.model(config))
    assert found.level == "note"
    assert "меню идут по клавишам" in found.what
    assert only(await words.model(but(config, speech_model="away"))).level == "wrong"
    folder = config.var / "speech/bad"
    folder.mkdir(parents=True)
    write_label(folder, label_for(folder, EngineName.VOSK, "ru", datetime(2026, 11, 29, tzinfo=UTC)))
    found = only(await words.model(config))
    assert found.level == "wrong"
    assert "Failed to create a model" in found.what
    (folder / "more").touch()
    found = only(await words.model(config))
    assert found.level == "wrong"
    assert "не те, что были добавлены" in found.what


async def test_a_model_that_loads_is_fine(config: Settings) -> None:
    korean(config.var)
    found = only(await words.model(config))
    assert found.level == "fine"
    assert "vosk, модель «vosk-ko»" in found.what
    assert "Кого не расслышали, идёт по клавишам" in found.what


# --- store ---


async def test_a_migrated_database_is_fine(config: Settings, db_url: str) -> None:
    assert only(await store.database(but(config, database_url=db_url))).level == "fine"


async def test_a_database_that_is_not_made_is_wrong(config: Settings) -> None:
    found = only(await store.database(config))
    assert (found.level, found.cure) == ("wrong", "gridline migrate")


async def test_an_older_database_is_wrong(config: Settings, db: Database) -> None:
    async with db.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    url = db.url.render_as_string(hide_password=False)
    found = only(await store.database(but(config, database_url=url)))
    assert (found.level, found.cure) == ("wrong", "gridline migrate")


async def test_a_database_that_takes_no_writes_is_wrong(config: Settings, sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_url.partition("///")[2], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        assert only(await store.database(but(config, database_url=sqlite_url))).level == "wrong"
    finally:
        other.close()


@pytest.mark.postgres
async def test_a_read_only_server_is_wrong(config: Settings, postgres_db: Database, postgres_url: str) -> None:
    async with postgres_db.write() as session:
        await session.execute(text(f'ALTER DATABASE "{postgres_db.url.database}" SET default_transaction_read_only=on'))
    found = only(await store.database(but(config, database_url=postgres_url)))
    assert found.level == "wrong"
    assert "read-only" in found.what


def test_the_spool(config: Settings) -> None:
    assert only(store.spool(config)).level == "fine"
    folder = config.var / "spool"
    (folder / "journal").mkdir(parents=True)
    kept = folder / "0100000012.json"
    kept.write_text("{}")
    assert only(store.spool(config)).level == "note"
    old = kept.stat().st_mtime - store.STUCK_S - 60
    os.utime(kept, (old, old))
    found = only(store.spool(config))
    assert found.level == "wrong"
    assert "обращений 1" in found.what
    kept.unlink()
    (folder / "journal/journal.rejected.jsonl").write_text("{}\n")
    assert only(store.spool(config)).level == "wrong"


@pytest.mark.parametrize(
    "name", ["spool/0100000012.json.broken", "spool/0100000012.rejected", "recordings/incoming/x.json.broken"]
)
def test_what_was_put_aside_is_shown(config: Settings, name: str) -> None:
    (config.var / name).parent.mkdir(parents=True)
    (config.var / name).touch()
    found = only(store.spool(config))
    assert found.level == "wrong"
    assert name in found.cure


def test_a_port_that_we_may_not_look_into_is_ours_while_the_line_is_up(
    elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without root's rights nobody sees who holds another user's port; that our `serve` runs is seen all the same."""
    monkeypatch.setattr(Port, "holder", lambda _port: None)
    with socket.create_server(("127.0.0.1", elsewhere.http_port)):
        assert only(machine.ports(elsewhere)).level == "wrong"
        with lock.held(elsewhere.var):
            found = only(machine.ports(elsewhere))
    assert found.level == "fine"
    assert f"процесс {os.getpid()}" in found.what


# --- machine ---


def test_disk(config: Settings) -> None:
    assert only(machine.disk(config)).level == "fine"
    found = only(machine.disk(but(config, least_free_mb=10**9)))
    assert found.level == "wrong"
    assert "ничего не записывается" in found.what
    free_mb = shutil.disk_usage(config.var if config.var.exists() else "/").free // 2**20
    found = only(machine.disk(but(config, least_free_mb=free_mb * 2 // 3)))
    assert found.level == "wrong"
    assert "только жалобы, сообщения и согласия" in found.what


def test_a_proxy_in_front_of_us_must_be_listed(config: Settings, tmp_path: Path) -> None:
    behind = but(config, console_origin="https://line.example.ru")
    assert only(machine.proxies(config)).level == "fine"
    assert only(machine.proxies(but(behind, http_proxies=("10.0.0.5",)))).level == "fine"
    assert only(machine.proxies(but(behind, http_tls_cert=tmp_path / "chain.pem"))).level == "fine"
    found = only(machine.proxies(behind))
    assert found.level == "wrong"
    assert "http_proxies" in found.cure


def test_clock(config: Settings) -> None:
    assert machine.kernel_clock() in range(-1, 6)
    assert only(machine.clock(config, 0)).level == "fine"
    assert only(machine.clock(config, machine.TIME_ERROR)).level == "note"
    assert only(machine.clock(config, -1)).level == "note"
    assert only(machine.clock(config)).check == "Часы"


@pytest.fixture
def old_zones(tmp_path: Path) -> Iterator[None]:
    """A machine whose data still put Novokuznetsk where Moscow is."""
    file = tmp_path / "zones/Asia/Novokuznetsk"
    file.parent.mkdir(parents=True)
    packaged = Path(sys.modules["tzdata"].__path__[0]) / "zoneinfo/Europe/Moscow"
    shutil.copy(packaged, file)
    zoneinfo.reset_tzpath([str(tmp_path / "zones")])
    yield
    zoneinfo.reset_tzpath()


def test_time_zones(config: Settings) -> None:
    assert only(machine.time_zones(config)).level == "fine"


@pytest.mark.usefixtures("old_zones")
def test_old_time_zones_are_wrong(config: Settings) -> None:
    found = only(machine.time_zones(config))
    assert found.level == "wrong"
    assert "Asia/Novokuznetsk: в системе +0300, в пакете tzdata +0700" in found.what


@pytest.fixture
def elsewhere(config: Settings) -> Settings:
    """Ports that nobody holds."""
    names = ("agi_port", "http_port", "ami_port", "asterisk_http_port", "sip_tls_port")
    tcp = {name: free_port() for name in names}
    return but(config, sip_port=free_port(), **tcp)


def test_free_ports(elsewhere: Settings) -> None:
    found = only(machine.ports(elsewhere))
    assert found.level == "fine"
    assert found.what.count("свободен") == 6


@pytest.mark.parametrize(
    ("setting", "kind"), [("agi_port", socket.SOCK_STREAM), ("sip_port", socket.SOCK_DGRAM)], ids=["tcp", "udp"]
)
def test_a_port_held_by_another_is_wrong(elsewhere: Settings, setting: str, kind: socket.SocketKind) -> None:
    port = getattr(elsewhere, setting)
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        found = only(machine.ports(elsewhere))
    assert found.level == "wrong"
    assert f"процесс {os.getpid()}" in found.what
    assert found.cure.endswith(f"{setting}.")


def test_a_port_held_by_our_asterisk_is_fine(elsewhere: Settings) -> None:
    code = (
        "import socket, sys\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"s.bind(('127.0.0.1', {elsewhere.sip_port}))\nprint('bound', flush=True)\nsys.stdin.read()"
    )
    conf = str(elsewhere.var.absolute() / "asterisk/etc/asterisk.conf")
    argv = [sys.executable, "-c", code, "-C", conf]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ours:
        assert ours.stdout is not None
        assert ours.stdout.readline() == b"bound\n"
        found = only(machine.ports(elsewhere))
        ours.communicate()
    assert found.level == "fine"
    assert f"SIP (sip_port) {elsewhere.sip_port} у нас" in found.what


def test_secrets_that_others_may_read_are_wrong(
    config: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDLINE_SETTINGS", str(tmp_path / "gridline.toml"))
    secret = config.var / "secrets/ami"
    secret.parent.mkdir(parents=True)
    secret.touch(mode=0o600)
    toml = tmp_path / "gridline.toml"
    toml.write_text('node = "north"\n')
    toml.chmod(0o644)
    assert only(machine.secrets(config)).level == "fine"
    toml.write_text('trunk_secret = "x"\n')
    found = only(machine.secrets(config))
    assert found.cure == f"chmod 600 {toml}"
    toml.chmod(0o600)
    secret.chmod(0o640)
    assert only(machine.secrets(config)).cure == f"chmod 600 {secret}"


# --- the whole ---


async def test_the_mail_server_is_asked_and_half_of_one_is_told(config: Settings) -> None:
    assert only(await mail.answers(config)).level == "note"
    server = Controller(object(), hostname="127.0.0.1", port=free_port())
    server.start()
    there = but(config, smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="none", smtp_from="answers@skek.ru")
    try:
        assert only(await mail.answers(there)).level == "fine"
        assert only(await mail.answers(but(there, smtp_tls="starttls"))).level == "wrong"
    finally:
        server.stop()
    gone = only(await mail.answers(there))
    assert (gone.level, "smtp_host" in gone.cure) == ("wrong", True)
    assert "smtp_from" in only(await mail.answers(but(there, smtp_from=""))).what
    assert "smtp_tls" in only(await mail.answers(but(there, smtp_host="mail.skek.ru"))).what


async def test_messages_leave_by_an_smsc_that_takes_us_in(config: Settings) -> None:
    assert only(await messages.way_out(config)).level == "note"
    port = free_port()
    there = but(config, sms="smpp", sms_from="SKEK", sms_host=HOST, sms_port=port, sms_tls=False, sms_user="skek")
    assert only(await messages.way_out(there)).level == "wrong"
    async with smsc(port):
        assert only(await messages.way_out(there)).level == "fine"
    assert "sms_from" in only(await messages.way_out(but(there, sms_from=""))).what
    by_http = but(config, sms="http", sms_from="SKEK", sms_url="https://sms.example/v1")
    assert only(await messages.way_out(by_http)).level == "fine"


async def test_a_check_that_may_not_look_is_a_finding(config: Settings) -> None:
    def forbidden(_config: Settings) -> list[Finding]:
        raise PermissionError(13, "Permission denied", "/root/secret")

    found = only(await examine(config, [forbidden]))
    assert found.level == "wrong"
    assert "/root/secret: Permission denied" in found.what


# --- the numbering tables ---


async def test_tables_of_numbers_are_missed_only_where_there_are_branches(config: Settings, tmp_path: Path) -> None:
    assert await numbering.tables(config) == []  # without a database that is another check's word
    db = Database(config.db_url)
    try:
        config.var.mkdir(parents=True, exist_ok=True)
        await migrations.upgrade(db)
        missing = only(await numbering.tables(config))
        assert (missing.level, "gridline import numbering" in missing.cure) == ("note", True)
        async with db.write() as session:
            told = {"edition": "e", "file": "DEF-9xx.csv", "ranges": 17060, "numbers": 1, "imported_by": "cli:anna"}
            session.add(NumberingTable(digit="9", imported_at=datetime.now(UTC) - timedelta(days=300), **told))
        fresh = only(await numbering.tables(config))
        assert (fresh.level, "диапазонов 17060" in fresh.what) == ("fine", True)
        async with db.write() as session:
            session.add(NumberingTable(digit="4", imported_at=datetime.now(UTC) - timedelta(days=400), **told))
        old = only(await numbering.tables(config))
        assert (old.level, "больше года назад" in old.what) == ("note", True)
    finally:
        await db.close()
    shutil.copytree(SHIPPED, tmp_path / "dialplan")
    for file in (tmp_path / "dialplan/companies").glob("*.yaml"):
        if "branches:" in file.read_text("utf-8"):
            file.unlink()
    assert await numbering.tables(but(config, dialplan=tmp_path / "dialplan")) == []


# --- the trust line ---


async def test_a_company_is_named_in_which_nobody_may_hear_the_trust_line(config: Settings) -> None:
    assert await trust.listeners(config) == []  # without a database that is another check's word
    db = Database(config.db_url)
    try:
        config.var.mkdir(parents=True, exist_ok=True)
        await migrations.upgrade(db)
        assert "ПАО «МРСК Центра»" in only(await trust.listeners(config)).what
        for login, company, expected in (("own", "moesk", "note"), ("of-all", None, "fine")):
            async with db.write() as session:
                session.add(
                    User(
                        login=login,
                        name=login,
                        password_hash="x",
                        role=Role.SECURITY,
                        company_id=company,
                        created_at=datetime.now(UTC),
                    )
                )
            found = only(await trust.listeners(config))
            assert (found.level, "МОЭСК" in found.what) == (expected, False)
    finally:
        await db.close()


def run(*words: str) -> tuple[int, str]:
    """The command as the administrator runs it."""
    app = typer.Typer()
    command.add_to(app)
    done = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    return done.exit_code, done.stdout


def test_the_command_tells_a_fresh_machine_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GRIDLINE_PACKAGE_ROOT", str(tmp_path / "packages"))
    code, told = run()
    assert code == 1
    assert "gridline prompts build" in told
    assert "gridline migrate" in told
    code, written = run("--json")
    rows = json.loads(written)
    assert code == 1
    assert {row["level"] for row in rows} == {"fine", "note", "wrong"}
    assert all(row["cure"] for row in rows if row["level"] == "wrong")
    assert len({row["check"] for row in rows}) >= len(CHECKS) - 3  # without a database not all can speak


def test_the_command_says_what_is_wrong_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLINE_AGI_PORT", "99999")
    code, told = run("--json")
    assert code == 1
    assert "agi_port" in only([Finding(**row) for row in json.loads(told)]).what
