"""What goes over an AGI connection, as pure functions: quoting, whole command lines, replies, the environment.

Sources: res_agi.c of Asterisk 22 (`parse_args`, `agi_handle_command`) and what was provoked on a running one:
an LF inside an argument starts a second command, a line over 8191 bytes is cut into two commands, 130 quoted
arguments crash Asterisk with all its calls.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from gridline.errors import InvalidInput, Unavailable

LINE_LIMIT = 8000
"""Bytes of one command line with its LF; Asterisk 22 cuts at 8191, the rest is margin."""
ARGUMENT_LIMIT = 100
"""Words of one command; 127 quoted ones still pass in Asterisk 22, 130 crash it."""
ENVIRONMENT_LIMIT = 64 * 1024
"""Bytes of the whole `agi_*` block."""
ENVIRONMENT_LINES = 200
AMI_LINE_LIMIT = 1000
"""Bytes of one AMI header with its CR LF; manager.c reads into 1024."""

Command = tuple[str, *tuple[str | int, ...]]
"""A command's name and its arguments, not yet quoted."""

_KEYS = frozenset(str(ord(key)) for key in "0123456789*#")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_COMMAND_NAME = re.compile(r"[A-Z]+(?: [A-Z]+)*")
_AMI_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_APP_ARGUMENT = re.compile(r"[\w .+/:=@-]*")
_REPLY = re.compile(r"(\d{3})[ -](.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*) ?(.*)", re.DOTALL)
_ENDPOS = re.compile(r"(?:\((.*)\) )?endpos=(\d+)", re.DOTALL)


class AgiProtocolError(Unavailable):
    """Asterisk and the controller do not understand each other: a wrong command, a garbled reply."""

    code = "agi-protocol"


def clean(text: str, limit: int = 200) -> str:
    """Text from outside made fit for a variable, a header or a log line.

    Line breaks and tabs (U+2028 and U+2029 too) become one space; every other control, format (bidirectional
    overrides) and surrogate character is dropped; at most `limit` characters are kept.
    """
    if len(text) <= limit and text.isprintable() and " " not in text:  # nearly always: forty values of every call pass
        return text
    if not text.isprintable():
        text = "".join(
            " " if char.isspace() else "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char for char in text
        )
    return " ".join(text.split())[:limit].rstrip()


