"""Opens the card of a call by itself on the pages of the agent it rings at, and keeps open cards told of their call."""

from __future__ import annotations

import json

from aiohttp import web

from agent_console.calls.calls import id_of
from agent_console.console import CONSOLE
from agent_console.push import MORPH
from agent_console.web.render import TEMPLATES
from ivr.desk import devices
from ivr.live.view import CallKey, Changes

CARD, CALL = "card", "card-call"
"""Topics: `card:101` is told of the calls of agent 101, `card-call:ID` of the state of one call."""


class Ringing:
    """Follows the board's changes; quick, since it runs for every event of Asterisk."""

    def __init__(self, app: web.Application) -> None:
        self._console = app[CONSOLE]
        self._templates = app[TEMPLATES]
        self._at: dict[str, CallKey] = {}
        """Agent's interface -> the call that was announced to them last, while it lasts."""

    def on_changes(self, changes: Changes) -> None:
        """Announce the call that came to an agent's telephone: while it rings, or with a transfer."""
        board, push = self._console.board, self._console.push
        for interface in changes.agents:
            now = board.agent(interface)
            if now is None or now.call is None:
                self._at.pop(interface, None)
            elif self._at.get(interface) != now.call:
                self._at[interface] = now.call
                told = json.dumps({"call": id_of(now.call)})
                push.publish(f"{CARD}:{devices.agent_of(interface)}", "card", told)
        for key in changes.calls:
            topic = f"{CALL}:{id_of(key)}"
            if push.listening(topic):
                part = self._templates.part("card.html", "state", live=board.call(key))
                push.publish(topic, MORPH, part)
