"""Opening whatever folder a user names: a run, a trained model, or an export."""

from __future__ import annotations

from pathlib import Path

from tools.segmentation.checkpoint import SETTINGS
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.export import FP32, INT8
from tools.segmentation.model import WEIGHTS, read_card
from tools.segmentation.runtime import OrtEngine
from tools.segmentation.segmenter import Segmenter
from tools.segmentation.train import MODEL

PRECISIONS = ("fp32", "int8")


def open_segmenter(folder: Path, *, precision: str = "fp32", device: str = "auto", threads: int = 1) -> Segmenter:
    """A segmenter from a model folder (torch), a run's folder (its model) or an export's folder (ONNX Runtime).

    Raises:
        SegmentationInputError: none of these, or the precision was not exported.
    """
    if precision not in PRECISIONS:
        raise SegmentationInputError(f"no precision {precision!r}; there are {', '.join(PRECISIONS)}")
    if (folder / SETTINGS).is_file() and (folder / MODEL).is_dir():
        folder = folder / MODEL
    card = read_card(folder)
    exported = folder / (INT8 if precision == "int8" else FP32)
    if exported.is_file():
        return Segmenter(card, OrtEngine(exported, threads=threads), name=folder.name)
    if precision == "int8" or not (folder / WEIGHTS).is_file():
        raise SegmentationInputError(f"{folder} holds no {exported.name}; make it with redrabbit segment export")
    return Segmenter.load(folder, device=device)
