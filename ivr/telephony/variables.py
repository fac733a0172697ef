"""Every channel variable that is shared with the dialplan or with Asterisk's applications, by name."""

from typing import Final

# Ours, read and written in dialplan/extensions.conf.j2 too.
COMPANY: Final = "GRIDLINE_COMPANY"
DIALLED: Final = "GRIDLINE_DIALLED"
CALL: Final = "GRIDLINE_CALL"
"""The call's id, so that a controller that takes over goes on with the same record."""
NOTICE: Final = "GRIDLINE_NOTICE"
"""1 once the notice was heard to its end: nobody plays it twice, and recording may start."""
PART: Final = "GRIDLINE_PART"
"""How many further recordings of the call have begun: after each transfer and reload a file of its own."""
PLACE: Final = "GRIDLINE_PLACE"
"""Where in the menu the caller stands: a controller that takes over goes on there."""
DANGER: Final = "GRIDLINE_DANGER"
"""1 once the caller chose danger: a controller that takes over goes on treating them so."""
TRUST: Final = "GRIDLINE_TRUST"
"""1 on a trust line, and once the trust line was told something: a controller that takes over asks for no number, and
without one nothing of it is recorded."""
SEAL: Final = "GRIDLINE_SEAL"
"""The controller's signature under CALL, PLACE, NOTICE, DANGER and TRUST: without it none of them is believed."""
WHISPER: Final = "GRIDLINE_WHISPER"
"""The file an agent hears before this caller: a caller who comes back to a queue is announced by it again."""
WAITS: Final = "GRIDLINE_WAITS"
"""1 while a controller has put the caller into a queue: a key they press there is its to answer."""
WAITING: Final = "waiting"
"""The context of the keys that a caller may press in a queue (`context` in queues.conf)."""
END: Final = "GRIDLINE_END"
"""Set by the controller's last command; without it the dialplan knows that the call was left, not ended."""
SERVES_UNTIL: Final = "GRIDLINE_SERVES_UNTIL"
"""Global: the second of the epoch until which this node says that it serves (service/nodes/serving.py)."""

# app_queue's and Asterisk's own.
QUEUE_PRIORITY: Final = "QUEUE_PRIO"
QUEUE_STATUS: Final = "QUEUESTATUS"
LANGUAGE: Final = "CHANNEL(language)"
ABSOLUTE_TIMEOUT: Final = "TIMEOUT(absolute)"
