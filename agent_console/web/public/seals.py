"""A public form's own marks: a key that makes a second sending the first one, a time that no robot waits for."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gridline.db import new_id
from gridline.errors import InvalidInput

LEAST: Final = timedelta(seconds=3)
"""Sooner nobody has read the form, let alone filled it in."""
MOST: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class FormSeal:
    """What a form carries, hidden."""

    key: str
    """32 hex characters; the same key is the same sending."""
    made: str
    """Seconds since the epoch."""
    mark: str


class Seals:
    """Seals forms and looks whether a form is one of ours, and neither too young nor too old."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def make(self, now: datetime) -> FormSeal:
        """The seal of a form that is shown now."""
        key, made = new_id(), str(int(now.timestamp()))
        return FormSeal(key, made, self._mark(key, made))

    def check(self, form: Mapping[str, str], now: datetime) -> FormSeal:
        """The seal that the form brings. Raises InvalidInput with what to do about it."""
        seal = FormSeal(form["key"], form["made"], form["seal"])
        if not hmac.compare_digest(self._mark(seal.key, seal.made).encode(), seal.mark.encode()):
            raise InvalidInput("Форма устарела. Проверьте, что введено, и отправьте ещё раз.")
        age = now - datetime.fromtimestamp(int(seal.made), UTC)
        if age > MOST:
            raise InvalidInput("Форма открыта слишком давно. Проверьте, что введено, и отправьте ещё раз.")
        if age < LEAST or form["website"]:
            raise InvalidInput("Не удалось принять: отправлено слишком быстро. Подождите несколько секунд и повторите.")
        return seal

    def _mark(self, key: str, made: str) -> str:
        return hmac.new(self._secret, f"{key}:{made}".encode(), hashlib.sha256).hexdigest()
