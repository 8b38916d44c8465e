"""`redrabbit migrate`: bring the database up to date, or take it back."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="The revision to go to; `base` removes every table.")] = "head",
    down: Annotated[
        bool, typer.Option("--down", help="Go back to an older revision. Data in dropped tables is lost.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Only say where the database is; exit 1 when it is behind.")
    ] = False,
) -> int:
    """Bring the tables of the database up to date (of REDRABBIT_DATABASE_URL, or the SQLite file)."""
    from agent.settings import get_settings
    from agent.store import migrations
    from agent.store.engine import open_engine

    engine = open_engine(get_settings().store_url)
    before = migrations.current(engine)
    shown = engine.url.render_as_string(hide_password=True)
    if check:
        print(f"{shown}: at {before or 'nothing'}, newest {migrations.HEAD}", file=sys.stderr)
        return 0 if before == migrations.HEAD else 1
    (migrations.downgrade if down else migrations.upgrade)(engine, to)
    print(f"{shown}: {before or 'nothing'} → {migrations.current(engine) or 'nothing'}", file=sys.stderr)
    return 0
