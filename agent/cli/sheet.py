"""`redrabbit blueprint sheet --out FILE`: a contact sheet of defect types by severity."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools.errors import BadInputError


def sheet(
    out: Annotated[Path, typer.Option(help="PNG file to write.")] = Path("sheet.png"),
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Defect type; repeat for several, none for all.")
    ] = None,
    good: Annotated[Path | None, typer.Option(help="Photo of a good part; rendered base parts without it.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 0,
    crop: Annotated[bool, typer.Option("--crop", help="Show each defect close up.")] = False,
    overview: Annotated[bool, typer.Option("--overview", help="Each type close up, beside its exact mask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Draw what every defect type looks like at every severity."""
    from tools.generation.renderer.types import RENDER_TYPES, get_render_type
    from tools.generation.sheet import draw_overview, draw_sheet, save_sheet
    from tools.vision.images import load_image

    names = [get_render_type(name).name for name in types or RENDER_TYPES]
    if overview and (types or good or crop):
        raise BadInputError("--overview shows every type on our own parts; leave out --type, --good and --crop")
    photo = load_image(good) if good else None
    picture = draw_overview(seed=seed) if overview else draw_sheet(names, photo=photo, seed=seed, crop=crop)
    path = save_sheet(out, picture)
    if as_json:
        print(json.dumps({"sheet": str(path), "types": names, "seed": seed}))
    else:
        what = "beside their masks" if overview else "at 4 severities"
        print(f"drew {len(names)} types {what}: {path}", file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Add the command to a group."""
    app.command("sheet")(sheet)
