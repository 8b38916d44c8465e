"""`redrabbit doctor`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from agent.doctor import Check

app = typer.Typer(help="Say what is installed, in use and missing.")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only what is missing.")] = False,
) -> None:
    """Say what is installed, which weights, model, database and GPU are in use, what is missing and how to get it.

    Leaves with 1 when something that is needed is missing.
    """
    from agent.doctor import examine
    from agent.settings import get_settings

    checks = examine(get_settings())
    if as_json:
        print(json.dumps([check.as_dict() for check in checks], indent=2))
    else:
        _show([check for check in checks if check.state == "missing"] if quiet else checks)
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(1)


def _show(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.table import Table

    marks = {"ok": "[green]ok[/]", "off": "[dim]off[/]", "missing": "[red]missing[/]"}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "", "in use", "to change or get it"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        table.add_row(marks[check.state], check.name, check.detail, f"[dim]{check.remedy}[/]")
    Console().print(table)
