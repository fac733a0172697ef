"""The one way to have Asterisk begin a call: as a user of its own over AMI, who may do that and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asterisk_conf.render import DIALER_USER
from asterisk_conf.secrets import DIALER_SECRET, secret
from gridline.errors import Conflict
from gridline.settings import Settings
from ivr.desk import devices
from ivr.telephony.ami_session import AmiActionFailed, Session

AMI_S: Final = 5.0
AGENTS: Final = "agents"
"""The context in which an agent's telephone dials (agents.conf)."""
PICKED_UP_WITHIN_S: Final = 20


async def originate(config: Settings, headers: Mapping[str, str]) -> None:
    """Have Asterisk begin a call. Raises Unavailable, AmiActionFailed when it says no."""
    password = config.dialer_secret.get_secret_value() or secret(config.var / "secrets", DIALER_SECRET)
    session = await Session.open(config.ami_host, config.ami_port, DIALER_USER, password, lambda _events: None, AMI_S)
    try:
        await session.ask("Originate", {**headers, "Priority": "1", "Async": "true"}, AMI_S)
    finally:
        session.close()


async def ring_desk_phone(config: Settings, agent: str, digits: str) -> None:
    """Ring the telephone on the agent's desk; when they lift it, it dials `digits` as if they had.

    Raises Unavailable, and Conflict when Asterisk refuses.
    """
    headers = {
        "Channel": devices.desk_phone(agent),
        "Context": AGENTS,
        "Exten": digits,
        "Timeout": str(PICKED_UP_WITHIN_S * 1000),
        "CallerID": f"<{digits}>",
    }
    try:
        await originate(config, headers)
    except AmiActionFailed as error:
        raise Conflict("АТС не смогла позвонить на настольный аппарат. Наберите номер на нём сами.") from error
