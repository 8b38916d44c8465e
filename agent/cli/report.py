"""`redrabbit report …`: write reports, sum up a shift, review, verify the review log, learn pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.report.review import ReviewLog
    from agent.report.writer import Context
    from agent.settings import Settings
    from knowledge.index import KnowledgeIndex
    from knowledge.visual import VisualIndex
    from tools.vision.types import RgbImage

app = typer.Typer(no_args_is_help=True, help="Write, sum up and review inspection reports.")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Results = Annotated[Path, typer.Argument(help="An inspection's folder, or its results.jsonl.")]
Language = Annotated[str | None, typer.Option("--language", help="en, de or ko; the setting if not given.")]


@app.command()
def write(
    results: Results,
    out: Annotated[Path | None, typer.Option("--out", help="Folder; the inspection's own if not given.")] = None,
    language: Language = None,
    formats: Annotated[str, typer.Option("--format", help="Of json, html, md, pdf, with commas.")] = "json,html,pdf",
    material: Annotated[str | None, typer.Option(help="The part's material, in words: picks the records.")] = None,
    family: Annotated[str | None, typer.Option(help="The records' family: metal, casting, pcb, glass …")] = None,
    bundle: Annotated[Path | None, typer.Option(help="The bundle: its held-out good scores give a confidence.")] = None,
    writer: Annotated[str, typer.Option(help="template, or llm where a model is set.")] = "template",
    as_json: AsJson = False,
) -> None:
    """Write a report a part from an inspection's results."""
    from agent.report.batch import read_results
    from agent.report.render import save_report
    from agent.report.writer import write_report

    settings, index, context = _surroundings(material, family, bundle)
    folder = (out or (results if results.is_dir() else results.parent)) / "reports"
    written = []
    for record in read_results(results):
        image = _photo(record.input)
        report = write_report(
            record,
            image,
            writer=writer,
            language=language or settings.language,
            index=index,
            visual=_visual() if image is not None else None,
            model=_model() if writer == "llm" else None,
            context=context,
        )
        name = f"{Path(record.input).stem}-{report.report_id.removeprefix('rep-')}"
        files = save_report(report, folder, name=name, formats=[one.strip() for one in formats.split(",")])
        written.append({"report": report.report_id, **{form: str(path) for form, path in files.items()}})
    if as_json:
        print(json.dumps(written, indent=2))
    else:
        print(f"{len(written)} reports in {folder}")


@app.command()
def shift(
    results: Results,
    out: Annotated[Path | None, typer.Option("--out", help="Folder; the inspection's own if not given.")] = None,
    title: Annotated[str, typer.Option(help="Heading: line, part, shift.")] = "Inspected parts",
    baseline: Annotated[float | None, typer.Option(help="Usual NG rate, 0 to 1, that limits stand on.")] = None,
    language: Language = None,
    as_json: AsJson = False,
) -> None:
    """Sum up a batch: Pareto chart, p-chart, EWMA, drift, examples."""
    from agent.report.batch import read_results, write_shift
    from agent.settings import get_settings

    folder = out or (results if results.is_dir() else results.parent)
    spoken = language or get_settings().language
    summary, page = write_shift(read_results(results), folder, title=title, language=spoken, baseline=baseline)
    if as_json:
        print(summary.model_dump_json(indent=2))
    else:
        print(page)


