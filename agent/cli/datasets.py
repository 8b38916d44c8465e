"""`redrabbit datasets …`: verify, convert and describe data sets."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Verify, convert and describe data sets.")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A data set that `redrabbit sculpt` wrote.")], as_json: Json = False
) -> None:
    """Render every image again and compare bit for bit; leaves with 1 where one differs."""
    from tools.datasets.verify import verify as run

    result = run(folder, progress=lambda done: _count(done, "images compared"))
    if as_json:
        print(json.dumps({**asdict(result), "ok": result.ok}, indent=2))
    else:
        for mismatch in result.mismatches:
            print(f"{mismatch.image}: {mismatch.reason}")
        print(f"{result.n_images - len(result.mismatches)} of {result.n_images} images are what their lineage says")
    if not result.ok:
        raise typer.Exit(1)


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A data set in any format.")],
    target: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    layout: Annotated[str, typer.Option("--format", help="mvtec, coco, coco-polygons, yolo or masks.")],
    as_json: Json = False,
) -> None:
    """Write a data set again in another format."""
    from tools.datasets.convert import convert as run

    result = run(source, target, layout, progress=lambda done: _count(done, "images written"))
    if as_json:
        print(json.dumps(asdict(result), indent=2))
    else:
        print(f"{result.n_images} images: {result.source_format} → {result.target_format} in {target}")


@app.command()
def info(folder: Annotated[Path, typer.Argument(help="A data set in any format.")], as_json: Json = False) -> None:
    """Say what a data set holds: format, counts, sizes, mask shares, traced images."""
    from tools.datasets.convert import info as run

    facts = run(folder)
    if as_json:
        print(json.dumps(facts, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("split", "label", "images"):
        table.add_column(heading, justify="right" if heading == "images" else "left")
    for row in facts["counts"]:
        table.add_row(row["split"], row["label"], str(row["images"]))
    console = Console()
    height, width = facts["height_px"], facts["width_px"]
    console.print(
        f"{facts['format']}, {facts['n_images']} images, "
        f"{width['min']}–{width['max']} x {height['min']}–{height['max']} px, {facts['traced_images']} traced"
    )
    console.print(table)
    if facts["mask_share"] is not None:
        share = facts["mask_share"]
        console.print(f"masks cover {100 * share['median']:.2g} % (median), {100 * share['max']:.2g} % at most")
    if facts["defects_without_mask"]:
        console.print(f"{facts['defects_without_mask']} defects have no mask")


def _count(done: int, words: str) -> None:
    """A count on stderr that stays on one line in a terminal, and each hundredth elsewhere."""
    if sys.stderr.isatty():
        print(f"\r{done} {words}", end="", file=sys.stderr, flush=True)
    elif done % 100 == 0:
        print(f"{done} {words}", file=sys.stderr, flush=True)
