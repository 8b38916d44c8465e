"""`redrabbit fit`: photos of good parts → a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, cast

import typer

from agent.cli.line_flags import settle, takes_line_settings

if TYPE_CHECKING:
    from tools.detection.calibration import Method

app = typer.Typer(help="Fit a detector on photos of good parts and save a bundle.")


@app.command()
@takes_line_settings
def fit(
    good: Annotated[list[Path], typer.Option("--good", help="Folder with photos of good parts; may be repeated.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the bundle.")],
    detector: Annotated[str, typer.Option("--detector", help="Name of the detector.")] = "patchcore",
    backbone: Annotated[Optional[str], typer.Option("--backbone", help="Backbone spec.")] = None,  # noqa: UP045
    seed: Annotated[int, typer.Option("--seed", help="Seed of folds and fitting.")] = 0,
    option: Annotated[
        Optional[list[str]], typer.Option("--option", help="NAME=VALUE of the detector; may be repeated.")  # noqa: UP045
    ] = None,
    defects: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--defects", help="A sentence about a defect to expect; may be repeated."),
    ] = None,
    blueprint: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option("--blueprint", help="The same as a Blueprint (JSON file); may be repeated."),
    ] = None,
    false_alarm_rate: Annotated[
        Optional[float], typer.Option("--false-alarm-rate", help="Promised share of good parts called NG.")  # noqa: UP045
    ] = None,
    confidence: Annotated[Optional[float], typer.Option("--confidence", help="Of that promise.")] = None,  # noqa: UP045
    lot_size: Annotated[
        Optional[int], typer.Option("--lot-size", help="The promise is about the next so many parts.")  # noqa: UP045
    ] = None,
    review_rate: Annotated[
        Optional[float], typer.Option("--review-rate", help="Share of good parts for review or NG; 0: no review.")  # noqa: UP045
    ] = None,
    method: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--calibration", help="kfold or split; by the detector if not given."),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", help="Of kfold.", min=2)] = 5,
    skip_unreadable: Annotated[
        bool, typer.Option("--continue-on-error", help="Leave out photos that cannot be read.")
    ] = False,
    group_by: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--group-by", help="Regular expression: its first group in a file name names the part."),
    ] = None,
    draw: Annotated[
        int, typer.Option("--draw", help="Defects of each type to draw and judge after the fit; 0: none.", min=0)
    ] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON document.")] = False,
    *,
    line: dict[str, Any],
) -> None:
    """Fit a detector on photos of good parts, calibrate its thresholds on photos it has not seen, save a bundle."""
    from agent.cli.progress import progress_bar
    from agent.settings import get_settings
    from tools.detection.config import with_overrides
    from tools.detection.errors import DetectionInputError
    from tools.detection.fit import fit_bundle

    if method not in (None, "kfold", "split"):
        raise DetectionInputError(f"no calibration {method!r}; there are kfold, split")
    promise = {
        "verdict.false_alarm_rate": false_alarm_rate,
        "verdict.confidence": confidence,
        "verdict.lot_size": lot_size,
        "verdict.review_rate": review_rate,
    }
    settings = settle(line)
    given = {path: value for path, value in promise.items() if value is not None}
    settings = with_overrides(settings, given) if given else settings
    found = sorted(path for folder in good for path in [folder])
    with progress_bar("fitting") as progress:
        bundle = fit_bundle(
            found,
            out,
            detector=detector,
            backbone=backbone or get_settings().backbone,
            seed=seed,
            config=settings,
            options={**_options(option or []), **_expected(detector, defects or [], blueprint or [])},
            method=cast("Method | None", method),
            folds=folds,
            skip_unreadable=skip_unreadable,
            group_by=group_by,
            progress=progress,
        )
    drawn = _drawn(bundle, found, draw, seed) if draw else {}
    _say(bundle, out, drawn, as_json)


def _options(pairs: list[str]) -> dict[str, Any]:
    """`NAME=VALUE` as JSON values, else as text."""
    import json

    from tools.detection.errors import DetectionInputError

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise DetectionInputError(f"--option {pair!r} must be NAME=VALUE")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _expected(detector: str, sentences: list[str], files: list[Path]) -> dict[str, Any]:
    """The option `defects` of detectors that learn from defects in words."""
    import json

    from tools.blueprint.model import Blueprint
    from tools.detection.errors import DetectionInputError
    from tools.detection.registry import takes

    if not sentences and not files:
        return {}
    if not takes(detector, "defects"):
        raise DetectionInputError(f"{detector} learns from good parts alone; --defects is for supersimple and winclip")
    found: list[Any] = list(sentences)
    for path in files:
        try:
            found.append(Blueprint.model_validate(json.loads(path.read_text(encoding="utf-8"))).model_dump(mode="json"))
        except (OSError, ValueError) as error:
            why = str(error).splitlines()[0]
            raise DetectionInputError(f"{path} is no Blueprint ({why}); write one with redrabbit blueprint") from None
    return {"defects": found}


def _drawn(bundle: Any, folders: list[Path], each: int, seed: int) -> dict[str, Any]:
    """Verdicts on drawn defects by type; photos that cannot be read were left out at fit, and are here."""
    from tools.detection.self_check import check_on_drawn
    from tools.vision.errors import ImageError
    from tools.vision.images import find_images, load_image

    photos = []
    for path in (path for folder in folders for path in find_images(folder)):
        try:
            load_image(path)
        except ImageError:
            continue
        photos.append(path)
    return dict(check_on_drawn(bundle, photos, each=each, seed=seed))


def _say(bundle: Any, out: Path, drawn: dict[str, Any], as_json: bool) -> None:
    import json
    import sys

    from tools.detection.self_check import words

    limits = bundle.calibration
    if as_json:
        document = {
            "bundle": str(out),
            "id": bundle.bundle_id,
            "detector": bundle.manifest.detector,
            "good": bundle.manifest.good.model_dump(mode="json", exclude={"sha256"}),
            "drawn": {name: one.model_dump(mode="json") for name, one in drawn.items()},
            "calibration": limits.model_dump(mode="json", exclude={"good_scores"}),
        }
        print(json.dumps(document))
        return
    print(f"{out}: {bundle.manifest.detector}, {bundle.manifest.good.count} good photos", file=sys.stderr)
    print(
        f"score threshold {limits.score_threshold:.5g}, pixel threshold {limits.pixel_threshold:.5g}", file=sys.stderr
    )
    print(limits.words, file=sys.stderr)
    if drawn:
        print(words(drawn), file=sys.stderr)
