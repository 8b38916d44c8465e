"""From a trained model to files for an edge PC: ONNX in float32 and int8, OpenVINO, each proved equal first.

The exported graph holds everything behind the scaling of the photo: it takes `image` (float32 N x 3 x H x W, -1 … 1,
any N, sides multiples of the network's) and gives `probability` (N x 1 x H x W, calibrated) and `classes`
(N x K at the resolution that the network works at: half of the photo's).
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.examples import Example
from tools.segmentation.model import CARD, ModelCard, load_model
from tools.segmentation.parity import Parity, check_fp32, check_int8
from tools.segmentation.runtime import OrtEngine
from tools.segmentation.segmenter import TorchEngine, prepare
from tools.segmentation.served import Served
from tools.vision.images import write_atomic

FP32 = "model.onnx"
INT8 = "model.int8.onnx"
OPENVINO = "openvino"
REPORT = "export.json"
OPSET = 18
MIN_CALIBRATION = 4
MOST_CALIBRATION = 64


@dataclass(frozen=True)
class ExportResult:
    """`size_mb` by file kind (10^6 bytes); `parity` as measured by the gate."""

    folder: Path
    size_mb: dict[str, float]
    parity: Parity


def export(
    model: Path,
    out: Path,
    calibration: Sequence[Example],
    *,
    int8: bool = True,
    openvino: bool = False,
    progress: Callable[[str], None] | None = None,
) -> ExportResult:
    """Write the exports of a model, or nothing: a file that differs from the model is never left behind.

    Args:
        model: folder of a trained model.
        out: folder for the files; earlier exports there are replaced.
        calibration: examples that the line will see, with masks; int8 ranges come from them, and the Dice of both
            precisions is compared on them. At least `MIN_CALIBRATION` with a defect for int8.
        int8: quantise too.
        openvino: write OpenVINO's format too.
        progress: gets a line a step.

    Raises:
        SegmentationInputError: no model, or too few calibration examples.
        ParityError: an export does not do what the model does.
    """
    say = progress or (lambda _line: None)
    network, card = load_model(model)
    batches = [prepare(each.image, card.size_hw) for each in calibration[:MOST_CALIBRATION]]
    spoiled = sum(not each.is_good for each in calibration[:MOST_CALIBRATION])
    if int8 and spoiled < MIN_CALIBRATION:
        raise SegmentationInputError(
            f"{spoiled} of {len(batches)} calibration examples show a defect; int8 needs at least {MIN_CALIBRATION}: "
            "name a data set with --calibration, or leave int8 out with --no-int8"
        )
    with tempfile.TemporaryDirectory(prefix="redrabbit-export-") as scratch:
        folder = Path(scratch)
        say("ONNX, float32")
        _to_onnx(network, card, folder / FP32)
        reference = TorchEngine(network, card)
        worst = check_fp32(reference, OrtEngine(folder / FP32), card)
        parity = Parity(fp32_max_abs=worst)
        if int8:
            say(f"int8 on {len(batches)} photos")
            _to_int8(folder / FP32, folder / INT8, batches)
            drop = check_int8(OrtEngine(folder / FP32), OrtEngine(folder / INT8), card, calibration)
            parity = Parity(fp32_max_abs=worst, int8_dice_drop=drop)
        if openvino:
            say("OpenVINO")
            parity = _to_openvino(folder, reference, card, parity)
        sizes = {
            kind: round((folder / name).stat().st_size / 1e6, 4)
            for kind, name in (("fp32", FP32), ("int8", INT8))
            if (folder / name).exists()
        }
        report = {"size_mb": sizes, "parity": asdict(parity), "calibration_photos": len(batches)}
        (folder / REPORT).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
        _move(folder, out)
    return ExportResult(out, sizes, parity)


def _move(folder: Path, out: Path) -> None:
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        write_atomic(out / path.relative_to(folder), path.read_bytes())
    for stale in (FP32, INT8):
        if not (folder / stale).exists():
            (out / stale).unlink(missing_ok=True)
    if not (folder / OPENVINO).exists():
        shutil.rmtree(out / OPENVINO, ignore_errors=True)


def _to_onnx(network: nn.Module, card: ModelCard, path: Path) -> None:
    """torch's exporter with sides that are multiples of the network's; batch norm is folded into the convolutions."""
    multiple = card.network.multiple_px
    side = torch.export.Dim
    sides = {
        0: side("n", min=1, max=4096),
        2: multiple * side("h", min=1, max=512),
        3: multiple * side("w", min=1, max=512),
    }
    served = Served(network, card.temperature, named=bool(card.classes)).eval()
    names = ["probability", "classes"] if card.classes else ["probability"]
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            served,
            (torch.zeros(2, 3, 2 * multiple, 3 * multiple),),
            str(path),
            input_names=["image"],
            output_names=names,
            dynamic_shapes=(sides,),
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            verbose=False,
        )
    _strip(path)


def _strip(path: Path) -> None:
    """Take out what the exporter notes about its own machine and sources: paths have no place in a product's file."""
    import onnx

    graph = onnx.load(str(path))
    del graph.metadata_props[:]
    for holder in (graph.graph, *graph.graph.node, *graph.graph.input, *graph.graph.output, *graph.graph.value_info):
        if hasattr(holder, "metadata_props"):
            del holder.metadata_props[:]
        if hasattr(holder, "doc_string"):
            holder.doc_string = ""
    for function in graph.functions:
        del function.metadata_props[:]
    onnx.save(graph, str(path))


class _Calibration:
    """The calibration batches, one after the other, as onnxruntime asks for them."""

    def __init__(self, batches: Sequence[NDArray[np.float32]]) -> None:
        self._left = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, None at the end."""
        batch = next(self._left, None)
        return None if batch is None else {"image": batch}

    def set_range(self, start_index: int, end_index: int) -> None:
        """Not used: everything is read in one go."""


def _to_int8(source: Path, target: Path, batches: Sequence[NDArray[np.float32]]) -> None:
    """Static quantisation, QDQ form: weights int8 a channel, activations uint8 by the calibration set's range."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    logging.getLogger().setLevel(max(logging.getLogger().level, logging.WARNING))
    ready = source.with_name("ready.onnx")
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    quantize_static(
        str(ready),
        str(target),
        _Calibration(batches),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "Concat", "Resize", "MaxPool", "Relu"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    ready.unlink()
    _strip(target)


def _to_openvino(folder: Path, reference: TorchEngine, card: ModelCard, parity: Parity) -> Parity:
    import openvino

    from tools.segmentation.runtime import OpenVinoEngine

    converted = openvino.convert_model(str(folder / FP32))
    openvino.save_model(converted, str(folder / OPENVINO / "model.xml"), compress_to_fp16=False)
    worst = check_fp32(reference, OpenVinoEngine(folder / OPENVINO / "model.xml"), card)
    return Parity(parity.fp32_max_abs, parity.int8_dice_drop, worst)
