"""One AMI connection on panoramisk 1.4, from the TCP connect to its loss; every known trap of it is walled in here.

Traps met (panoramisk 1.4): letters split over TCP chunks are lost; an exception in a callback drops the connection;
whether a reply is a list is guessed from its words, an error to a list never resolves; unanswered actions are sent
again after a reconnect (a second dial); it reconnects by itself, even after close(); pings are not supervised; a wrong
password raises nothing; a failed write logs the secret.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message as PanoramiskMessage

from gridline.errors import InvalidInput, Unavailable
from ivr.telephony.events import Message
from ivr.telephony.wire import ami_header, clean

log = structlog.get_logger(__name__)

MESSAGE_LIMIT = 1024 * 1024
"""Bytes without the end of a message after which the other side is not taken for Asterisk."""
_HEADERS_LIMIT = 100
_END = b"\r\n\r\n"
_REPEATED = "chanvariable"
"""How the names of the headers end that Asterisk 22 sends several times in one message, once for each leg it tells of
(`ChanVariable`, `DestChanVariable`, `TransfereeChanVariable`)."""
_SILENT = logging.Logger("panoramisk", logging.CRITICAL + 1)
_NEVER_S = 10**9

Value = str | int | Sequence[str]


class AmiLost(Unavailable):
    """There is no connection to Asterisk's manager now, or it ended while an answer was awaited."""

    code = "ami-lost"


class AmiTimeout(Unavailable):
    """Asterisk's manager did not answer in time."""

    code = "ami-timeout"


class AmiRefused(Unavailable):
    """Asterisk's manager does not let us in: name or secret is wrong, or our address is not permitted."""

    code = "ami-refused"


class AmiActionFailed(Unavailable):
    """Asterisk answered an action with an error."""

    code = "ami-action-failed"


