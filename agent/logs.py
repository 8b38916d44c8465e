"""Logs of the server and the workers: lines for people, or JSON for machines; secrets are struck out of both."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

SECRET = re.compile(
    r"rr_[0-9a-f]{8}_[A-Za-z0-9_-]{16,}"  # our keys
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password in an address
    r"|(?:Bearer|Key)\s+[A-Za-z0-9._:\-]{8,}"  # what a header carries
    r"|sk-[A-Za-z0-9_-]{8,}"
)


def strike_out(text: str) -> str:
    """A text without the secrets that have a known form."""
    return SECRET.sub("***", text)


def _clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = strike_out(value)
    return event


def configure(form: Literal["text", "json"], *, level: int | None = None) -> None:
    """Send this process's logs to stderr.

    Args:
        form: `text`, warnings and worse; `json`, one object a line with a line for each request too.
        level: another threshold for our own loggers.
    """
    import structlog

    from agent.telemetry import add_ids

    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        add_ids,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _clean,
    ]
    shown: Any = structlog.processors.JSONRenderer() if form == "json" else _line
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    chosen = level if level is not None else logging.INFO if form == "json" else logging.WARNING
    logging.getLogger("redrabbit").setLevel(chosen)


def _line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """`warning: redrabbit.fal: what happened`, with the traceback below where there is one."""
    head = f"{event.get('level', 'info')}: {event.get('logger', '')}: {event.get('event', '')}"
    return "\n".join(filter(None, (head, event.get("exception"))))