@app.command()
def review(
    report: Annotated[Path, typer.Argument(help="A report's JSON file.")],
    decision: Annotated[str, typer.Argument(help="confirm, correct or override.")],
    reviewer: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[str, typer.Option(help="Why; needed for correct and override.")] = "",
    verdict: Annotated[str | None, typer.Option(help="The right verdict, for override: ok, review, ng.")] = None,
    finding: Annotated[str | None, typer.Option(help="The finding's id, for correct.")] = None,
    defect_type: Annotated[str | None, typer.Option("--type", help="Its right type, for correct.")] = None,
    image: Annotated[Path | None, typer.Option(help="The photo, so that a correction can be learned.")] = None,
) -> None:
    """Keep an operator's decision in the append-only log."""
    from agent.report.errors import ReportInputError
    from agent.report.render import load_report

    if decision not in ("confirm", "correct", "override"):
        raise ReportInputError(f"no decision {decision!r}; use confirm, correct or override")
    kept = _log().append(
        load_report(report),
        decision,  # type: ignore[arg-type]
        reviewer=reviewer,
        reason=reason,
        new_verdict=verdict,
        region_id=finding,
        new_type=defect_type,
        image=str(image.resolve()) if image else "",
    )
    print(kept.model_dump_json(indent=2))


@app.command()
def verify(
    log: Annotated[Path | None, typer.Argument(help="The log; the data folder's if not given.")] = None,
    head: Annotated[str | None, typer.Option(help="The last hash as noted elsewhere: shows a cut-off end.")] = None,
) -> None:
    """Check that no decision in the log was changed, removed or inserted; leaves with 1 where one was."""
    from agent.report.review import verify as check

    found = check(log or _log().path, head=head)
    print(found.model_dump_json(indent=2))
    if not found.intact:
        raise typer.Exit(1)


@app.command()
def learn(
    good: Annotated[Path | None, typer.Option(help="Folder of good photos, to compare with.")] = None,
    defects: Annotated[Path | None, typer.Option(help="Folder with one folder of photos a defect type.")] = None,
    category: Annotated[str, typer.Option(help="What kind of part they show.")] = "",
) -> None:
    """Add pictures, and the corrections in the review log, to the visual index."""
    from agent.report.review import teach
    from agent.report.visual import open_visual, visual_folder
    from agent.settings import get_settings
    from tools.vision.images import find_images

    index = open_visual(get_settings(), create=True)
    assert index is not None
    new = index.add_good(find_images(good), category=category) if good else 0
    for folder in sorted(path for path in defects.iterdir() if path.is_dir()) if defects else []:
        for path in find_images(folder):
            index.add_defect(path, None, folder.name, category=category)
            new += 1
    taught = teach(index, list(_log()), category=category)
    index.save(visual_folder(get_settings()))
    print(f"{new} pictures and {taught} corrections added; {len(index)} examples")


def _surroundings(
    material: str | None, family: str | None, bundle: Path | None
) -> tuple[Settings, KnowledgeIndex, Context]:
    from agent.report.knowledge import open_index
    from agent.report.writer import Context
    from agent.settings import get_settings

    settings = get_settings()
    scores: tuple[float, ...] = ()
    promise = ""
    if bundle is not None:
        from tools.detection.bundle import Bundle

        calibration = Bundle.load(bundle).calibration
        scores, promise = calibration.good_scores, calibration.words
    context = Context(material=material, family=family, good_scores=scores, promise=promise)
    return settings, open_index(settings), context


def _photo(path: str) -> RgbImage | None:
    """The photo, or None where it is gone or unreadable: the report then goes without pictures."""
    from tools.vision.errors import ImageError
    from tools.vision.images import load_image

    try:
        return load_image(Path(path))
    except ImageError as error:
        typer.echo(f"no pictures: {error}", err=True)
        return None


def _model() -> BaseChatModel:
    from agent.models.registry import get_chat_model
    from agent.report.errors import ReportInputError
    from agent.settings import get_settings

    settings = get_settings()
    if settings.model == "offline":
        raise ReportInputError("the llm writer needs a chat model; set REDRABBIT_MODEL or use the template writer")
    return get_chat_model(settings)


def _log() -> ReviewLog:
    from agent.report.review import ReviewLog
    from agent.settings import get_settings

    return ReviewLog(get_settings().data_dir / "reviews.jsonl")


def _visual() -> VisualIndex | None:
    from agent.report.visual import open_visual
    from agent.settings import get_settings

    return open_visual(get_settings())
