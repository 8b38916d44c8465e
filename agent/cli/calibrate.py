"""`redrabbit calibrate CONFIG.yaml --out DIR`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Tune the generator to a handful of real defects.")


@app.command()
def calibrate(
    config: Annotated[Path, typer.Argument(help="YAML; docs/calibration.md says which keys.")],
    out: Annotated[Path, typer.Option(help="Where experiments/<id>/ goes; the same folder resumes.")],
    seed: Annotated[int | None, typer.Option(help="Instead of the configuration's seed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Render, embed, compare and ask again, until the images lie where the real ones lie."""
    from tools.calibration.config import load_config
    from tools.calibration.experiment import Experiment
    from tools.calibration.report import write_report
    from tools.vision.backbone import get_backbone

    settings = load_config(config)
    if seed is not None:
        settings = settings.model_copy(update={"seed": seed})
    experiment = Experiment(settings, out, embed=get_backbone(settings.backbone).embed)

    def progress(done: int, total: int, text: str) -> None:
        print(f"calibrate: iteration {done} of at most {total}, {text}", file=sys.stderr)

    outcome = experiment.run(progress)
    report = write_report(experiment, outcome)
    if as_json:
        print(json.dumps({**asdict(outcome), "report": str(report)}, indent=2))
        return
    for name, value in outcome.best.items():
        print(f"{name:<24}{value}")
    print(f"\n{outcome.stopped_because}; {outcome.images} images; report: {report}")
