"""`redrabbit knowledge …`: ask, add documents, rebuild."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from knowledge.index import Changes, Hit, KnowledgeIndex

app = typer.Typer(no_args_is_help=True, help="Ask, add to and rebuild the knowledge index.")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In English or German.")],
    as_json: AsJson = False,
    count: Annotated[int, typer.Option("-k", "--count", min=1, max=100, help="How many answers.")] = 3,
    defect_type: Annotated[str | None, typer.Option("--type", help="Only this defect type.")] = None,
    family: Annotated[str | None, typer.Option(help="Only this family: metal, casting, pcb, glass …")] = None,
) -> None:
    """Find the records and passages that answer a question best."""
    where = {"defect_type": defect_type, "family": family}
    hits = _index().search(question, k=count, where=where)
    if as_json:
        print(json.dumps({"question": question, "hits": [hit.model_dump(mode="json") for hit in hits]}, indent=2))
    else:
        _show(hits)


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="PDF, Markdown, text, CSV or JSON.")], as_json: AsJson = False
) -> None:
    """Add documents; a new version of a file replaces the old one. A file that cannot be read changes nothing."""
    _report(_index().add(*files), as_json)


@app.command()
def rebuild(
    as_json: AsJson = False,
    force: Annotated[bool, typer.Option("--force", help="Embed everything again, changed or not.")] = False,
) -> None:
    """Bring the index up to date with the shipped records and the added files."""
    _report(_index().rebuild(force=force), as_json)


def _index() -> KnowledgeIndex:
    from agent.report.knowledge import open_index
    from agent.settings import get_settings

    return open_index(get_settings())


def _report(changes: Changes, as_json: bool) -> None:
    if as_json:
        print(changes.model_dump_json(indent=2))
        return
    for sentence in changes.skipped:
        typer.echo(f"kept as it was: {sentence}", err=True)
    print(f"{changes.added} added, {changes.unchanged} unchanged, {changes.removed} removed")


def _show(hits: list[Hit]) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    if not hits:
        console.print("Nothing is known about that.")
    for number, hit in enumerate(hits, start=1):
        console.print(Text.assemble(f"{number}. ", (hit.title, "bold"), (f"  [{hit.record_id}]", "dim")))
        if hit.record is None:
            console.print(Padding(Text(f"“{hit.text}”"), (0, 0, 0, 3)))
        else:
            console.print(Padding(Text(hit.record.looks), (0, 0, 0, 3)))
            for label, items in (
                ("causes", hit.record.causes),
                ("check", hit.record.checks),
                ("do", hit.record.actions),
            ):
                console.print(Padding(Text.assemble((f"{label}: ", "bold"), "; ".join(items)), (0, 0, 0, 3)))
        console.print(Padding(Text(hit.source, style="dim"), (0, 0, 1, 3)))
