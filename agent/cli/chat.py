"""`redrabbit chat`: talk to Red Rabbit in the terminal, or play a script."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from agent.conversation import Conversation
    from agent.events import Event
    from agent.script import Turn

app = typer.Typer()
STOP_WORDS = frozenset({"exit", "quit", "/exit", "/quit", ":q"})


@app.command()
def chat(
    script: Annotated[Path | None, typer.Option(help="Play this file: a line is a message, @path attaches.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --script: one JSON document on stdout.")] = False,
    conversation_id: Annotated[
        str | None, typer.Option("--id", help="Go on with the conversation of this name.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="offline, or provider:name; by default REDRABBIT_MODEL.")] = None,
    inline: Annotated[bool, typer.Option("--inline", help="Run long work in this process instead of as jobs.")] = False,
) -> None:
    """Talk to Red Rabbit: describe a defect, choose, export, fit, inspect, report. "@path" attaches photos."""
    conversation = _open(conversation_id, model, inline)
    if script is not None:
        _play(conversation, script, as_json)
        return
    if as_json:
        raise typer.BadParameter("--json needs --script FILE")
    _talk(conversation)


def _open(conversation_id: str | None, model: str | None, inline: bool) -> Conversation:
    import uuid

    from agent.conversation import Conversation
    from agent.settings import get_settings
    from agent.toolbelt.work import InlineRunner

    settings = get_settings()
    if model is not None:
        settings = settings.model_copy(update={"model": model})
    name = conversation_id or f"terminal-{uuid.uuid4().hex[:8]}"
    return Conversation(settings, name, runner=InlineRunner() if inline else None)


def _play(conversation: Conversation, script: Path, as_json: bool) -> None:
    """Play a script; the transcript goes to stdout as Markdown, or as one JSON document."""
    import json

    from agent.script import play, to_markdown

    turns = play(conversation, _read(script), None if not as_json else _show_progress)
    if as_json:
        document = {"conversation": conversation.id, "turns": [_turn(turn) for turn in turns]}
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print(to_markdown(turns))


def _read(script: Path) -> list[str]:
    from tools.errors import BadInputError

    try:
        return script.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise BadInputError(f"{script} does not exist; name a text file with a message a line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{script} cannot be read as text ({error}); save it as UTF-8") from None


def _turn(turn: Turn) -> dict[str, Any]:
    return turn.model_dump(mode="json")


def _show_progress(event: Event) -> None:
    if event.kind == "progress":
        print(f"{event.fraction:4.0%} {event.message}", file=sys.stderr)


def _talk(conversation: Conversation) -> None:
    """Read and answer until the end of input."""
    from rich.console import Console

    from agent.script import read_line

    console = Console()
    console.print('[bold]Red Rabbit[/] – describe a defect. "@path" attaches photos, "help" helps, "exit" ends.')
    while True:
        try:
            line = console.input("[bold cyan]you ›[/] ")
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if line.strip().lower() in STOP_WORDS:
            return
        read = read_line(line)
        if read is not None:
            _answer(conversation, console, *read)


def _answer(conversation: Conversation, console: Any, text: str, files: list[Path]) -> None:
    """Show what a message leads to; Ctrl-C stops the running job, not the conversation."""
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}
        try:
            for event in conversation.send(text, files):
                if event.kind == "progress":
                    task = tasks.setdefault(event.job_id, bar.add_task("", total=1.0))
                    bar.update(task, completed=event.fraction, description=event.message[:60])
                else:
                    _show(console, event)
        except KeyboardInterrupt:
            conversation.cancel()
            console.print("[yellow]stopped[/]")


def _show(console: Any, event: Event) -> None:
    from rich.markdown import Markdown
    from rich.markup import escape

    from agent.script import event_lines

    if event.kind == "text":
        console.print(Markdown(event.text))
        return
    style = {"error": "red", "question": "bold", "approval": "bold", "lineup": "bold"}.get(event.kind, "dim")
    for line in event_lines(event):
        console.print(f"[{style}]{escape(line.replace('**', ''))}[/]", soft_wrap=True)
