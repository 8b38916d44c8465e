"""`redrabbit validate`: is this bundle or settings file fit for use?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tools.detection.validate import Issue

app = typer.Typer(help="Check a bundle or a settings file.")


@app.command()
def validate(
    path: Annotated[Path, typer.Argument(help="A bundle's folder, or a YAML or JSON settings file.")],
    replay: Annotated[bool, typer.Option("--replay/--no-replay", help="Score archived photos again.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Check a bundle or a settings file: keys, values, hashes, rules, and that scores are those at fit.

    Exit code 0: no error; 2: at least one.
    """
    from tools.detection.validate import passed
    from tools.detection.validate import validate as check

    issues = check(path, replay_samples=replay)
    say(str(path), issues, passed(issues), as_json)


def say(what: str, issues: list[Issue], ok: bool, as_json: bool) -> None:
    """Print findings and leave with 2 where one is an error."""
    import json
    import sys

    if as_json:
        document = {"path": what, "ok": ok, "issues": [issue.model_dump(mode="json") for issue in issues]}
        print(json.dumps(document))
    else:
        for issue in issues:
            print(f"{issue.severity}: {issue.message} [{issue.code}]", file=sys.stderr)
        print(f"{what}: {'ok' if ok else 'not fit for use'}", file=sys.stderr)
    if not ok:
        raise typer.Exit(2)
