"""`redrabbit segment train|eval|export|predict`: a small segmenter, from sculpted defects to a file for an edge PC."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

if TYPE_CHECKING:
    from tools.segmentation.examples import Example

app = typer.Typer(help="Train, judge, export and use a small segmenter.", no_args_is_help=True, add_completion=False)
Size = Annotated[str, typer.Option("--size", help="HEIGHTxWIDTH in px, multiples of 32.")]


@app.command()
def train(
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", help="Folder of the run; the same command goes on with it."),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="Instead of --out: keep the run where the chat page's Models shows it."),
    ] = None,
    data: Annotated[
        Optional[list[Path]], typer.Option("--data", help="Data set of any format; may be repeated.")  # noqa: UP045
    ] = None,
    val: Annotated[
        Optional[list[Path]], typer.Option("--val", help="Data set to validate on; else a part of --data.")  # noqa: UP045
    ] = None,
    text: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--text", help='Defect to sculpt on the fly: "a 3 mm scratch"; may be repeated.'),
    ] = None,
    good: Annotated[Optional[Path], typer.Option("--good", help="Photos of good parts, for --text.")] = None,  # noqa: UP045
    synthetic_share: Annotated[
        float, typer.Option("--synthetic-share", help="Share of sculpted defects where there is --data too.")
    ] = 0.5,
    mm_per_px: Annotated[Optional[float], typer.Option("--mm-per-px", help="Scale of --good, for --text.")] = None,  # noqa: UP045
    start_from: Annotated[
        Optional[Path], typer.Option("--start-from", help="Model folder whose weights are the start.")  # noqa: UP045
    ] = None,
    size: Size = "256x256",
    crop: Annotated[
        int, typer.Option("--crop", help="Side in px of the windows it learns on; 0: whole photos.", min=0)
    ] = 128,
    epochs: Annotated[int, typer.Option("--epochs", min=1)] = 40,
    steps: Annotated[int, typer.Option("--steps", help="Batches an epoch.", min=1)] = 25,
    batch: Annotated[int, typer.Option("--batch", min=1)] = 8,
    rate: Annotated[float, typer.Option("--rate", help="Highest learning rate.")] = 4e-3,
    loss: Annotated[str, typer.Option("--loss", help="bce_dice, focal_dice or focal.")] = "bce_dice",
    patience: Annotated[int, typer.Option("--patience", help="Epochs without gain before stopping; 0: never.")] = 0,
    good_share: Annotated[float, typer.Option("--good-share", help="Share of photos without a defect.")] = 0.25,
    turn: Annotated[bool, typer.Option("--turn", help="Augment by quarter turns too.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    device: Annotated[str, typer.Option("--device", help="auto, cpu or cuda.")] = "auto",
    amp: Annotated[bool, typer.Option("--amp/--no-amp", help="Half precision in training.")] = True,
    workers: Annotated[int, typer.Option("--workers", help="Processes that make examples.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON document.")] = False,
) -> None:
    """Train on data sets, on defects sculpted on the fly from words, or on both. A killed run goes on where it was."""
    from agent.cli.progress import progress_bar
    from agent.cli.segment_data import sources
    from tools.segmentation.config import train_config
    from tools.segmentation.train import train as run

    config = train_config(
        seed=seed, epochs=epochs, steps_per_epoch=steps, batch=batch, size_hw=_size(size), crop_px=crop,
        peak_rate=rate, loss=loss, patience=patience, good_share=good_share, synthetic_share=synthetic_share,
        device=device, amp=amp, workers=workers, augment={"turn": turn},
    )  # fmt: skip
    out = _run_folder(out, name)
    source, held, facts = sources(data or [], val or [], text or [], good, mm_per_px, config)
    print(f"{len(source.classes)} classes: {', '.join(source.classes)}; {len(held)} held out", file=sys.stderr)
    with progress_bar("training") as progress:
        result = run(source, held, out, config, facts=facts, start_from=start_from, progress=progress)
    card = result.card
    if as_json:
        shown = {"epoch": card.epoch, "threshold": card.threshold, "classes": list(card.classes), **card.metrics}
        print(json.dumps({"model": str(result.model), **shown}))
        return
    dice = f", validation Dice {card.metrics['val_dice']:.3f}" if "val_dice" in card.metrics else ""
    print(f"{result.model}: epoch {card.epoch} of {len(result.curve)}{dice}; {out / 'curve.png'}", file=sys.stderr)


@app.command("eval")
def evaluate(
    model: Annotated[Path, typer.Option("--model", help="Model folder, or the folder of an export.")],
    data: Annotated[Path, typer.Option("--data", help="Data set with masks.")],
    split: Annotated[Optional[list[str]], typer.Option("--split", help="train, val or test; all if not given.")] = None,  # noqa: UP045
    threshold: Annotated[Optional[float], typer.Option("--threshold", help="On the probability.")] = None,  # noqa: UP045
    precision: Annotated[str, typer.Option("--precision", help="Of an export: fp32 or int8.")] = "fp32",
    device: Annotated[str, typer.Option("--device")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Judge a model on a data set: Dice, IoU, pixel AP, regions found and invented, calibration; by class and size."""
    from tools.segmentation.evaluate import evaluate as judge
    from tools.segmentation.examples import read_examples

    segmenter = _segmenter(model, precision, device)
    examples = read_examples(data, size_hw=segmenter.card.size_hw, splits=split)
    figures = judge(segmenter, examples, threshold=threshold)
    if as_json:
        print(json.dumps({"model": str(model), "data": str(data), **figures}))
        return
    from agent.cli.segment_data import table

    print(table(figures))


