"""Milliseconds a photo: torch, ONNX Runtime and OpenVINO, by size and number of threads; and where int8 spends them."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from tools.segmentation.export import FP32, INT8, OPENVINO
from tools.segmentation.model import load_model
from tools.segmentation.runtime import OpenVinoEngine, OrtEngine
from tools.segmentation.segmenter import Engine, TorchEngine

SIDES = (256, 512)
THREADS = (1, 2)


def latency_table(
    model: Path, exported: Path, *, repeats: int = 30, sides: tuple[int, ...] = SIDES
) -> dict[str, dict[str, float]]:
    """`latency_ms.<runtime>_<threads>t.<side>`: median of `repeats` single photos of side x side px.

    Args:
        model: the trained model.
        exported: its export.
    """
    import torch

    network, card = load_model(model)
    before = torch.get_num_threads()
    table: dict[str, dict[str, float]] = {}
    for threads in THREADS:
        torch.set_num_threads(threads)
        engines: dict[str, Engine] = {"torch_fp32": TorchEngine(network, card)}
        for name, file in (("onnx_fp32", FP32), ("onnx_int8", INT8)):
            if (exported / file).exists():
                engines[name] = OrtEngine(exported / file, threads=threads)
        if (exported / OPENVINO).exists():
            engines["openvino_fp32"] = OpenVinoEngine(exported / OPENVINO / "model.xml", threads=threads)
        for name, engine in engines.items():
            table[f"{name}_{threads}t"] = {str(side): round(_median_ms(engine, side, repeats), 3) for side in sides}
    torch.set_num_threads(before)
    return table


def _median_ms(engine: Engine, side: int, repeats: int) -> float:
    batch = np.random.default_rng(0).uniform(-1, 1, (1, 3, side, side)).astype(np.float32)
    for _ in range(3):
        engine.run(batch)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        engine.run(batch)
        times.append(time.perf_counter() - started)
    return float(np.median(times)) * 1e3


def profile_operators(path: Path, *, side: int = 256, repeats: int = 10) -> dict[str, float]:
    """Milliseconds a photo by operator type of an ONNX file, one thread, the largest first."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as scratch:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(scratch) / "profile")
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        batch = np.random.default_rng(0).uniform(-1, 1, (1, 3, side, side)).astype(np.float32)
        for _ in range(repeats):
            session.run(None, {"image": batch})
        events = json.loads(Path(session.end_profiling()).read_text())
    spent: dict[str, float] = {}
    for event in events:
        if event.get("cat") == "Node" and str(event.get("name", "")).endswith("_kernel_time"):
            kind = str(event["args"]["op_name"])
            spent[kind] = spent.get(kind, 0.0) + float(event["dur"]) / 1e3 / repeats
    return {kind: round(value, 4) for kind, value in sorted(spent.items(), key=lambda pair: -pair[1])}
