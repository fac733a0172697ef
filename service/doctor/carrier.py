"""Checks of the way to the carrier: whether it answers, whether we know it by its address, and it us by ours."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from asterisk_conf.agents_file import AgentsFile
from asterisk_conf.logs import Logs
from gridline.db import Database
from gridline.errors import Unavailable
from gridline.settings import Settings
from ivr.journal.models import CallRecord
from service.doctor.finding import Finding, fine, note, wrong

CHECK = "Оператор связи"
RECENT = timedelta(hours=24)
SHOWN = 3
_REFUSED = re.compile(r"Request 'INVITE' from .* failed for '(.+):\d+' \(callid: .*\) - No matching endpoint")
"""Asterisk 22 names the address before the port; the caller's own words stand before it, the last match counts."""


def found(config: Settings, state: str, last_call: datetime | None) -> Finding:
    """What Asterisk's device state of the trunk and the last call (UTC; None: no call) say together."""
    where = f"{config.trunk_host}:{config.trunk_port}"
    called = last_call is not None and datetime.now(UTC) - last_call < RECENT
    when = f"последний звонок был {last_call:%d.%m.%Y %H:%M} UTC" if last_call else "звонков ещё не было"
    if config.trunk_qualify_s == 0:
        said = f"{where} не опрашивается (trunk_qualify_s = 0), {when}."
        return fine(CHECK, said) if called else note(CHECK, said, "Позвоните на свой номер с мобильного.")
    if state in ("NOT_INUSE", "INUSE", "BUSY"):
        return fine(CHECK, f"{where} отвечает.")
    if state in ("UNAVAILABLE", "INVALID") and called:
        cure = "Если оператор и не должен отвечать на OPTIONS, поставьте trunk_qualify_s = 0; звонкам это не мешает."
        return note(CHECK, f"{where} не отвечает на опрос, но звонки идут: {when}.", cure)
    if state in ("UNAVAILABLE", "INVALID"):
        cure = "Проверьте trunk_host и trunk_port, сеть и брандмауэр (SIP и RTP)."
        return wrong(CHECK, f"{where} не отвечает, {when}.", cure)
    return note(
        CHECK, f"Отвечает ли {where}, не узнать.", "Загрузите в Asterisk func_devstate.so, как в наших modules.conf."
    )


async def last_call(config: Settings) -> datetime | None:
    """When the last call came in (UTC), as far as the database can tell."""
    database = Database(config.db_url)
    try:
        async with database.read(within_s=2) as session:
            return await session.scalar(select(func.max(CallRecord.started_at)).where(CallRecord.called_by == ""))
    except (Unavailable, SQLAlchemyError):  # what is wrong with it, the check of the database tells
        return None
    finally:
        await database.close()


def strangers(config: Settings) -> Sequence[Finding]:
    """Whether calls were refused because their address is not the carrier's: it may be the carrier's other one."""
    if config.asterisk == "external":
        return []
    logs = Logs(config.var / "asterisk/var/log", config.asterisk_logs_mb)
    if not logs.messages.exists():
        return []
    refused: Counter[str] = Counter()
    with logs.messages.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := _REFUSED.search(line):
                refused[match[1]] += 1
    findings = []
    if refused:
        told = ", ".join(f"{address} ({count})" for address, count in refused.most_common(SHOWN))
        cure = "Если это оператор связи, допишите адрес в trunk_networks; если нет, закройте порт SIP от чужих."
        findings.append(note("Чужие звонки", f"Отклонены звонки с незнакомых адресов: {told}.", cure))
    if banned := AgentsFile.of(config).banned():
        told = ", ".join(banned[:SHOWN])
        findings.append(note("Подбор паролей", f"Закрыто адресов SIP: {len(banned)} ({told})."))
    return findings or [fine("Чужие звонки", "Отклонённых звонков нет.")]


def address(config: Settings) -> Sequence[Finding]:
    """Whether the address that the carrier is told to send the sound to can be reached from where it is."""
    check = "Адрес для звука"
    try:
        carrier, own = ip_address(config.trunk_host), ip_address(config.sip_host)
    except ValueError:
        return [note(check, "trunk_host или sip_host — имя, а не адрес: проверить нечего.")]
    near = not carrier.is_global or any(carrier in network for network in config.local_networks)
    offered = _offered(config, own, near=near)
    if not near and not ip_address(offered).is_global:
        what = f"Оператору {carrier} предлагается внутренний адрес {offered}: звука не будет."
        return [wrong(check, what, "Впишите внешний адрес машины в external_address, откройте порты RTP.")]
    return [fine(check, f"Оператору {carrier} предлагается {offered}.")]


def _offered(config: Settings, own: IPv4Address | IPv6Address, *, near: bool) -> str:
    if config.external_address is not None and not near:
        return str(config.external_address)
    if not own.is_unspecified:
        return str(own)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:  # nothing is sent: the kernel only looks up the way
        way.connect((config.trunk_host, config.trunk_port))
        return str(way.getsockname()[0])
