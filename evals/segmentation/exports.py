"""Size, parity and latency of the exports, where int8 spends its time, and the server that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from evals.segmentation.load import run_load
from evals.segmentation.photos import real_example
from evals.segmentation.plan import Keeper, Size, say
from evals.synthesis.tiles import Split
from tools.segmentation.examples import Example
from tools.segmentation.export import FP32, INT8, export
from tools.segmentation.latency import latency_table, profile_operators
from tools.segmentation.library import ModelLibrary
from tools.vision.images import encode_png

CALIBRATION = 48
GATE = 200


def run_exports(model: Path, sculpted: Sequence[Example], keeper: Keeper, size: Size) -> dict[str, Any]:
    """Export the model that saw no real defect: calibrated and gated on sculpted defects, then judged on real ones."""
    folder = keeper.folder("export")
    # Good photos and defects in turn, as the line will see both.
    spoiled = [each for each in sculpted if not each.is_good][: GATE // 2]
    clean = [each for each in sculpted if each.is_good][: GATE // 2]
    mixed = [each for pair in zip(spoiled, clean, strict=False) for each in pair]
    done = export(model, folder, mixed, openvino=True, progress=lambda line: say(f"export: {line}"))
    latency = latency_table(model, folder, repeats=size.repeats)
    profile = {name: profile_operators(folder / file) for name, file in (("fp32", FP32), ("int8", INT8))}
    ratios = {
        f"{threads}t_{side}": round(latency[f"onnx_fp32_{threads}t"][side] / latency[f"onnx_int8_{threads}t"][side], 3)
        for threads in (1, 2)
        for side in ("256", "512")
    }
    return {
        "size_mb": done.size_mb,
        "parity": {key: value for key, value in asdict(done.parity).items() if value is not None},
        "latency_ms": latency,
        "int8_speedup": ratios,
        "profile_ms": profile,
    }


def serve(model_folder: Path, split: Split, keeper: Keeper, size: Size) -> dict[str, Any]:
    """The load study with the exported model in a library of its own."""
    home = keeper.folder("home")
    if not (home / "segmenters" / "tiles" / "1").exists():
        ModelLibrary(home / "segmenters").add(model_folder, "tiles", "1")
    photo = encode_png(real_example(split.defects[0]).image)
    return run_load(home, photo, requests=size.requests, say=lambda line: say(f"load: {line}"))