def quote(argument: str | int) -> str:
    """One argument as AGI reads it back unchanged: in quotes, with `"` and `\\` escaped.

    Raises InvalidInput on control characters: whoever passes outside text cleans it first.
    """
    text = str(argument)
    if _CONTROL.search(text):
        raise InvalidInput("В аргументе команды AGI управляющий символ: внешний текст сначала очищается.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command_line(name: str, *arguments: str | int) -> bytes:
    """The command as exactly one line with its LF.

    Raises InvalidInput on control characters, on a name that is not capital words, on more than
    ARGUMENT_LIMIT words and on more than LINE_LIMIT bytes.
    """
    if not _COMMAND_NAME.fullmatch(name):
        raise InvalidInput(f"Имя команды AGI — слова из заглавных латинских букв, а не {name!r}.")
    if name.count(" ") + 1 + len(arguments) > ARGUMENT_LIMIT:
        raise InvalidInput(f"В команде AGI больше {ARGUMENT_LIMIT} слов.")
    line = " ".join([name, *map(quote, arguments)]).encode() + b"\n"
    if len(line) > LINE_LIMIT:
        raise InvalidInput(f"Команда AGI длиннее {LINE_LIMIT} байт.")
    return line


def app_argument(value: str) -> str:
    """One argument of a dialplan application run by EXEC, by allow-list.

    AGI itself evaluates nothing, but applications evaluate `${}` and split at `,` `&` `|`; so only letters,
    digits, space and `_ . + / : = @ -` pass. Raises InvalidInput for anything else.
    """
    if not _APP_ARGUMENT.fullmatch(value):
        raise InvalidInput("Значение нельзя передать приложению диалплана: разрешены буквы, цифры и _.+/:=@-")
    return value


def set_variables(values: Mapping[str, str]) -> Command:
    """The command that sets all these channel variables (and functions: `TIMEOUT(absolute)`) at once.

    ARRAY splits its value at commas: every value passes `app_argument`. Raises InvalidInput.
    """
    names, told = ",".join(values), ",".join(map(app_argument, values.values()))
    return ("SET VARIABLE", f"ARRAY({names})", told)


@dataclass(frozen=True, slots=True)
class AgiReply:
    """One reply: `200 result=RESULT (DATA) endpos=N`, or 510, 511, 520 with their text as data."""

    code: int
    result: str
    data: str
    endpos: int = 0
    """Samples played or recorded until the command ended (8000 a second)."""

    @property
    def failed(self) -> bool:
        """Whether the command itself could not be done (a missing file, an unknown application)."""
        return self.code != 200 or self.result in ("-1", "-2")

    @property
    def key(self) -> str:
        """The key that ended a playback or recording, or "" for none (RECORD FILE says 1 for silence)."""
        return chr(int(self.result)) if self.result in _KEYS else ""


_PLAIN = {f"200 result={result}": AgiReply(200, result, "") for result in ("-1", "0", "1")}
"""What nearly every command is answered with."""


def parse_reply(line: str) -> AgiReply:
    """One whole reply (a 520 with its usage lines joined by LF). Raises AgiProtocolError on anything else."""
    if plain := _PLAIN.get(line):
        return plain
    head = _REPLY.fullmatch(line)
    if head is None:
        raise AgiProtocolError(f"Непонятный ответ Asterisk: {clean(line, 100)!r}")
    code, rest = int(head[1]), head[2]
    if code != 200:
        return AgiReply(code, "", rest)
    body = _RESULT.fullmatch(rest)
    if body is None:
        raise AgiProtocolError(f"Ответ Asterisk без result=: {clean(line, 100)!r}")
    result, data = body[1], body[2]
    if not data:
        return AgiReply(200, result, "")
    if data[0] == "(" and data[-1] == ")":  # a variable's value may itself hold brackets: the outermost pair counts
        return AgiReply(200, result, data[1:-1])
    ended = _ENDPOS.fullmatch(data)
    if ended is not None:
        return AgiReply(200, result, ended[1] or "", int(ended[2]))
    return AgiReply(200, result, data)


def is_whole(lines: list[str]) -> bool:
    """Whether these lines are a whole reply: `520-` lasts to its `520 `, an open bracket to its closing one.

    A variable set elsewhere may hold line breaks; then the value goes on until a line that ends with `)`.
    """
    first, last = lines[0], lines[-1]
    if first.startswith("520-"):
        return last.startswith("520 ")
    if first.startswith("200 result=1 ("):
        return last.endswith(")") or "endpos=" in last
    return True


def parse_environment(block: bytes) -> Mapping[str, str]:
    """The `agi_*` lines Asterisk opens with; names without the prefix, values cleaned.

    Of a name that comes twice the first counts: Asterisk 22 says what is its own (the request, the channel, its id)
    before it repeats what a telephone sent. Raises AgiProtocolError beyond ENVIRONMENT_LIMIT bytes or ENVIRONMENT_LINES
    lines, or on a line that is not `agi_name: value` in UTF-8.
    """
    if len(block) > ENVIRONMENT_LIMIT:
        raise AgiProtocolError("Заголовок AGI больше 64 КБ.")
    lines = block.rstrip(b"\n").split(b"\n")
    if len(lines) > ENVIRONMENT_LINES:
        raise AgiProtocolError(f"В заголовке AGI больше {ENVIRONMENT_LINES} строк.")
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or not name.startswith("agi_"):
            raise AgiProtocolError("Это не заголовок AGI.")
        found.setdefault(name[4:], clean(value.strip(), limit=1000))
    return found


def ami_header(name: str, value: str | int) -> tuple[str, str]:
    """One header of an AMI action, checked.

    Raises InvalidInput on anything but letters, digits and `-` in the name, on control characters in the value (a CR
    LF would inject a second action) and on more than AMI_LINE_LIMIT bytes: Asterisk 22 drops the first 1024 bytes of a
    longer line and reads the rest as a header of its own.
    """
    text = str(value)
    if not _AMI_NAME.fullmatch(name):
        raise InvalidInput(f"Имя заголовка AMI — латинские буквы, цифры и дефис, а не {name!r}.")
    if _CONTROL.search(text):
        raise InvalidInput(f"В заголовке AMI {name} управляющий символ: внешний текст сначала очищается.")
    if len(f"{name}: {text}\r\n".encode()) > AMI_LINE_LIMIT:
        raise InvalidInput(f"Заголовок AMI {name} длиннее {AMI_LINE_LIMIT} байт.")
    return name, text
