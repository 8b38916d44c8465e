"""PatchCore's fit and predict beside anomalib's `PatchcoreModel`: same weights file, input, stages, coreset, threads.

Scoring is each one's own: the peer takes the re-weighted maximum of raw features, this product its default.

The peer lives in an environment of its own (`bash runs/peers.sh`), found in `out/peers/anomalib` or where
`REDRABBIT_PEER_PYTHON` says. Without it only this product's figures are given.
"""

from __future__ import annotations

import json
import os
import statistics
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
DRAWS = 3
CHANNELS = 152
"""Of the stages of stride 8 (40) and 16 (112)."""
BACKBONE_GMAC_224 = 0.407
"""Multiply-adds of EfficientNet-lite0 at 224 x 224 (Liu et al. 2020), head included: an upper bound here."""
SCRIPT = Path(__file__).with_name("patchcore_run.py")


def measure(*, seed: int, quick: bool) -> dict[str, Any]:
    """`patchcore_fit` and `patchcore_predict`: images a second, peak memory, ratios to the peer where it is there.

    Three draws of photos: times are medians, AUROC by draw. This product's PatchCore scores as it does by default.
    """
    counts = (24, 16, 16, 200) if quick else (120, 100, 100, CORESET)
    threads, labels = os.cpu_count() or 1, [0] * counts[1] + [1] * counts[2]
    peer, mine, theirs = _peer(), [], []
    for draw in range(seed, seed + (1 if quick else DRAWS)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "photos.npz"
            good, fresh, bad = _photos(counts[:3], draw)
            weights = str(checked_weights("efficientnet-lite0"))
            np.savez(path, good=good, test=np.concatenate([fresh, bad]), coreset=counts[3], seed=draw, weights=weights)
            mine.append(_run(sys.executable, "ours", path, threads))
            if peer is not None:
                theirs.append(_run(peer, "anomalib", path, threads))
    made: dict[str, Any] = {}
    for what, number in (("fit", counts[0]), ("predict", len(labels))):
        seconds = _median(mine, f"{what}_seconds")
        made[f"patchcore_{what}"] = {
            "per_second": round(number / seconds, 2),
            "seconds": round(seconds, 3),
            "peak_mb": round(_median(mine, "peak_mb")),
        }
        if theirs:
            made[f"patchcore_{what}"] |= {
                "peer": "anomalib PatchcoreModel",
                "ratio_to_peer": round(_median(theirs, f"{what}_seconds") / seconds, 2),
                "peer_seconds": round(_median(theirs, f"{what}_seconds"), 3),
                "peer_peak_mb": round(_median(theirs, "peak_mb")),
            }
    made["patchcore_protocol"] = {
        "size": f"{SIZE[0]}x{SIZE[1]}", "coreset": counts[3], "threads": threads,
        "fitted": counts[0], "predicted": len(labels), "draws": len(mine),
        **_areas("image_auroc", labels, mine),
        **_areas("peer_image_auroc", labels, theirs),
        **_roofline(counts[3], _median(mine, "fit_seconds"), _median(mine, "predict_seconds"), counts[0], len(labels)),
    }  # fmt: skip
    return made


def _median(runs: list[dict[str, Any]], name: str) -> float:
    return statistics.median(float(run[name]) for run in runs)


def _areas(name: str, labels: list[int], runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean area under the ROC curve of the draws, and each one's; nothing where there was no run."""
    areas = [round(float(roc_auc_score(labels, run["scores"])), 4) for run in runs]
    return {name: round(statistics.mean(areas), 4), f"{name}_by_draw": areas} if areas else {}


def _roofline(coreset: int, fit_s: float, predict_s: float, fitted: int, predicted: int) -> dict[str, float]:
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
        "fit_gflop_per_second": round((backbone * fitted + selection) / fit_s, 1),
        "predict_gflop_per_second": round((backbone + nearest) * predicted / predict_s, 1),
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
