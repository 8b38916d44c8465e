"""Plays a conversation from lines and keeps what happened: for `redrabbit chat --script`, the demo and evaluations.

A line is a message; words that begin with "@" are attached files or folders; empty lines and lines that begin with "#"
are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agent.conversation import Conversation
from agent.events import Event, ProgressEvent

Show = Callable[[Event], None]


class Turn(BaseModel):
    """One message and everything that came of it."""

    model_config = ConfigDict(frozen=True)

    text: str
    files: tuple[Path, ...] = ()
    events: tuple[Event, ...] = ()
    seconds: float = 0.0


def read_line(line: str) -> tuple[str, list[Path]] | None:
    """A line as text and attachments; None where there is nothing to say. `@"a path"` may hold blanks."""
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return None
    words: list[str] = []
    files: list[Path] = []
    for piece in _pieces(stripped):
        if piece.startswith("@") and len(piece) > 1:
            files.append(Path(piece[1:].strip("\"'")).expanduser())
        else:
            words.append(piece)
    return " ".join(words), files


def _pieces(line: str) -> list[str]:
    """Words, where `@"…"` is one word."""
    import re

    return re.findall(r'@"[^"]*"|@\'[^\']*\'|\S+', line)


def play(conversation: Conversation, lines: Iterable[str], show: Show | None = None) -> list[Turn]:
    """Play the lines one after the other; progress events are shown but not kept."""
    turns: list[Turn] = []
    for line in lines:
        read = read_line(line)
        if read is not None:
            turns.append(play_one(conversation, *read, show=show))
    return turns


def play_one(conversation: Conversation, text: str, files: list[Path], *, show: Show | None = None) -> Turn:
    """Send one message and collect what comes of it."""
    started = time.monotonic()
    events: list[Event] = []
    for event in conversation.send(text, files):
        if show is not None:
            show(event)
        if not isinstance(event, ProgressEvent):
            events.append(event)
    seconds = round(time.monotonic() - started, 3)
    return Turn(text=text, files=tuple(files), events=tuple(events), seconds=seconds)


def to_markdown(turns: Iterable[Turn], title: str = "A conversation with Red Rabbit") -> str:
    """The transcript for people."""
    lines = [f"# {title}", ""]
    for turn in turns:
        attached = "".join(f" `@{path}`" for path in turn.files)
        lines += [f"**You:** {turn.text}{attached}", ""]
        for event in turn.events:
            lines += [*event_lines(event), ""]
    return "\n".join(lines)


def event_lines(event: Event) -> list[str]:  # noqa: PLR0911
    """An event as lines of text: what a terminal shows."""
    match event.kind:
        case "text":
            return [event.text]
        case "error":
            return [f"⚠ {event.text}"]
        case "question":
            options = [f"  {number}. {option}" for number, option in enumerate(event.options, 1)]
            return [f"**{event.text}**", *options]
        case "approval":
            return [f"**{event.text}** (yes / no)"]
        case "lineup":
            return [f"**{event.text}**", f"  1: {event.left.path}", f"  2: {event.right.path}"]
        case "pictures":
            return [f"  {picture.caption}: {picture.path}" for picture in event.pictures]
        case "files":
            return [f"  {path}" for path in event.files]
        case "blueprint":
            from agent.wording import summarise

            return [f"  Blueprint v{event.blueprint.version}: {summarise(event.blueprint)}"]
        case _:
            return []
