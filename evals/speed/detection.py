"""PatchCore's fit and predict beside anomalib's `PatchcoreModel`: same weights file, input, stages, coreset, threads.

The peer lives in an environment of its own (`bash runs/peers.sh`), found in `out/peers/anomalib` or where
`REDRABBIT_PEER_PYTHON` says. Without it only this product's figures are given.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from evals.common import REAL_DATA, ROOT
from tools.vision.backbone.prepare import resize
from tools.vision.images import load_image
from tools.vision.weights import checked_weights

SIZE = (320, 256)
CORESET = 2000
CHANNELS = 152
"""Of the stages of stride 8 (40) and 16 (112)."""
BACKBONE_GMAC_224 = 0.407
"""Multiply-adds of EfficientNet-lite0 at 224 x 224 (Liu et al. 2020), head included: an upper bound here."""
SCRIPT = Path(__file__).with_name("patchcore_run.py")


def measure(*, seed: int, quick: bool) -> dict[str, Any]:
    """`patchcore_fit` and `patchcore_predict`: images a second, peak memory, ratios to the peer where it is there."""
    counts = (24, 16, 16, 200) if quick else (120, 60, 60, CORESET)
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photos.npz"
        good, fresh, bad = _photos(counts[:3], seed)
        weights = str(checked_weights("efficientnet-lite0"))
        np.savez(path, good=good, test=np.concatenate([fresh, bad]), coreset=counts[3], seed=seed, weights=weights)
        mine = _run(sys.executable, "ours", path, threads)
        peer = _peer()
        theirs = None if peer is None else _run(peer, "anomalib", path, threads)
    labels = [0] * len(fresh) + [1] * len(bad)
    made: dict[str, Any] = {}
    for what, number in (("fit", len(good)), ("predict", len(labels))):
        row: dict[str, Any] = {
            "per_second": round(number / mine[f"{what}_seconds"], 2),
            "seconds": round(mine[f"{what}_seconds"], 3),
            "peak_mb": round(mine["peak_mb"]),
        }
        if theirs is not None:
            row |= {
                "peer": "anomalib PatchcoreModel",
                "ratio_to_peer": round(theirs[f"{what}_seconds"] / mine[f"{what}_seconds"], 2),
                "peer_seconds": round(theirs[f"{what}_seconds"], 3),
                "peer_peak_mb": round(theirs["peak_mb"]),
            }
        made[f"patchcore_{what}"] = row
    made["patchcore_protocol"] = {
        "size": f"{SIZE[0]}x{SIZE[1]}", "coreset": counts[3], "threads": threads,
        "fitted": len(good), "predicted": len(labels),
        "image_auroc": round(float(roc_auc_score(labels, mine["scores"])), 4),
        "peer_image_auroc": None if theirs is None else round(float(roc_auc_score(labels, theirs["scores"])), 4),
        **_roofline(counts[3], mine, len(good), len(labels)),
    }  # fmt: skip
    return made


def _roofline(coreset: int, mine: dict[str, Any], fitted: int, predicted: int) -> dict[str, float]:
    """Arithmetic of the three parts in GFLOP (a multiply-add is two), and what was reached of it a second."""
    cells = SIZE[0] // 8 * (SIZE[1] // 8)
    backbone = 2 * BACKBONE_GMAC_224 * SIZE[0] * SIZE[1] / 224**2
    nearest = 2 * cells * coreset * CHANNELS / 1e9
    selection = nearest * fitted
    return {
        "backbone_gflop_per_image": round(backbone, 3),
        "nearest_gflop_per_image": round(nearest, 3),
        "coreset_gflop_at_most": round(selection, 2),
        "bank_mb": round(coreset * CHANNELS * 4 / 1e6, 2),
        "fit_gflop_per_second": round((backbone * fitted + selection) / mine["fit_seconds"], 1),
        "predict_gflop_per_second": round((backbone + nearest) * predicted / mine["predict_seconds"], 1),
    }


def _photos(counts: tuple[int, ...], seed: int) -> list[NDArray[np.uint8]]:
    """Good photos to fit, other good ones, bad ones: real tiles, or rendered parts with noise blots where they lack."""
    root = REAL_DATA / "magnetic_tile"
    rng = np.random.default_rng(seed)
    if root.is_dir():
        good = sorted((root / "good").glob("*.jpg"))
        bad = sorted((root / "defect").rglob("*.jpg"))
        order = rng.permutation(len(good))
        chosen = [good[i] for i in order[: counts[0] + counts[1]]] + [
            bad[i] for i in rng.permutation(len(bad))[: counts[2]]
        ]
        stack = np.stack([resize(load_image(path), SIZE) for path in chosen])
    else:
        stack = rng.normal(128, 12, (sum(counts[:3]), *SIZE, 3)).clip(0, 255).astype(np.uint8)
        stack[counts[0] + counts[1] :, 100:140, 100:140] //= 3
    return np.split(stack, np.cumsum(counts[:2]))


def _peer() -> str | None:
    """The peer's Python, if its environment was made."""
    named = os.environ.get("REDRABBIT_PEER_PYTHON")
    path = Path(named) if named else ROOT / "out" / "peers" / "anomalib" / "bin" / "python"
    if path.exists():
        return str(path)
    print("speed: no peer environment; make it with: bash runs/peers.sh", file=sys.stderr)
    return None


def _run(python: str, who: str, data: Path, threads: int) -> dict[str, Any]:
    out = data.with_name(f"{who}.json")
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    if who == "ours":
        environment["PYTHONPATH"] = str(ROOT)
    command = [python, str(SCRIPT), who, str(data), str(out), str(threads)]
    done = subprocess.run(command, env=environment, cwd=data.parent, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who} failed: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found
