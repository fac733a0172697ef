"""An agent's two telephones as Asterisk calls them: the one on their desk and the one in their browser (pjsip.conf)."""

from __future__ import annotations

from enum import StrEnum

_BROWSER = "-web"


class DeviceKind(StrEnum):
    """Which of the two they answer with."""

    BROWSER = "browser"
    DESK = "desk"


def desk_phone(agent: str) -> str:
    """The interface of their SIP phone, as `PJSIP/101`."""
    return f"PJSIP/{agent}"


def browser_endpoint(agent: str) -> str:
    """The name their browser registers with, as `101-web`."""
    return f"{agent}{_BROWSER}"


def browser(agent: str) -> str:
    """The interface of the softphone in their browser, as `PJSIP/101-web`."""
    return f"PJSIP/{browser_endpoint(agent)}"


def interface(agent: str, phone: DeviceKind) -> str:
    """The interface of that telephone of theirs."""
    return desk_phone(agent) if phone is DeviceKind.DESK else browser(agent)


def other(phone: DeviceKind) -> DeviceKind:
    """The one they do not answer with."""
    return DeviceKind.BROWSER if phone is DeviceKind.DESK else DeviceKind.DESK


def is_browser(interface: str) -> bool:
    """Whether this is a softphone in a browser."""
    return interface.endswith(_BROWSER)


def is_agents(interface: str) -> bool:
    """Whether this is an agent's telephone at all, and not the trunk's."""
    return agent_of(interface).isdecimal()


def agent_of(interface: str) -> str:
    """Whose telephone this is, whichever of the two."""
    return interface.removeprefix("PJSIP/").removesuffix(_BROWSER)