@app.command()
def export(
    model: Annotated[Path, typer.Option("--model", help="Folder that train wrote: OUT/model.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the exported files.")],
    calibration: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option("--calibration", help="Data set for int8 ranges and the Dice gate; may be repeated."),
    ] = None,
    int8: Annotated[bool, typer.Option("--int8/--no-int8", help="Quantise too.")] = True,
    openvino: Annotated[bool, typer.Option("--openvino", help="Write OpenVINO's format too.")] = False,
    name: Annotated[Optional[str], typer.Option("--name", help="Put it into the library under this name.")] = None,  # noqa: UP045
    version: Annotated[str | None, typer.Option("--version", help="With --name; the next number if not given.")] = None,
    latency: Annotated[bool, typer.Option("--latency", help="Measure milliseconds a photo too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Export to ONNX, float32 and int8. Fails, and writes nothing, where an export does not do what the model does."""
    from tools.segmentation.export import export as run
    from tools.segmentation.model import read_card

    size = read_card(model).size_hw
    examples = _all_examples(calibration or [], size)
    result = run(model, out, examples, int8=int8, openvino=openvino, progress=lambda line: print(line, file=sys.stderr))
    document: dict[str, Any] = {
        "out": str(out),
        "size_mb": result.size_mb,
        "parity": {key: value for key, value in vars(result.parity).items() if value is not None},
    }
    if name is not None:
        listed = _library().add(out, name, version)
        document |= {"name": listed.name, "version": listed.version}
    if latency:
        from tools.segmentation.latency import latency_table

        document["latency_ms"] = latency_table(model, out)
    if as_json:
        print(json.dumps(document))
        return
    from agent.cli.segment_data import flat

    print("\n".join(f"{key:<44}{value}" for key, value in flat(document)))


@app.command()
def predict(
    paths: Annotated[list[Path], typer.Argument(help="Photos and folders.")],
    model: Annotated[Path, typer.Option("--model", help="Model folder, or the folder of an export.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for masks, overlays and predictions.jsonl.")],
    threshold: Annotated[Optional[float], typer.Option("--threshold", help="On the probability.")] = None,  # noqa: UP045
    precision: Annotated[str, typer.Option("--precision", help="Of an export: fp32 or int8.")] = "fp32",
    save_maps: Annotated[bool, typer.Option("--save-maps", help="Write probabilities as float32 .npy.")] = False,
    device: Annotated[str, typer.Option("--device")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="A summary as one JSON document.")] = False,
) -> None:
    """Segment photos: a mask, an overlay and a line of regions each."""
    from agent.cli.progress import progress_bar
    from agent.cli.segment_data import write_prediction
    from tools.segmentation.errors import SegmentationInputError
    from tools.vision.images import find_images, load_image

    segmenter = _segmenter(model, precision, device)
    if threshold is not None and not 0 < threshold < 1:
        raise SegmentationInputError(f"--threshold {threshold:g} must lie between 0 and 1")
    photos = [path for place in paths for path in find_images(place)]
    found = 0
    (out / "masks").mkdir(parents=True, exist_ok=True)
    with progress_bar("segmenting") as progress, (out / "predictions.jsonl").open("w", encoding="utf-8") as lines:
        for number, path in enumerate(photos, start=1):
            image = load_image(path)
            one = segmenter.predict([image], threshold=threshold)[0]
            line = write_prediction(out, path, number, image, one, threshold or segmenter.card.threshold, save_maps)
            lines.write(json.dumps(line) + "\n")
            found += bool(one.regions)
            progress(number, len(photos), path.name)
    summary = {"photos": len(photos), "with_defects": found, "predictions": str(out / "predictions.jsonl")}
    if as_json:
        print(json.dumps(summary))
    else:
        print(f"{found} of {len(photos)} photos show something; {summary['predictions']}", file=sys.stderr)


def _run_folder(out: Path | None, name: str | None) -> Path:
    from agent.settings import get_settings
    from tools.segmentation.errors import SegmentationInputError
    from tools.segmentation.library import NAME

    if (out is None) == (name is None):
        raise SegmentationInputError("say where the run goes: --out FOLDER, or --name NAME for the chat page's Models")
    if out is not None:
        return out
    if not NAME.fullmatch(str(name)):
        raise SegmentationInputError(f"--name {name!r} cannot be a name; use letters, digits, dots, - and _")
    return get_settings().data_dir / "training" / str(name)


def _size(text: str) -> tuple[int, int]:
    from tools.segmentation.errors import SegmentationInputError

    sides = text.lower().replace("×", "x").split("x")
    if not all(side.strip().isdigit() for side in sides) or len(sides) not in (1, 2):
        raise SegmentationInputError(f"--size {text!r} is no size; write HEIGHTxWIDTH such as 256x256")
    return int(sides[0]), int(sides[-1])


def _segmenter(folder: Path, precision: str, device: str) -> Any:
    from tools.segmentation.opening import open_segmenter

    return open_segmenter(folder, precision=precision, device=device)


def _all_examples(roots: list[Path], size: tuple[int, int]) -> list[Example]:
    from tools.segmentation.examples import read_examples

    return [each for root in roots for each in read_examples(root, size_hw=size)]


def _library() -> Any:
    from agent.settings import get_settings
    from tools.segmentation.library import ModelLibrary

    return ModelLibrary(get_settings().data_dir / "segmenters")
