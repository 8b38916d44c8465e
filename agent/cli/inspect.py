"""`redrabbit inspect`: photos + a bundle → verdicts, regions, masks, overlays, reports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from agent.cli.line_flags import settle, takes_line_settings

if TYPE_CHECKING:
    from agent.report.batch import BatchReports
    from tools.detection.bundle import Bundle

app = typer.Typer(help="Inspect photos with a bundle.")


@app.command()
@takes_line_settings
def inspect(
    paths: Annotated[list[Path], typer.Argument(help="Photos and folders.")],
    bundle: Annotated[Path, typer.Option("--bundle", help="Folder that redrabbit fit wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for results.jsonl, masks, overlays, maps.")],
    save_maps: Annotated[bool, typer.Option("--save-maps", help="Write score maps as float32 .npy.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Write a report for each photo.")] = False,
    overlays: Annotated[bool, typer.Option("--overlays/--no-overlays", help="Write overlays.")] = True,
    rle: Annotated[bool, typer.Option("--rle", help="Run lengths of each region in its line.")] = False,
    continue_on_error: Annotated[
        bool, typer.Option("--continue-on-error", help="An unreadable photo gets a line with its error.")
    ] = False,
    max_errors: Annotated[int, typer.Option("--max-errors", help="Stop after so many; 0: never.", min=0)] = 0,
    batch_size: Annotated[int, typer.Option("--batch-size", help="Photos scored together.", min=1)] = 8,
    num_workers: Annotated[int, typer.Option("--num-workers", help="Threads that decode ahead.", min=0)] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget earlier results in --out.")] = False,
    profile: Annotated[bool, typer.Option("--profile", help="Print stage times to stderr.")] = False,
    profile_json: Annotated[Optional[Path], typer.Option("--profile-json", help="Write stage times.")] = None,  # noqa: UP045
    language: Annotated[Optional[str], typer.Option("--language", help="Of reports: en, de, ko.")] = None,  # noqa: UP045
    material: Annotated[Optional[str], typer.Option("--material", help="Of the part, in words: picks causes.")] = None,  # noqa: UP045
    as_json: Annotated[bool, typer.Option("--json", help="A summary as one JSON document on stdout.")] = False,
    *,
    line: dict[str, Any],
) -> None:
    """Inspect photos. A killed run loses no finished line; the same command goes on where it stopped."""
    from agent.cli.progress import progress_bar
    from tools.detection.bundle import Bundle
    from tools.detection.inspect import InspectOptions, inspect_paths
    from tools.detection.profile import Profile

    times = Profile()
    with times.once("load_bundle"):
        loaded = Bundle.load(bundle)
        _ = loaded.detector
    options = InspectOptions(
        save_maps=save_maps,
        save_overlays=overlays,
        with_rle=rle or report,
        continue_on_error=continue_on_error,
        max_errors=max_errors,
        batch_size=batch_size,
        num_workers=num_workers,
        resume=not fresh,
        finish=_reports(out, language, material, loaded) if report else None,
    )
    counts: dict[str, int] = {}
    errors = 0
    with progress_bar("inspecting") as progress:
        config = settle(line, loaded.config)
        for record in inspect_paths(
            paths, loaded, out, config=config, options=options, profile=times, progress=progress
        ):
            counts[record.verdict] = counts.get(record.verdict, 0) + 1
            errors += record.error is not None
    if report:
        _shift(out, language)
    _say(counts, errors, out, as_json)
    _say_times(times, profile, profile_json)


def _reports(out: Path, language: str | None, material: str | None, bundle: Bundle) -> BatchReports:
    """Writes `reports/<name>.json` and `.html` for each record, with what the bundle and the data folder know."""
    from agent.report.batch import BatchReports
    from agent.report.knowledge import open_index
    from agent.report.visual import open_visual
    from agent.report.writer import Context
    from agent.settings import get_settings

    settings, calibration = get_settings(), bundle.calibration
    return BatchReports(
        out,
        language=language or settings.language,
        index=open_index(settings),
        visual=open_visual(settings),
        context=Context(material=material, good_scores=calibration.good_scores, promise=calibration.words),
    )


def _shift(out: Path, language: str | None) -> None:
    """The summary of the batch beside its reports."""
    import sys

    from agent.report.batch import read_results, write_shift
    from agent.settings import get_settings

    records = read_results(out)
    if records:
        page = write_shift(records, out, title=out.resolve().name, language=language or get_settings().language)[1]
        print(f"reports: {out / 'reports'}; summary: {page}", file=sys.stderr)


def _say(counts: dict[str, int], errors: int, out: Path, as_json: bool) -> None:
    import json
    import sys

    total = sum(counts.values())
    if as_json:
        names = ("ok", "review", "ng", "cannot_judge")
        summary = {"images": total, "errors": errors, **{name: counts.get(name, 0) for name in names}}
        print(json.dumps({**summary, "results": str(out / "results.jsonl")}))
        return
    verdicts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(counts.items()))
    print(f"{total} photos: {verdicts}; {out / 'results.jsonl'}", file=sys.stderr)


def _say_times(times: Any, shown: bool, target: Path | None) -> None:
    import json
    import sys

    from tools.detection.profile import table

    if shown:
        print(table(times.summary()), file=sys.stderr)
    if target is not None:
        from tools.vision.images import write_atomic

        write_atomic(target, (json.dumps(times.summary(), indent=2) + "\n").encode())
