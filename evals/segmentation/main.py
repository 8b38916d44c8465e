"""`redrabbit eval run segmentation`: from sculpted defects to a small, quantised, served model, measured."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from evals.segmentation.exports import run_exports, serve
from evals.segmentation.folds import DIFFERENCES, PUBLISHED, deal, judge_folds, train_folds
from evals.segmentation.pictures import draw_added, draw_examples
from evals.segmentation.plan import FULL, QUICK, Keeper, Size
from evals.segmentation.zero_real import curve, sculpted_model
from evals.synthesis.tiles import Split, find_tiles, split_tiles
from tools.segmentation.model import load_model
from tools.segmentation.unet_tiny import count_parameters


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Measure everything; finished parts are kept in `out`, and a second start goes on with the rest.

    Returns:
        `zero_real` and `curve` (0 to 20 real defects), `real_5fold` (by photo) and `real_5fold_by_specimen`,
        `size_mb`, `parity`, `latency_ms`, `int8_speedup`, `profile_ms`, `load`, and what publications report.
    """
    size = QUICK if quick else FULL
    keeper = Keeper(out, size, seed=seed)
    split = split_tiles(find_tiles(REAL_DATA / "magnetic_tile"), seed=seed)
    model, sculpted = sculpted_model(split, keeper, size, seed=seed)
    result: dict[str, Any] = {"note": NOTE, "parameters": count_parameters(load_model(model)[0])}
    result |= keeper.part("export_figures", lambda: run_exports(model, sculpted, keeper, size))
    result |= curve(split, model, sculpted, keeper, size, seed=seed)
    result |= _supervised(split, model, keeper, size, seed=seed)
    result["load"] = keeper.part("load", lambda: serve(keeper.folder("export"), split, keeper, size))
    result["published"] = {"figures": PUBLISHED, "protocol_differences": DIFFERENCES}
    draw_added(result["curve"], out / "added.png")
    draw_examples(split, keeper.folder("sculpted") / "model", keeper.folder("photos_1") / "model", out / "examples.png")
    return result


def _supervised(split: Split, model: Path, keeper: Keeper, size: Size, *, seed: int) -> dict[str, Any]:
    dealt = {
        name: deal(split, size.folds, seed=seed, by_specimen=by_specimen)
        for name, by_specimen in (("real_5fold", False), ("real_5fold_by_specimen", True))
    }
    train_folds([fold for folds in dealt.values() for fold in folds], split, model, keeper, size, seed=seed)
    return {
        name: keeper.part(name, partial(judge_folds, folds, split, keeper, seed=seed)) for name, folds in dealt.items()
    }


NOTE = (
    "zero_real: no real defect image was seen in training, on every real defect; curve: with real defects added, "
    "their specimens left out of the test at every point; real_5fold: supervised, photos dealt to folds as "
    "publications do; real_5fold_by_specimen: no specimen on both sides"
)
