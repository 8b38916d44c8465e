"""`redrabbit eval run synthesis`: exact masks, zero-real-defect training, realism, and pictures of all three."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from evals.synthesis.downstream import say
from evals.synthesis.jobs import FULL, QUICK, Job, plan, run_all
from evals.synthesis.learners import LEARNERS
from evals.synthesis.pictures import draw_curve, draw_methods
from evals.synthesis.realism import realism
from evals.synthesis.sculpted import DESCRIPTIONS
from evals.synthesis.tiles import find_tiles, split_tiles


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Measure everything; finished parts are kept in `out`, and a second start goes on with the rest.

    Args:
        seed: of splits, drawing and training.
        quick: the same protocol on less data: fewer images, steps and folds, no curve and no ablation.
        out: working folder.

    Returns:
        `methods`: the figures of the decoder on the frozen backbone, and those of UNetTiny under `unet_tiny`;
        `share_of_real`: pixel AP of sculpted as a share of the upper bound, a learner; `curve`, `ablation`, `realism`,
        `exactness`, `descriptions`, `protocol`.
    """
    split = split_tiles(find_tiles(REAL_DATA / "magnetic_tile"), seed=seed)
    result: dict[str, Any] = {"protocol": _protocol(split, quick), "descriptions": _descriptions()}
    result["exactness"] = _exactness(seed=seed, quick=quick, out=out)
    say("realism: can a classifier tell sculpted from real")
    result["realism"] = realism(split, seed=seed, most=16 if quick else 64)
    result |= collect(run_all(plan(quick=quick), out, seed=seed))
    draw_methods(result, out / "methods.png")
    if result["curve"]:
        draw_curve(result, out / "curve.png")
    return result


def collect(found: dict[Job, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Figures by section."""
    methods = {
        job.name: {**by_learner["decoder"], **{name: v for name, v in by_learner.items() if name != "decoder"}}
        for job, by_learner in found.items()
        if job.section == "methods"
    }
    main = methods["sculpted"]
    main_count = next(job.size.count for job in found if job.section == "methods")
    curve = [(int(job.name), by_learner["decoder"]) for job, by_learner in found.items() if job.section == "curve"]
    return {
        "methods": methods,
        "share_of_real": {
            learner: _ap(main, learner) / max(1e-9, _ap(methods["real"], learner)) for learner in LEARNERS
        },
        "curve": [
            {"images": count, **_three(figures)}
            for count, figures in (sorted([*curve, (main_count, main)], key=lambda pair: pair[0]) if curve else [])
        ],
        "ablation": {
            job.name: _three(by_learner["decoder"]) for job, by_learner in found.items() if job.section == "ablation"
        },
    }


def _three(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in ("pixel_ap", "image_auroc", "miou")}


def _ap(method: dict[str, Any], learner: str) -> float:
    figures = method if learner == "decoder" else method[learner]
    return float(figures["pixel_ap"]["value"])


def _exactness(*, seed: int, quick: bool, out: Path) -> dict[str, Any] | None:
    """The renderer's own figures, where that part is there."""
    if importlib.util.find_spec("evals.synthesis.exactness") is None:
        return None
    from evals.synthesis import exactness

    say("exactness: are masks exact")
    return dict(exactness.run(seed=seed, quick=quick, out=out))


def _descriptions() -> dict[str, Any]:
    return {
        kind: {"sentence": text.sentence, "defect_type": text.defect_type, "styles": [dict(v) for v in text.variants]}
        for kind, text in DESCRIPTIONS.items()
    }


def _protocol(split: Any, quick: bool) -> dict[str, Any]:
    size = QUICK if quick else FULL
    return {
        "data": "magnetic tiles (Huang et al. 2018), 320 x 256",
        "train_good": len(split.train_good),
        "test_good": len(split.test_good),
        "test_defects": len(split.defects),
        "training_images": size.count,
        "decoder_steps": size.decoder_steps,
        "unet_steps": size.unet_steps,
        "folds_of_real": size.folds,
    }
