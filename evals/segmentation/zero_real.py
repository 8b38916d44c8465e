"""Zero real defects, then a few: trained on sculpted ones, judged on real tiles by the protocol of evals/synthesis.

The split, the five sentences, the sculptor, the augmentation of the training set and the figures are that evaluation's
own; only the learner is the product's trainer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from evals.segmentation.photos import real_example, sculpted_examples, small_example
from evals.segmentation.plan import Keeper, Size, config, progress, say
from evals.synthesis.metrics import Judged, figures
from evals.synthesis.tiles import Split, Tile, load_working
from tools.segmentation.detector import log_odds
from tools.segmentation.examples import Example, Held, Mixed, split_examples
from tools.segmentation.segmenter import Segmenter
from tools.segmentation.train import train

VALIDATION = 0.1


def sculpted_model(split: Split, keeper: Keeper, size: Size, *, seed: int) -> tuple[Path, list[Example]]:
    """The model that saw no real defect, and its training images."""
    say(f"sculpting {size.sculpted} images")
    examples = sculpted_examples(split.train_good, size.sculpted, seed=seed)
    used, held = split_examples(examples, VALIDATION, seed=seed)
    settings = config(size, size.pretrain_steps, seed=seed)
    done = train(Held(used), held, keeper.folder("sculpted"), settings, progress=progress("sculpted"))
    return done.model, examples


def curve(
    split: Split, model: Path, sculpted: Sequence[Example], keeper: Keeper, size: Size, *, seed: int
) -> dict[str, Any]:
    """Figures with 0 and with a few real defects added, all on photos of specimens that none of these shows.

    `zero_real` is on every real defect, as in the synthesis evaluation; `curve` leaves the added specimens out of the
    test at every point, so that its points can be compared.
    """
    added = _pick(split.defects, max(size.added), seed=seed)
    taken = {tile.specimen for tile in added}
    rest = [tile for tile in split.defects if tile.specimen not in taken]
    everything = [*split.defects, *split.test_good]
    tests = [*rest, *split.test_good]
    whole = keeper.part("zero_real", lambda: _judge(model, everything, seed=seed))
    points = [{"real_defects": 0, **keeper.part("added_0", lambda: _judge(model, tests, seed=seed))}]
    for count in size.added:
        label = f"added_{count}"
        work = partial(_tuned, added[:count], model, sculpted, tests, keeper, size, label, seed)
        tuned = keeper.part(label, work)
        points.append({"real_defects": count, **tuned})
    return {"zero_real": whole, "curve": points, "curve_test_defects": len(rest), "test_good": len(split.test_good)}


def _pick(defects: Sequence[Tile], count: int, *, seed: int) -> list[Tile]:
    """`count` defects with a mask, one a specimen, the classes in turn: what an engineer collects first."""
    rng = np.random.default_rng((seed, 11))
    by_kind: dict[str, list[Tile]] = {}
    seen: set[int] = set()
    for index in rng.permutation(len(defects)):
        tile = defects[int(index)]
        if tile.specimen not in seen and real_example(tile).mask.any():
            seen.add(tile.specimen)
            by_kind.setdefault(tile.kind, []).append(tile)
    kinds = sorted(by_kind)
    order = [by_kind[kind][turn] for turn in range(count) for kind in kinds if turn < len(by_kind[kind])]
    return order[:count]


def _tuned(
    added: Sequence[Tile],
    model: Path,
    sculpted: Sequence[Example],
    tests: Sequence[Tile],
    keeper: Keeper,
    size: Size,
    name: str,
    seed: int,
) -> dict[str, Any]:
    used, held = split_examples(sculpted, VALIDATION, seed=seed)
    source = Mixed(Held([small_example(tile) for tile in added]), Held(used), 0.5)
    # Half of the photos are good: a few real defects must not teach that their own specimens are bad all over.
    settings = config(size, size.tune_steps, seed=seed, peak_rate=1e-3, good_share=0.5)
    done = train(source, held, keeper.folder(name), settings, start_from=model, progress=progress(name))
    return _judge(done.model, tests, seed=seed)


def _judge(model: Path, tests: Sequence[Tile], *, seed: int) -> dict[str, Any]:
    """The figures of the synthesis evaluation from this model's log-odds at its working size."""
    segmenter = Segmenter.load(model, device="cpu")
    shown = [load_working(tile) for tile in tests]
    odds = [log_odds(segmenter.probabilities([image])[0][0]).astype(np.float16) for image, _ in shown]
    cut = float(np.log(segmenter.card.threshold / (1 - segmenter.card.threshold)))
    judged = Judged(
        np.stack(odds),
        np.stack([mask for _, mask in shown]),
        [tile.kind for tile in tests],
        [tile.specimen for tile in tests],
        np.full(len(tests), cut),
    )
    found = figures(judged, seed=seed)
    say(f"pixel AP {found['pixel_ap']['value']:.3f}, image AUROC {found['image_auroc']['value']:.3f}")
    return found
