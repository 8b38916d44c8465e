"""`redrabbit bundle …`: look into a bundle, replay, compare, watch for drift, and measure what it finds."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

if TYPE_CHECKING:
    from tools.detection.pod import PodCurve

app = typer.Typer(no_args_is_help=True, help="Look into bundles, replay, compare and measure them.")
PATH = Annotated[Path, typer.Argument(help="Folder that redrabbit fit wrote.")]
JSON = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.callback()
def _group() -> None:
    """Bundle commands."""


@app.command()
def show(bundle: PATH, as_json: JSON = False) -> None:
    """The calibration card: what is promised, by which thresholds, from how many photos."""
    from tools.detection.bundle import Bundle
    from tools.detection.calibration_card import card_markdown

    loaded = Bundle.load(bundle)
    if as_json:
        print(json.dumps(loaded.manifest.model_dump(mode="json", exclude={"good": {"sha256"}})))
    else:
        print(card_markdown(loaded.manifest, loaded.suitability))


@app.command()
def replay(bundle: PATH, as_json: JSON = False) -> None:
    """Score the archived photos again: does the bundle still do what it did at fit? Exit code 1 if not."""
    from tools.detection.bundle import Bundle
    from tools.detection.replay import replay as run

    found = run(Bundle.load(bundle))
    word = "the same scores as at fit" if found.same else "OTHER scores than at fit"
    _tell(
        found.model_dump(mode="json"),
        f"{len(found.photos)} photos, {word} (difference at most {found.largest_difference:.3g})",
        as_json,
    )
    _leave(found.same)


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="The bundle on the line.")],
    new: Annotated[Path, typer.Argument(help="Its successor.")],
    photos: Annotated[list[Path], typer.Option("--photos", help="Archived photos; may be repeated.")],
    max_flips: Annotated[float, typer.Option("--max-flips", help="Largest share of OK/NG changes.")] = 0.02,
    max_escapes: Annotated[int, typer.Option("--max-escapes", help="Largest number of NG to OK.")] = 0,
    as_json: JSON = False,
) -> None:
    """Which verdicts would change with another bundle? Exit code 1 if more than allowed."""
    from tools.detection.bundle import Bundle
    from tools.detection.inspect import expand
    from tools.detection.replay import compare_bundles

    found = compare_bundles(
        Bundle.load(old), Bundle.load(new), expand(photos), max_flips=max_flips, max_escapes=max_escapes
    )
    lines = [f"{flip.old} → {flip.new}: {flip.photo}" for flip in found.flips[:50]]
    _tell(found.model_dump(mode="json"), "\n".join([*lines, found.words]), as_json)
    _leave(found.passed)


@app.command()
def drift(
    bundle: PATH,
    photos: Annotated[list[Path], typer.Option("--photos", help="Today's photos, nearly all of good parts.")],
    as_json: JSON = False,
) -> None:
    """Do today's photos and scores look as they did at fit? Exit code 1 on an alarm."""
    from tools.detection.bundle import Bundle
    from tools.detection.drift import check_drift
    from tools.detection.inspect import expand
    from tools.detection.photos import PhotoSet

    found = check_drift(Bundle.load(bundle), PhotoSet(expand(photos)))
    _tell(found.model_dump(mode="json"), found.words, as_json)
    _leave(found.level != "alarm")


@app.command()
def table(
    bundle: PATH,
    bad: Annotated[list[Path], typer.Option("--bad", help="Photos of bad parts, real or sculpted.")],
    cost_miss: Annotated[float, typer.Option("--cost-miss", help="Cost of passing a bad part.", min=0.0)] = 10.0,
    cost_false_alarm: Annotated[
        float, typer.Option("--cost-false-alarm", help="Cost of stopping a good part.", min=0.0)
    ] = 1.0,
    bad_share: Annotated[float, typer.Option("--bad-share", help="Share of bad parts on the line.")] = 0.05,
    as_json: JSON = False,
) -> None:
    """The operating table: zero misses, least cost, stated shares of false alarms."""
    from tools.detection.bundle import Bundle
    from tools.detection.inspect import expand
    from tools.detection.operating import operating_table, table_markdown
    from tools.detection.photos import PhotoSet

    loaded = Bundle.load(bundle)
    images = PhotoSet(expand(bad))
    scores = [one.score for first in range(0, len(images), 8) for one in loaded.predict(images[first : first + 8])]
    rows = operating_table(
        loaded.calibration.good_scores,
        scores,
        cost_miss=cost_miss,
        cost_false_alarm=cost_false_alarm,
        bad_share=bad_share,
    )
    _tell({"points": [row.model_dump(mode="json") for row in rows]}, table_markdown(rows), as_json)


@app.command()
def pod(
    bundle: PATH,
    good: Annotated[list[Path], typer.Option("--good", help="Good photos that the bundle has not seen.")],
    defect: Annotated[list[str], typer.Option("--defect", help="A defect in words; may be repeated.")],
    sizes: Annotated[tuple[float, float], typer.Option("--sizes", help="Smallest and largest, mm (px without scale).")],
    out: Annotated[Path, typer.Option("--out", help="Folder for pod.json and pod.png.")],
    zone: Annotated[Optional[list[str]], typer.Option("--zone", help="Draw there; may be repeated.")] = None,  # noqa: UP045
    trials: Annotated[int, typer.Option("--trials", help="Defects a curve.", min=20)] = 80,
    seed: Annotated[int, typer.Option("--seed", help="Of the drawing.", min=0)] = 0,
    allow_seen: Annotated[bool, typer.Option("--allow-seen", help="Also photos used at fit (flatters).")] = False,
    as_json: JSON = False,
) -> None:
    """From which size on does this line find a defect? POD curve, a90 and a90/95 by type and zone."""
    from agent.cli.progress import progress_bar
    from tools.blueprint.model import Zone
    from tools.blueprint.parser import parse
    from tools.detection.bundle import Bundle
    from tools.detection.errors import DetectionInputError
    from tools.detection.inspect import expand
    from tools.detection.pod import PodPlan, measure_pod
    from tools.detection.pod_plot import plot_pod
    from tools.vision.images import write_atomic

    known = [one.value for one in Zone]
    wrong = next((name for name in zone or [] if name not in known), None)
    if wrong is not None:
        raise DetectionInputError(f"no zone {wrong!r}; there are {', '.join(known)}")
    loaded = Bundle.load(bundle)
    plan = PodPlan(sizes[0], sizes[1], trials, seed)
    curves: list[PodCurve] = []
    with progress_bar("measuring") as progress:
        for text in defect:
            for name in zone or [""]:
                place = Zone(name) if name else None
                curves.append(
                    measure_pod(
                        loaded, expand(good), parse(text).blueprint, plan, zone=place, allow_seen=allow_seen,
                        progress=progress,
                    )
                )  # fmt: skip
    document: dict[str, Any] = {"bundle": loaded.bundle_id, "curves": [one.model_dump(mode="json") for one in curves]}
    write_atomic(out / "pod.json", (json.dumps(document, indent=2) + "\n").encode())
    plot_pod(curves, out / "pod.png")
    for one in document["curves"]:
        one.pop("trials")
    _tell(document, "\n".join(curve.words for curve in curves), as_json)


def _tell(document: Any, words: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document))
    else:
        print(words, file=sys.stderr)


def _leave(fine: bool) -> None:
    if not fine:
        raise typer.Exit(1)
