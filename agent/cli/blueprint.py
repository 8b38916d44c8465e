"""`redrabbit blueprint …`: words to Blueprints, their schema, changes and differences.

With `--json` stdout is one JSON document; questions and warnings go to stderr either way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import sheet

if TYPE_CHECKING:
    from tools.blueprint.model import Blueprint
    from tools.blueprint.parser import Parsed

app = typer.Typer(no_args_is_help=True, help="Turn words into a Blueprint.")
sheet.register(app)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Language = Annotated[str | None, typer.Option(help="en or de; left out, it is found out.")]


@app.command()
def parse(
    text: Annotated[str, typer.Argument(help="A description; - reads it from standard input.")],
    as_json: Json = False,
    language: Language = None,
    model: Annotated[bool, typer.Option("--model", help="Read it with the chat model of REDRABBIT_MODEL.")] = False,
) -> None:
    """Read a description of a defect; what it does not say stays unknown and is asked."""
    from tools.blueprint.parser import parse as parse_text

    words = sys.stdin.read() if text == "-" else text
    _show(_read_with_model(words) if model else parse_text(words, language=language), as_json)


def _read_with_model(text: str) -> Parsed:
    from agent.models.registry import OFFLINE, get_chat_model
    from agent.programs.parsing import read_with
    from agent.settings import get_settings
    from tools.errors import BadInputError

    settings = get_settings()
    if settings.model == OFFLINE:
        raise BadInputError("--model needs a chat model; set REDRABBIT_MODEL=provider:name, or leave --model out")
    return read_with(get_chat_model(settings), text, data_dir=settings.data_dir)


@app.command()
def refine(
    file: Annotated[Path, typer.Argument(help="A Blueprint as JSON.")],
    text: Annotated[str, typer.Argument(help='The change: "wider", "two of them", "on the left".')],
    as_json: Json = False,
    language: Language = None,
) -> None:
    """Change a Blueprint by words and print the next version; the file stays as it is."""
    from tools.blueprint.files import load_blueprint
    from tools.blueprint.refine import refine as change

    _show(change(load_blueprint(file), text, language=language), as_json)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A Blueprint as JSON.")],
    new: Annotated[Path, typer.Argument(help="Another.")],
    as_json: Json = False,
) -> None:
    """Show the fields in which two Blueprints differ."""
    from tools.blueprint.files import load_blueprint
    from tools.blueprint.versions import describe
    from tools.blueprint.versions import diff as compare

    changes = compare(load_blueprint(old), load_blueprint(new))
    if as_json:
        print(json.dumps([change.model_dump(mode="json") for change in changes], indent=2, ensure_ascii=False))
    elif not changes:
        print("no difference")
    else:
        rows = [(change.path, describe(change.old), describe(change.new), change.origin.value) for change in changes]
        _table(("field", "old", "new", "origin"), rows)


@app.command()
def schema() -> None:
    """Print the JSON schema of a Blueprint."""
    from tools.blueprint.versions import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
def types(as_json: Json = False) -> None:
    """List the defect types with their usual sizes in mm."""
    from tools.blueprint.registry import DEFECT_TYPES

    if as_json:
        print(json.dumps([_type_as_json(name) for name in DEFECT_TYPES], indent=2, ensure_ascii=False))
        return
    rows = []
    for name, kind in DEFECT_TYPES.items():
        sizes = [
            f"{field[:-3]} {kind.defaults[field].min:g}–{kind.defaults[field].max:g}" for field in kind.size_fields
        ]
        rows.append((name, kind.label.get("de", ""), ", ".join(sizes), kind.description))
    _table(("type", "Deutsch", "usual sizes, mm", "what it is"), rows)


def _type_as_json(name: str) -> dict[str, Any]:
    from tools.blueprint.registry import get_defect_type

    kind = get_defect_type(name)
    return {
        "name": kind.name,
        "label": dict(kind.label),
        "description": kind.description,
        "main_size": kind.main_size,
        "defaults": {field: value.model_dump() for field, value in kind.defaults.items()},
    }


def _show(parsed: Parsed, as_json: bool) -> None:
    """Print a Blueprint as JSON or as a table; questions and warnings on stderr."""
    if as_json:
        from tools.blueprint.files import dump_blueprint

        print(dump_blueprint(parsed.blueprint), end="")
    else:
        _table(("field", "value", "origin"), _rows(parsed.blueprint))
    for warning in parsed.warnings:
        print(f"note: {warning}", file=sys.stderr)
    for question in parsed.questions:
        options = f" [{' | '.join(question.options)}]" if question.options else ""
        print(f"question: {question.text}{options}", file=sys.stderr)


def _rows(blueprint: Blueprint) -> list[tuple[str, str, str]]:
    from tools.blueprint.versions import describe, flatten

    rows = []
    for path, value in flatten(blueprint).items():
        origin = blueprint.origin.get(path)
        if value not in (None, [], {}) or origin is not None:
            rows.append((path, describe(value), origin.value if origin is not None else ""))
    return rows


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        style = "dim" if row[-1] == "unknown" else ""
        table.add_row(*(Text(cell, style=style) for cell in row))
    Console().print(table)
