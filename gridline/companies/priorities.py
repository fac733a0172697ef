"""Who is served first in a queue: the numbers that dialplan, actions, board and figures agree on."""

from typing import Final

FRONT: Final = 5
"""A caller who was in a talk already (a transfer that nobody took, a reload of the agent's page) comes back."""
DANGER: Final = 10
"""Danger to life goes before everybody (rule R35)."""
