"""Checks of the telephone side: Asterisk's program, its answer on AMI, the trunk, its log, its file limit."""

from __future__ import annotations

import resource
from collections.abc import Sequence

from asterisk_conf import asterisk
from asterisk_conf.logs import Logs
from asterisk_conf.packages import PackageRoot
from gridline.errors import Unavailable
from gridline.settings import Settings
from ivr.telephony.ami_session import AmiActionFailed, AmiLost, AmiRefused, Session
from ivr.telephony.events import Message
from service.doctor import carrier
from service.doctor.finding import Finding, fine, note, wrong

AMI_LIMIT_S = 5.0
LOG_SHOWN = 3


def program(config: Settings) -> Sequence[Finding]:
    """Whether there is an Asterisk of a version the rendered files are written for."""
    try:
        found = asterisk.find(PackageRoot(config.package_root.absolute()))
    except Unavailable as error:
        if config.asterisk == "external":
            return [note("Asterisk", "На этой машине программы нет (asterisk = external: она может быть на другой).")]
        return [wrong("Asterisk", error.message, "make setup")]
    return [fine("Asterisk", f"Версия {found.version}: {found.sbin}")]


async def manager(config: Settings) -> Sequence[Finding]:
    """Whether Asterisk runs, lets us in on AMI, and sees the carrier."""
    where = f"{config.ami_host}:{config.ami_port}"
    secret = config.ami_secret.get_secret_value()
    file = config.var / "secrets/ami"
    if not secret and file.exists():
        secret = file.read_text().strip()
    if not secret:
        return [note("AMI", "Линия ещё не запускалась: секрета AMI нет.", "gridline serve")]
    session: Session | None = None
    try:
        session = await Session.open(
            config.ami_host, config.ami_port, config.ami_user, secret, lambda _event: None, AMI_LIMIT_S
        )
        version = (await session.ask("CoreSettings", {}, AMI_LIMIT_S))[0].get("AsteriskVersion", "")
        return [_version(where, version), *await _trunk(session, config)]
    except AmiRefused as error:
        return [wrong("AMI", error.message, f"Впишите секрет из manager.conf в ami_secret или в {file}.")]
    except AmiActionFailed as error:
        return [wrong("AMI", error.message, "Дайте пользователю AMI права read и write: reporting.")]
    except AmiLost as error:
        if config.asterisk == "embedded":
            return [note("AMI", f"Asterisk не запущен ({where} молчит).", "gridline serve запустит его сам.")]
        return [wrong("AMI", error.message, "systemctl start asterisk; в manager.conf нужны enabled и port.")]
    except Unavailable as error:
        return [wrong("AMI", error.message, "Asterisk завис: посмотрите его журнал и перезапустите его.")]
    finally:
        if session is not None:
            session.close()


def _version(where: str, version: str) -> Finding:
    major = version.removeprefix("certified/").partition(".")[0]
    if major.isdigit() and int(major) < asterisk.OLDEST:
        return wrong("AMI", f"Asterisk {version} старше {asterisk.OLDEST}.", "Поставьте Asterisk 20 или 22.")
    return fine("AMI", f"Asterisk {version} отвечает на {where}.")


async def _trunk(session: Session, config: Settings) -> list[Finding]:
    # PJSIPShowContacts wants the right `system`, which can do harm; the function wants `reporting` alone
    answer = await session.ask("Getvar", {"Variable": "DEVICE_STATE(PJSIP/trunk)"}, AMI_LIMIT_S)
    findings = [carrier.found(config, answer[0].get("Value", ""), await carrier.last_call(config))]
    if config.trunk_mode == "registration":
        where = f"{config.trunk_host}:{config.trunk_port}"
        findings.append(_registration(await session.ask("PJSIPShowRegistrationsOutbound", {}, AMI_LIMIT_S), where))
    return findings


def _registration(answer: Sequence[Message], where: str) -> Finding:
    status = next((one.get("Status", "") for one in answer if one.get("ObjectName") == "trunk"), "нет")
    if status == "Registered":
        return fine("Регистрация", f"Номер зарегистрирован у {where}.")
    return wrong("Регистрация", f"Номер не зарегистрирован у {where}: {status}.", "Проверьте trunk_user, trunk_secret.")


def log(config: Settings) -> Sequence[Finding]:
    """Whether our Asterisk wrote errors since its last start."""
    if config.asterisk == "external":
        return []
    logs = Logs(config.var / "asterisk/var/log", config.asterisk_logs_mb)
    if not logs.messages.exists():
        return [note("Журнал Asterisk", "Ещё не писался.")]
    errors = logs.errors()
    if not errors:
        return [fine("Журнал Asterisk", "Ни одной строки ERROR.")]
    last = "\n".join(errors[-LOG_SHOWN:])
    return [
        wrong("Журнал Asterisk", f"Строк ERROR: {len(errors)}. Последние:\n{last}", f"Весь журнал: {logs.messages}")
    ]


def files(config: Settings) -> Sequence[Finding]:
    """Whether Asterisk may open as many files as it is told to (900 calls at once need about 9000)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < config.max_files:
        what = f"Разрешено {hard}, а max_files = {config.max_files}: под нагрузкой Asterisk упадёт."
        return [wrong("Открытые файлы", what, f"LimitNOFILE={config.max_files} в службе systemd или ulimit -n.")]
    return [fine("Открытые файлы", f"Разрешено не меньше {config.max_files}.")]