class Session(Manager):  # type: ignore[misc]
    """A logged-in connection. Never reconnects: its end only settles `lost`."""

    def __init__(self, user: str, secret: str, on_events: Callable[[Sequence[Message]], None]) -> None:
        super().__init__(
            username=user,
            secret=secret,
            log=_SILENT,
            ping_delay=_NEVER_S,
            ping_interval=_NEVER_S,
            forgetable_actions=_Everything(),
        )
        self.loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self.loop.create_future()
        self._on_events = on_events

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        user: str,
        secret: str,
        on_events: Callable[[Sequence[Message]], None],
        timeout_s: float,
    ) -> Session:
        """Connect and log in; the events that come together are given to `on_events`, which must not raise.

        Raises AmiLost (nobody there), AmiTimeout, AmiRefused.
        """
        session = cls(user, secret, on_events)
        try:
            async with asyncio.timeout(timeout_s):
                made = await session.loop.create_connection(lambda: _WholeMessages(session), host, port)
        except TimeoutError:
            raise AmiTimeout(f"AMI {host}:{port} не принимает соединение за {timeout_s:g} с.") from None
        except OSError as error:
            raise AmiLost(f"AMI {host}:{port} недоступен: {error.strerror or error}.") from error
        connected = session.loop.create_future()
        connected.set_result(made)
        session.connection_made(connected)  # sends Login
        answer = session.authenticated_future
        try:
            await asyncio.wait({answer, session.lost}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if answer.done() and answer.result().success:
                return session
            if answer.done():
                said = clean(answer.result().message)
                raise AmiRefused(f"Asterisk не принял вход в AMI пользователя {user}: {said}. Проверьте ami_secret.")
            if session.lost.done():
                raise AmiLost(f"AMI {host}:{port} закрыл соединение до входа.")
            raise AmiTimeout(f"AMI {host}:{port} не ответил на вход за {timeout_s:g} с.")
        finally:
            if not session.authenticated:
                session.close()

    async def ask(self, name: str, headers: Mapping[str, Value], timeout_s: float) -> list[Message]:
        """Do one action and return its whole answer: the response, then the events of its list if it has one.

        Raises InvalidInput (CR, LF and the like in a header), AmiActionFailed, AmiTimeout, AmiLost.
        """
        action = _Asked(_checked(name, headers))
        if self.lost.done():
            raise AmiLost("Связь с AMI потеряна.")
        answer: asyncio.Future[list[Message]] = self.protocol.send(action, as_list=False)
        either: set[asyncio.Future[Any]] = {answer, self.lost}
        try:
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.protocol.responses.pop(action.id, None)
        if not answer.done():
            if self.lost.done():
                raise AmiLost(f"Связь с AMI потеряна, ответа на {name} не было.")
            raise AmiTimeout(f"AMI не ответил на {name} за {timeout_s:g} с.")
        messages = answer.result()
        if messages[0].get("Response") == "Error":
            raise AmiActionFailed(f"Asterisk отказал в {name}: {clean(messages[0].get('Message', ''))}")
        return messages

    def dispatch(self, event: Any) -> None:
        """An event that came with an action's id, though nobody waits for it any more."""
        self._on_events([_plain(event)])

    def told(self, events: Sequence[Message]) -> None:
        """Events of no action."""
        self._on_events(events)

    def connection_lost(self, exc: object) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def close(self) -> None:
        """End the connection; whoever waits for an answer learns it at once."""
        super().close()
        self.connection_lost(None)

    def ping(self) -> None:
        """Nothing: the watchdog pings with a deadline."""


class _WholeMessages(AMIProtocol):  # type: ignore[misc]
    """Reads whole messages only, so that no letter is cut in two, and only what Asterisk can have meant.

    Events of no action are handed on as they are: three come with every call. What belongs to an action, and the end
    of Asterisk, is panoramisk's.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory, self.log, self.encoding = self._session, _SILENT, "utf8"

    def data_received(self, data: bytes) -> None:
        whole, _, self._rest = (self._rest + data).rpartition(_END)
        events: list[Message] = []
        for block in whole.split(_END):
            headers = _read(block)
            if "Event" in headers and "ActionID" not in headers and headers["Event"] != "Shutdown":
                events.append(_plain(headers))
            elif headers:
                self.handle_message(PanoramiskMessage(headers))
        if events:
            self._session.told(events)
        if len(self._rest) > MESSAGE_LIMIT:
            self.transport.abort()


def _read(block: bytes) -> Mapping[str, str | list[str]]:
    """The headers of one message; none of what is none: a greeting, a header that comes twice.

    Whoever gets a line break into a value writes headers of their own beside Asterisk's; they would have to repeat one,
    or name one that nobody reads.
    """
    headers: dict[str, str | list[str]] = {}
    known: set[str] = set()
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(": ")
        if not colon:
            continue
        folded = name.lower()
        if folded not in known:
            known.add(folded)
            headers[name] = [value] if folded.endswith(_REPEATED) else value
        elif folded.endswith(_REPEATED) and isinstance(values := headers.get(name), list):
            values.append(value)
        else:
            log.warning("ami-doubled-header", header=clean(name, 40))
            return {}
    return headers if "event" in known or "response" in known else {}


class _Asked(Action):  # type: ignore[misc]
    """An action whose answer ends where Asterisk says it does (EventList), not where its wording suggests it."""

    def add_message(self, message: Any) -> bool:
        self.responses.append(message)
        first = self.responses[0]
        listed = first.response == "Success" and first.eventlist == "start"
        ended = not listed or message.eventlist in ("Complete", "cancelled")
        if ended and not self.future.done():
            self.future.set_result([_plain(one) for one in self.responses])
        return ended


class _Everything:
    """Contains every action's name: nothing is ever sent a second time."""

    def __contains__(self, name: object) -> bool:
        return True


def _plain(message: Any) -> Message:
    return {name: value if isinstance(value, str) else "\n".join(value) for name, value in message.items()}


def _checked(name: str, headers: Mapping[str, Value]) -> dict[str, str | list[str]]:
    checked: dict[str, str | list[str]] = {"Action": ami_header("Action", name)[1]}
    count = 1
    for header, value in headers.items():
        if header.lower() in ("action", "actionid"):
            raise InvalidInput(f"Заголовок AMI {header} ставит сам контроллер.")
        values = [value] if isinstance(value, (str, int)) else list(value)
        texts = [ami_header(header, one)[1] for one in values]
        checked[header] = texts if len(texts) != 1 else texts[0]
        count += len(texts)
    if count > _HEADERS_LIMIT:
        raise InvalidInput(f"В действии AMI больше {_HEADERS_LIMIT} заголовков.")
    return checked
