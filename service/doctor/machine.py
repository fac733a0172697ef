"""Checks of the machine: disk, clock, time zones, ports, who may read our secrets."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

from gridline.companies import Companies
from gridline.errors import GridlineError
from gridline.settings import Settings
from service.doctor.finding import Finding, fine, note, wrong

MB = 1024 * 1024
TIME_ERROR = 5
"""adjtimex(2): the kernel's clock is not synchronised."""
_TIMEX_BYTES = 512
"""More than struct timex on any 64-bit Linux."""


def disk(config: Settings) -> Sequence[Finding]:
    """Whether the disk under `var` has room and takes what is written."""
    folder = config.var.absolute()
    while not folder.exists():
        folder = folder.parent
    room = os.statvfs(folder)
    free_mb = room.f_bavail * room.f_frsize // MB
    if not os.access(folder, os.W_OK):
        return [wrong("Диск", f"В {folder} нельзя писать.", "Отдайте папку пользователю, под которым идёт gridline.")]
    if free_mb < config.least_free_mb:
        what = f"Свободно {free_mb} МБ, нужно не меньше {config.least_free_mb}: разговоры не записываются."
        return [wrong("Диск", what, f"Освободите место в {folder}.")]
    return [fine("Диск", f"Свободно {free_mb} МБ в {folder}.")]


def kernel_clock() -> int:
    """What adjtimex(2) says of the clock; -1 where it may not be asked."""
    return int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


def clock(_config: Settings, state: int | None = None) -> Sequence[Finding]:
    """Whether something keeps the clock right: deadlines are counted by it."""
    state = kernel_clock() if state is None else state
    now = datetime.now(UTC)
    if state == TIME_ERROR:
        what = f"Часы ни с кем не сверяются (сейчас {now:%d.%m.%Y %H:%M:%S} UTC)."
        return [note("Часы", what, "apt-get install chrony или systemd-timesyncd; в контейнере — на хозяине.")]
    if state < 0:
        return [note("Часы", "Ядро не говорит, сверяются ли часы.", "timedatectl")]
    return [fine("Часы", f"Сверяются по сети, сейчас {now:%d.%m.%Y %H:%M:%S} UTC.")]


def time_zones(config: Settings) -> Sequence[Finding]:
    """Whether the machine's zone data agree with the tzdata package for the companies' zones, this year and next."""
    try:
        names = sorted({company.time_zone for company in Companies.load(config.dialplan / "companies")})
    except GridlineError:
        return []  # told by the check of the companies
    year = datetime.now(UTC).year
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=each) for each in range(731)]
    for name in names:
        with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as packaged:
            ours = ZoneInfo.from_file(packaged)
        used = ZoneInfo.no_cache(name)
        for day in days:
            if day.astimezone(used).utcoffset() != day.astimezone(ours).utcoffset():
                what = f"{name}: в системе {day.astimezone(used):%z}, в пакете tzdata {day.astimezone(ours):%z}."
                return [wrong("Часовые пояса", what, "apt-get install --only-upgrade tzdata")]
    return [fine("Часовые пояса", ", ".join(names))]


def ports(config: Settings) -> Sequence[Finding]:
    """Whether each port of ours is free or held by us."""
    wanted = [
        ("FastAGI (agi_port)", config.agi_host, config.agi_port, socket.SOCK_STREAM),
        ("HTTP (http_port)", config.http_host, config.http_port, socket.SOCK_STREAM),
    ]
    if config.asterisk == "embedded":
        wanted += [
            ("AMI (ami_port)", config.ami_host, config.ami_port, socket.SOCK_STREAM),
            ("SIP (sip_port)", config.sip_host, config.sip_port, socket.SOCK_DGRAM),
        ]
        if config.sip_tls_port:
            wanted.append(("SIP TLS (sip_tls_port)", config.sip_host, config.sip_tls_port, socket.SOCK_STREAM))
    findings = [_port(config, *each) for each in wanted]
    bad = [each for each in findings if each.level == "wrong"]
    return bad or [fine("Порты", "; ".join(each.what for each in findings))]


def _port(config: Settings, name: str, host: str, port: int, kind: socket.SocketKind) -> Finding:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return wrong("Порты", f"{name}: {host}:{port} — {error.strerror}.", "Исправьте адрес в настройках.")
        else:
            return fine("Порты", f"{name} {port} свободен")
    holder = _holder(port, kind)
    if holder is not None and _is_ours(holder, config):
        return fine("Порты", f"{name} {port} у нас")
    who = f"{holder.name()}, процесс {holder.pid}" if holder else "чужая программа (кто — видно от root)"
    setting = name[name.index("(") + 1 : -1]
    return wrong("Порты", f"{name}: {port} занят: {who}.", f"Остановите её или задайте другой {setting}.")


def _holder(port: int, kind: socket.SocketKind) -> psutil.Process | None:
    for each in psutil.net_connections("tcp" if kind == socket.SOCK_STREAM else "udp"):
        listens = kind == socket.SOCK_DGRAM or each.status == psutil.CONN_LISTEN
        if listens and each.laddr and each.laddr.port == port and each.pid is not None:
            return psutil.Process(each.pid)
    return None


def _is_ours(process: psutil.Process, config: Settings) -> bool:
    """The controller of this very `var`, or the Asterisk that runs from its rendered files."""
    conf = str(config.var.absolute() / "asterisk/etc/asterisk.conf")
    try:
        argv = process.cmdline()
        return conf in argv or ("service.controller" in argv and _works_in(process, config))
    except psutil.Error:  # another user's, or gone meanwhile
        return False


def _works_in(process: psutil.Process, config: Settings) -> bool:
    own = process.environ()
    theirs = own.get("GRIDLINE_VAR") or ""
    file = Path(process.cwd(), own.get("GRIDLINE_SETTINGS", "gridline.toml"))
    mine = Path(os.environ.get("GRIDLINE_SETTINGS", "gridline.toml")).absolute()
    return Path(process.cwd(), theirs) == config.var.absolute() if theirs else file == mine


def secrets(config: Settings) -> Sequence[Finding]:
    """Whether only the owner reads what holds secrets."""
    open_files = [file for file in _secret_files(config) if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if open_files:
        names = ", ".join(str(file) for file in open_files[:5])
        more = f" и ещё {len(open_files) - 5}" if len(open_files) > 5 else ""
        cure = f"chmod 600 {' '.join(str(file) for file in open_files[:5])}"
        return [wrong("Секреты", f"Читать могут не только мы: {names}{more}.", cure)]
    return [fine("Секреты", "Файлы с секретами читает только владелец.")]


def _secret_files(config: Settings) -> Iterator[Path]:
    for folder, pattern in ((config.var / "secrets", "*"), (config.var / "asterisk/etc", "*.conf")):
        yield from (file for file in sorted(folder.glob(pattern)) if file.is_file())
    settings = Path(os.environ.get("GRIDLINE_SETTINGS", "gridline.toml"))
    if settings.is_file():
        text = settings.read_text(encoding="utf-8", errors="replace")
        if "_secret" in text or "_password" in text:
            yield settings
