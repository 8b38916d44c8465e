"""`redrabbit preflight`: what is wrong with these photos and settings, before any time is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from agent.cli.line_flags import settle, takes_line_settings

app = typer.Typer(help="Check photos, settings and filters before a fit.")


@app.command()
@takes_line_settings
def preflight(
    good: Annotated[list[Path], typer.Option("--good", help="Photos of good parts; may be repeated.")],
    bad: Annotated[Optional[list[Path]], typer.Option("--bad", help="Photos of bad parts.")] = None,  # noqa: UP045
    masks: Annotated[
        Optional[list[Path]], typer.Option("--masks", help="Masks of known defects, a folder a class.")  # noqa: UP045
    ] = None,
    check: Annotated[
        Optional[list[str]], typer.Option("--check", help="A defect in words: its masks must survive the filters.")  # noqa: UP045
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    *,
    line: dict[str, Any],
) -> None:
    """Check photos, settings and filters before a fit. Exit code 0: no error; 2: at least one."""
    from agent.cli.validate import say
    from tools.blueprint.parser import parse
    from tools.detection.preflight import preflight as run
    from tools.detection.validate import passed

    blueprints = [parse(text).blueprint for text in check or []]
    issues = run(good, settle(line), bad=bad or [], masks=masks or [], blueprints=blueprints)
    say(", ".join(str(folder) for folder in good), issues, passed(issues), as_json)
