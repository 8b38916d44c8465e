"""`redrabbit eval …`: list and run evaluations."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from evals.mmad.cli import app as mmad_app
from evals.mmad.cli import compare
from evals.optimise.cli import optimise

app = typer.Typer(no_args_is_help=True, help="List and run evaluations.")
app.add_typer(mmad_app, name="mmad")
app.command("compare")(compare)
app.command("optimise")(optimise)


@app.command("list")
def list_evaluations(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """What can be measured."""
    from evals.registry import available

    if as_json:
        print(json.dumps(available(), indent=2))
        return
    for name, text in available().items():
        print(f"{name:<14}{text}")


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(help="A name from `redrabbit eval list`.")],
    quick: Annotated[bool, typer.Option("--quick", help="The same protocol on less data.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result here as well.")] = None,
    out: Annotated[Path | None, typer.Option(help="Working folder; a later run resumes from it.")] = None,
) -> None:
    """Measure, print the result as JSON and write it to a file."""
    from evals.registry import run_evaluation
    from tools.vision.images import write_atomic

    folder = out or Path("out") / "evals" / (f"{name}-quick" if quick else name)
    text = json.dumps(run_evaluation(name, seed=seed, quick=quick, out=folder), indent=2, sort_keys=False)
    if json_file is not None:
        write_atomic(json_file, f"{text}\n".encode())
        print(f"written to {json_file}", file=sys.stderr)
    print(text)


@app.command("results")
def results() -> None:
    """Write evals/RESULTS.md from the files in evals/results/."""
    from evals.results import PAGE, write_page

    print(f"{write_page()} evaluations in {PAGE}", file=sys.stderr)
