"""`redrabbit watch`: inspect photos as they arrive in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from agent.cli.line_flags import settle, takes_line_settings

app = typer.Typer(help="Inspect photos as they arrive in a folder.")


@app.command()
@takes_line_settings
def watch(
    folder: Annotated[Path, typer.Argument(help="Where photos arrive.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder that redrabbit fit wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for results.jsonl, masks, overlays.")],
    settle_seconds: Annotated[
        float, typer.Option("--settle-seconds", help="A photo is complete when unchanged for so long.", min=0.0)
    ] = 0.5,
    once: Annotated[bool, typer.Option("--once", help="Inspect what is there and end.")] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Read the folder every second: for network shares.")] = False,
    sort_into: Annotated[
        Optional[Path], typer.Option("--sort-into", help="Move photos into folders by verdict.")  # noqa: UP045
    ] = None,
    save_maps: Annotated[bool, typer.Option("--save-maps", help="Write score maps.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON a photo on stdout.")] = False,
    *,
    line: dict[str, Any],
) -> None:
    """Inspect photos as they arrive in a folder, until Ctrl-C. A restart goes on where it stopped."""
    import sys

    from tools.detection.bundle import Bundle
    from tools.detection.inspect import InspectOptions
    from tools.detection.watch import WatchOptions, watch_folder

    loaded = Bundle.load(bundle)
    _ = loaded.detector
    chosen = WatchOptions(settle_s=settle_seconds, once=once, force_polling=poll, sort_into=sort_into)
    print(f"watching {folder}; Ctrl-C ends", file=sys.stderr)
    for record in watch_folder(
        folder,
        loaded,
        out,
        config=settle(line, loaded.config),
        options=InspectOptions(save_maps=save_maps, num_workers=0, batch_size=1),
        watch=chosen,
    ):
        if as_json:
            print(record.model_dump_json(), flush=True)
        else:
            reason = record.reasons[0] if record.reasons else ""
            print(f"{record.verdict:<13} {record.input}: {reason}", file=sys.stderr, flush=True)
