"""One error family: every failure a person may see has a code, a Russian sentence and an HTTP status."""

from __future__ import annotations


class GridlineError(Exception):
    """Base of every expected failure.

    Subclasses set `code` (stable, machine-readable), `status` (HTTP) and pass a
    Russian `message` that says what is wrong and what to do about it.
    """

    code = "error"
    status = 500
    title = ""
    """What a page that shows nothing else is headed by; empty: by the status."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(GridlineError):
    """Input from outside is not acceptable; the message names the field and the cure."""

    code = "invalid-input"
    status = 422


class NotFound(GridlineError):
    """What was asked for does not exist, or may not be seen by whoever asks."""

    code = "not-found"
    status = 404


class Conflict(GridlineError):
    """Somebody changed the same thing first, or its state does not allow the step."""

    code = "conflict"
    status = 409


class Misconfigured(GridlineError):
    """A settings, menu, company or prompt file is wrong; the message names file, line and cure."""

    code = "misconfigured"
    status = 500


class Unavailable(GridlineError):
    """Something Gridline depends on (database, Asterisk, a speech engine) does not answer now."""

    code = "unavailable"
    status = 503
