"""`redrabbit evolve "TEXT" --good DIR --out DIR`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Improve a defect's look automatically, within a budget.")


@app.command()
def evolve(
    text: Annotated[str, typer.Argument(help='"a 3 mm scratch on brushed steel", or a Blueprint as a JSON file.')],
    good: Annotated[Path, typer.Option(help="Folder (or one file) with photos of good parts.")],
    out: Annotated[Path, typer.Option(help="The run's folder; the same one resumes.")],
    references: Annotated[Path | None, typer.Option(help="Wanted defects: NAME.png with NAME_mask.png.")] = None,
    evaluations: Annotated[int, typer.Option(min=8, help="At most so many pictures drawn and judged.")] = 120,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="At most so long.")] = None,
    usd: Annotated[float | None, typer.Option(min=0.0, help="At most so much money for pictures from fal.ai.")] = None,
    generator: Annotated[str, typer.Option(help="renderer, or fal where REDRABBIT_FAL_KEY is set.")] = "renderer",
    accept: Annotated[float, typer.Option(min=0.01, max=1.0, help="Stop at this score.")] = 0.95,
    mm_per_px: Annotated[float | None, typer.Option(help="Scale of the photos, millimetres a pixel.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same run.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Evolve the look of a defect; writes the Blueprint with its prompt, the frontier as a picture, and its members."""
    from agent.cli.sculpt import understand
    from agent.models.ask import asker
    from agent.settings import get_settings
    from tools.blueprint.model import Blueprint
    from tools.errors import BadInputError
    from tools.evolution.automatic import evolve_blueprint
    from tools.evolution.engine import Budget
    from tools.scoring.agreement import agreement_for
    from tools.vision.images import content_hash, find_images

    if text.endswith(".json"):
        try:
            blueprint = Blueprint.model_validate_json(Path(text).read_bytes())
        except (OSError, ValueError) as error:
            raise BadInputError(f"{text} is no Blueprint: {str(error).splitlines()[0]}") from error
    else:
        blueprint = understand(text, mm_per_px=mm_per_px, yes=True, ask=None)

    settings = get_settings()
    if generator == "fal":
        from agent.jobs.fal import Unwatched, connect

        usd = settings.fal_usd_per_job if usd is None else usd
        # The same folder goes on on the same account, so that no picture is paid for twice.
        connect(settings, f"evolve-{content_hash(str(out.resolve()).encode())[:16]}", usd, Unwatched())

    def progress(done: int, total: int, words: str) -> None:
        print(f"evolve: {done} of at most {total} evaluations, {words}", file=sys.stderr)

    found = evolve_blueprint(
        blueprint,
        find_images(good),
        out,
        budget=Budget(evaluations, accept, seconds, usd),
        references=references,
        generator=generator,
        extra=agreement_for(settings.backbone),
        ask=asker(settings),
        seed=seed,
        progress=progress,
    )
    if as_json:
        print(json.dumps(found.as_document(), indent=2))
        return
    print(f"score {found.start_score:.3f} → {found.best_score:.3f} after {found.evolution.evaluations} evaluations")
    if found.spent_usd:
        print(f"spent: ${found.spent_usd:.2f}")
    print(f"prompt: {found.blueprint.prompt or '(the Blueprint alone)'}")
    if found.feedback:
        print(f"still: {found.feedback}")
    print(f"Blueprint: {out / 'blueprint.json'}; picture: {found.frontier}")
