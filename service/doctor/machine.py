"""Checks of the machine: disk, clock, time zones, ports, a proxy in front, who may read our secrets."""

from __future__ import annotations

import ctypes
import errno
import os
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
from recordings.incoming import TALKS_LEAVE
from service.doctor.finding import Finding, fine, note, wrong
from service.process import lock
from service.process.leftovers import is_ours
from service.process.ports import Port, of_asterisk, of_controller, who

MB = 1024 * 1024
TIME_ERROR = 5
"""adjtimex(2): the kernel's clock is not synchronised."""
_TIMEX_BYTES = 512
"""More than struct timex on any 64-bit Linux."""


def disk(config: Settings) -> Sequence[Finding]:
    """Whether the disk under `var` has room and takes what is written, and another where Asterisk records."""
    folder = config.var.absolute()
    while not folder.exists():
        folder = folder.parent
    recorded = config.var.absolute() / "recordings/incoming"
    if recorded.exists() and recorded.stat().st_dev != folder.stat().st_dev:
        return [_disk(config, folder), _disk(config, recorded)]
    return [_disk(config, folder)]


def free_megabytes(folder: Path) -> int:
    """Room on the disk of a folder. Raises OSError."""
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize // MB


def _disk(config: Settings, folder: Path) -> Finding:
    free_mb = free_megabytes(folder)
    if not os.access(folder, os.W_OK):
        return wrong("Диск", f"В {folder} нельзя писать.", "Отдайте папку пользователю, под которым идёт gridline.")
    if free_mb < config.least_free_mb:
        what = f"Свободно {free_mb} МБ, нужно не меньше {config.least_free_mb}: ничего не записывается."
        return wrong("Диск", what, f"Освободите место в {folder}.")
    if free_mb < (needed := config.least_free_mb * TALKS_LEAVE):
        what = (
            f"Свободно {free_mb} МБ; разговоры записываются от {needed}, сейчас — только жалобы, сообщения и согласия."
        )
        return wrong("Диск", what, f"Освободите место в {folder}.")
    return fine("Диск", f"Свободно {free_mb} МБ в {folder}.")


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
    findings = [_port(config, each) for each in (*of_controller(config), *of_asterisk(config))]
    bad = [each for each in findings if each.level == "wrong"]
    return bad or [fine("Порты", "; ".join(each.what for each in findings))]


def _port(config: Settings, port: Port) -> Finding:
    name = f"{port.name} ({port.setting})"
    problem = port.problem()
    if problem is None:
        return fine("Порты", f"{name} {port.number} свободен")
    if problem.errno != errno.EADDRINUSE:
        what = f"{name}: {port.host}:{port.number} — {problem.strerror}."
        return wrong("Порты", what, "Исправьте адрес в настройках.")
    holder, serving = port.holder(), lock.holder(config.var)
    if holder is None and serving is not None:
        return fine("Порты", f"{name} {port.number} занят, вероятно нами (процесс {serving}; точно видно от root)")
    if holder is not None and (is_ours(holder, config.var) or _comes_from(holder, serving)):
        return fine("Порты", f"{name} {port.number} у нас")
    what = f"{name}: {port.number} занят: {who(holder)}."
    return wrong("Порты", what, f"Остановите её или задайте другой {port.setting}.")


def _comes_from(process: psutil.Process, ancestor: int | None) -> bool:
    try:
        return ancestor in {process.pid, *(parent.pid for parent in process.parents())}
    except psutil.Error:  # gone meanwhile
        return False


def proxies(config: Settings) -> Sequence[Finding]:
    """Whether a proxy that stands in front is known: behind an unknown one all people share one address's limits."""
    if config.http_proxies:
        return [fine("Прокси", f"Перед нами: {', '.join(config.http_proxies)}.")]
    if config.http_tls_cert is not None or not config.console_origin.startswith("https:"):
        return [fine("Прокси", "Браузеры приходят прямо к нам.")]
    what = f"Браузеры приходят на {config.console_origin} через прокси, а http_proxies пуст: у всех людей один адрес."
    cure = "Впишите адрес прокси в http_proxies: до тех пор 30 сообщений и 5 обращений в час — одни на всех."
    return [wrong("Прокси", what, cure)]


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
