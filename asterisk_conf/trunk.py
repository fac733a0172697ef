"""How our side names the carrier: by its address, which holds whether or not it answers OPTIONS."""

from __future__ import annotations

from gridline.settings import Settings


def scheme(settings: Settings) -> str:
    """`sip`, or `sips` over TLS."""
    return "sips" if settings.trunk_transport == "tls" else "sip"


def address(settings: Settings) -> str:
    """`host:port` of the carrier."""
    return f"{settings.trunk_host}:{settings.trunk_port}"


def channel(settings: Settings, digits: str) -> str:
    """What Asterisk dials to reach `digits` over the trunk.

    Not by the trunk's contact: of a carrier that answers no OPTIONS it would be "unavailable" and never be called.
    """
    return f"PJSIP/trunk/{scheme(settings)}:{digits}@{address(settings)}"
