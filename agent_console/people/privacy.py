"""How much of the personal data of appeals and of talks a person of the console sees, by role (R28, R29)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent_console.people.models import Role
from agent_console.people.permissions import Actor, Permission
from appeals.models import Content
from appeals.personal_data.personal_data import ROLES, masked, seen_by
from grid.numbering.ranges import Origin
from quality.masking.masking import Shown, masked_words, whole

AS: Final[Mapping[Role, str]] = {
    Role.AGENT: "agent",
    Role.SUPERVISOR: "supervisor",
    Role.QA: "quality",
    Role.QA_BRANCHES: "quality",
    Role.QA_HEAD: "quality",
    Role.DISPATCHER: "quality",
    Role.MANAGER: "quality",
    Role.CLERK: "clerk",
    Role.SECURITY: "clerk",
    Role.ADMIN: "supervisor",
}
"""Roles of the console as roles of `appeals.personal_data.personal_data`."""


def seen(actor: Actor, content: Content) -> dict[str, str | None]:
    """The personal fields as this person may see them."""
    return seen_by(AS[actor.role], content)


def shown(actor: Actor, field: str, value: str | None) -> str | None:
    """One value of a field as this person may see it: whole, masked, or not at all."""
    return shown_to(actor.role, field, value)


def shown_to(role: Role, field: str, value: str | None) -> str | None:
    """The same for everybody of a role."""
    if value is None:
        return None
    how = ROLES[AS[role]][field]
    return value if how == "whole" else masked(field, value) if how == "masked" else None


def origin(actor: Actor, found: Origin | None) -> str:
    """«Белгородская область · ПАО "МТС"»: where a number was given out; whom numbers are masked for see the region."""
    if found is None:
        return ""
    operator = found.operator if ROLES[AS[actor.role]]["phone"] == "whole" else ""
    return " · ".join(filter(None, (found.region, operator)))


def spoken(actor: Actor) -> Shown:
    """What this person may read of the words of a recording: all, or all but what is personal."""
    return whole if actor.may(Permission.PERSONAL_READ) else masked_words


def reads_letters(actor: Actor) -> bool:
    """Whether answers are theirs to read: a letter names the applicant."""
    return ROLES[AS[actor.role]]["name"] == "whole"
