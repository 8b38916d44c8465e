"""`redrabbit sculpt "TEXT" --good DIR --count N --seed S --out DIR`: words and good photos to a data set."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tools.errors import BadInputError

if TYPE_CHECKING:
    from tools.blueprint.model import Blueprint
    from tools.blueprint.parser import Question
    from tools.datasets.sculpt import SculptResult

app = typer.Typer(help="Words + good photos → a data set of defects with exact masks.")

DEFAULT_MM_PER_PX = 0.1
"""What `--yes` takes where millimetres are said and nobody knows the scale."""
SIZES = ("length_mm", "width_mm", "depth_mm", "diameter_mm")


class Format(StrEnum):
    """The data-set formats."""

    MVTEC = "mvtec"
    COCO = "coco"
    COCO_POLYGONS = "coco-polygons"
    YOLO = "yolo"
    MASKS = "masks"


@app.command()
def sculpt(
    text: Annotated[str, typer.Argument(help='What to draw: "a 3 mm scratch on brushed steel".')],
    good: Annotated[Path, typer.Option(help="Folder (or one file) with photos of good parts.")],
    out: Annotated[Path, typer.Option(help="Empty or new folder, or one that the same command began.")],
    count: Annotated[int, typer.Option(help="Images with a defect.")] = 50,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 0,
    layout: Annotated[Format, typer.Option("--format", help="Format of the data set.")] = Format.MVTEC,
    mm_per_px: Annotated[float | None, typer.Option(help="Scale of the photos, millimetres a pixel.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults and name them.")] = False,
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Sculpt a data set: images with a defect, exact masks, lineage, a card and a contact sheet."""
    from tools.datasets.sculpt import sculpt as run
    from tools.vision.images import find_images

    blueprint = understand(text, mm_per_px=mm_per_px, yes=yes, ask=_asker())
    photos = find_images(good)
    with _progress() as report:
        result = run(
            blueprint, photos, out, count=count, seed=seed, layout=layout.value, workers=workers, progress=report
        )
    for line in result.skipped:
        say(f"skipped: {line}")
    if as_json:
        print(json.dumps(as_document(result, blueprint), indent=2))
    else:
        print(f"{result.n_images} images in {result.root}; look at {result.contact_sheet}, read {result.card}")


def understand(
    text: str, *, mm_per_px: float | None, yes: bool, ask: Callable[[str, tuple[str, ...]], str] | None
) -> Blueprint:
    """The Blueprint of a text, with its open questions asked, answered by defaults, or turned into an error.

    Args:
        text: what the user said.
        mm_per_px: the photos' scale, if known.
        yes: never ask; take the defaults and name them.
        ask: puts a question with its options; None where nobody is there to answer.

    Raises:
        BadInputError: nobody is there to ask, and something is missing that has no default, or a size was given
            that cannot be used.
    """
    from tools.blueprint.parser import parse, refine

    if mm_per_px is not None and mm_per_px <= 0:
        raise BadInputError(f"--mm-per-px {mm_per_px:g} is not above zero; give the millimetres that a pixel shows")
    parsed = parse(text)
    for warning in parsed.warnings:
        say(f"note: {warning}")
    blueprint = parsed.blueprint
    if ask is not None and not yes:
        for question in parsed.questions:
            if question.field == "mm_per_px":
                continue
            answer = ask(question.text, tuple(question.options)).strip()
            blueprint = refine(blueprint, answer).blueprint if answer else blueprint
    else:
        _leave_open(parsed.questions, yes=yes)
    if blueprint.defect_type is None:
        raise BadInputError(f"no defect type in {text!r}; name one, such as scratch, crack, dent, stain or chip")
    return _scaled(blueprint, mm_per_px, yes=yes, ask=ask)


def _leave_open(questions: Sequence[Question], *, yes: bool) -> None:
    """Name what is varied because nobody said it; what was said and cannot be used needs `--yes` to be left open.

    Raises:
        BadInputError: a size that cannot be used, without `--yes`.
    """
    for question in questions:
        if question.unclear and not yes:
            raise BadInputError(f"{question.text} Say it in the text, or take --yes to leave it open")
        if question.unclear:
            say(f"{question.text} Left open: {question.field} is varied as is usual for this defect")
    missing = [question.field for question in questions if question.field not in NEEDED and not question.unclear]
    if missing:
        say(f"nobody said {', '.join(missing)}: varied as is usual for this defect")


NEEDED = frozenset({"defect_type", "mm_per_px"})
"""Fields without which nothing can be drawn as it was said."""


def _scaled(
    blueprint: Blueprint, mm_per_px: float | None, *, yes: bool, ask: Callable[[str, tuple[str, ...]], str] | None
) -> Blueprint:
    """The Blueprint with a scale, where one is known or needed."""
    from tools.blueprint.model import Origin

    if mm_per_px is not None:
        return blueprint.with_changes({"mm_per_px": mm_per_px}, Origin.SAID)
    said = [
        name
        for name in SIZES
        if getattr(blueprint.geometry, name) is not None
        and blueprint.origin.get(f"geometry.{name}") in (Origin.SAID, Origin.INFERRED, Origin.EDITED)
    ]
    if blueprint.mm_per_px is not None or not said:
        return blueprint
    if ask is not None and not yes:
        answer = ask("How many millimetres does a pixel of the photos show?", ())
        try:
            scale = float(answer.replace(",", "."))
        except ValueError:
            raise BadInputError(f"{answer!r} is not a number of millimetres a pixel; give one such as 0.05") from None
        return _scaled(blueprint, _positive(scale), yes=yes, ask=ask)
    if yes:
        say(f"nobody said the scale: {DEFAULT_MM_PER_PX:g} mm a pixel is taken; give --mm-per-px to be exact")
        return blueprint.with_changes({"mm_per_px": DEFAULT_MM_PER_PX}, Origin.DEFAULT)
    raise BadInputError(f"{said[0]} is in millimetres but the photos' scale is unknown; give --mm-per-px")


def _positive(scale: float) -> float:
    if scale <= 0:
        raise BadInputError(f"{scale:g} mm a pixel is not above zero; give one such as 0.05")
    return scale


def as_document(result: SculptResult, blueprint: Blueprint) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "out": str(result.root),
        "n_images": result.n_images,
        "complete": result.complete,
        "skipped": list(result.skipped),
        "card": str(result.card) if result.card else None,
        "contact_sheet": str(result.contact_sheet) if result.contact_sheet else None,
        "blueprint": blueprint.model_dump(mode="json"),
    }


def _asker() -> Callable[[str, tuple[str, ...]], str] | None:
    """A way to ask at the terminal, or None where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str, options: tuple[str, ...]) -> str:
        hint = f" [{', '.join(options)}; Enter leaves it open]" if options else ""
        return str(typer.prompt(f"{question}{hint}", default="", show_default=False, err=True))

    return ask


@contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr; a line each ten percent where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("sculpting", total=None)
        yield lambda done, total, words: bar.update(task, completed=done, total=total, description=words[:40])


def _lines() -> Callable[[int, int, str], None]:
    last = -1

    def report(done: int, total: int, words: str) -> None:
        nonlocal last
        if (tenth := 10 * done // max(1, total)) != last:
            last = tenth
            say(f"{done}/{total} {words}")

    return report


def say(line: str) -> None:
    """One line on stderr."""
    print(line, file=sys.stderr, flush=True)
