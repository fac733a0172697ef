"""Logging: structlog over the standard library, for people or as JSON lines, with the call's id in the context."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from gridline.errors import GridlineError
from gridline.metrics import BACKGROUND_FAILURES

log = structlog.get_logger(__name__)

_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def _one_line(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """What a caller sent cannot begin a line of its own in the log (attack A18)."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception" and not value.isprintable():  # nearly always it is
            event[key] = _BREAKS.sub("·", value)
    return event


def incident() -> str:
    """A number for one unexpected failure: it stands in the log beside the traceback, and a person can quote it."""
    return uuid4().hex[:8]


@contextmanager
def contained(job: str, event: str, **about: object) -> Iterator[None]:
    """One round of work that goes on after it: what it raises ends here, logged as `event` and counted as `job`.

    An expected failure (GridlineError, OSError) is one line; any other is logged with its traceback and an incident
    number. `service.jobs.Jobs` is for those whose failure may end the round of everybody else in it.
    """
    try:
        yield
    except (GridlineError, OSError) as error:
        BACKGROUND_FAILURES.labels(job).inc()
        log.warning(event, reason=str(error), **about)
    except Exception:
        BACKGROUND_FAILURES.labels(job).inc()
        log.exception(event, incident=incident(), **about)


def configure(format: str, level: str) -> None:
    """Set the program's logging once: `format` is people or json, `level` as in the standard library.

    Our own lines are rendered and written in one pass, since every call leaves two; what libraries say by the standard
    library's logging takes the same steps.
    """
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if format == "json":
        processors += [structlog.processors.format_exc_info, _one_line]
        renderer: Any = structlog.processors.JSONRenderer(serializer=_json)
    else:
        processors.append(_one_line)
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # no locals: they hold secrets
        )
    structlog.configure(
        processors=[*processors, renderer],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def _json(event: EventDict, default: Callable[[Any], Any]) -> str:
    try:
        return orjson.dumps(event, default=default).decode()
    except orjson.JSONEncodeError:  # half a letter, a number of more than 64 bits: rare, and no reason to lose a line
        return json.dumps(event, default=default)
