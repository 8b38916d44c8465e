"""The proof's own parts: figures, splits, baselines, training sets, resumption."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from evals.synthesis.augment import augment
from evals.synthesis.baselines import BASELINES
from evals.synthesis.jobs import plan
from evals.synthesis.metrics import EDGES, Judged, average_precision, figures
from evals.synthesis.sculpted import DESCRIPTIONS, Sculptor, blueprint_of
from evals.synthesis.stacks import Stack
from evals.synthesis.tiles import CLASSES, SIZE_HW, Tile, find_tiles, split_tiles
from evals.synthesis.training_sets import GOOD_SHARE, baseline_maker, training_stack
from tools.errors import BadInputError
from tools.vision.images import save_png


def photo(seed: int, shape: tuple[int, int] = (150, 120)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    columns = np.cumsum(rng.normal(0, 2, shape[1])) + 110
    grey = np.clip(columns[None, :] + rng.normal(0, 5, shape), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 400))
def test_average_precision_is_that_of_scikit_learn(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(count) < 0.3
    truth[0] = True
    bins = np.digitize(rng.normal(0, 4, count) + 2 * truth, EDGES)
    size = len(EDGES) + 1
    ours = average_precision(np.bincount(bins[truth], minlength=size), np.bincount(bins[~truth], minlength=size))
    assert ours == pytest.approx(average_precision_score(truth, bins))


def test_figures_of_a_perfect_and_a_blind_model() -> None:
    rng = np.random.default_rng(0)
    masks = np.zeros((12, 20, 20), np.uint8)
    kinds = []
    for index in range(12):
        kinds.append("good" if index % 2 else CLASSES[index % 5])
        if index % 2 == 0:
            masks[index, 3:9, 4 : 6 + index // 2] = 255
    cuts = np.zeros(12)
    perfect = figures(Judged(np.where(masks > 0, 3, -3).astype(np.float16), masks, kinds, range(12), cuts), seed=0)
    assert perfect["pixel_ap"]["value"] == 1.0
    assert perfect["miou"]["value"] == 1.0
    assert perfect["image_auroc"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    blind = figures(Judged(rng.normal(size=masks.shape).astype(np.float16), masks, kinds, range(12), cuts), seed=0)
    assert blind["pixel_ap"]["low"] <= blind["pixel_ap"]["value"] <= blind["pixel_ap"]["high"] < 0.2


def test_an_empty_defect_mask_counts_for_images_only() -> None:
    masks = np.zeros((3, 20, 20), np.uint8)
    masks[0, 2:5, 2:5] = 255
    logits = np.where(masks > 0, 4, -4).astype(np.float16)
    logits[1] = 5
    judged = Judged(logits, masks, ["uneven", "uneven", "good"], [0, 1, 2], np.zeros(3))
    everything = np.arange(3)
    assert judged.pixel_ap(everything) == 1.0
    assert judged.miou(everything) == 1.0
    assert judged.image_auroc(everything) == 1.0


@pytest.mark.realdata
def test_splits_share_no_specimen(real_data: Path) -> None:
    tiles = find_tiles(real_data / "magnetic_tile")
    assert len(tiles) == 887
    split = split_tiles(tiles, seed=0)
    sides = [{tile.specimen for tile in side} for side in (split.train_good, split.test_good, split.defects)]
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert len(split.defects) == 206
    assert len(split.train_good) > 1.5 * len(split.test_good) > 200


def test_missing_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="REDRABBIT_REAL_DATA"):
        find_tiles(tmp_path)


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_change_what_they_mark(name: str) -> None:
    rng = np.random.default_rng(1)
    marked = changed = 0.0
    for index in range(8):
        image, mask = BASELINES[name](photo(index), photo(index + 50, (170, 100)), rng)
        assert image.shape == (150, 120, 3)
        assert image.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 255}
        different = (image != photo(index)).any(axis=2)
        if name != "nsa":
            assert not different[mask == 0].any()
        marked += (mask > 0).mean()
        changed += different[mask > 0].mean() if mask.any() else 0
    assert 0.001 < marked / 8 < 0.5
    assert changed / 8 > 0.4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_augmentation_moves_the_mask_with_the_pixels(seed: int) -> None:
    image, mask = np.full((150, 120, 3), 60, np.uint8), np.zeros((150, 120), np.uint8)
    mask[60:90, 30:70] = 255
    image[mask > 0] = 200
    new, moved = augment(image, mask, np.random.default_rng(seed))
    assert new.shape == (*SIZE_HW, 3)
    assert moved.shape == SIZE_HW
    inside, outside = new[moved > 0][:, 0], new[moved == 0][:, 0]
    assert np.median(inside) > np.median(outside)


def tiles_on_disk(folder: Path, count: int) -> list[Tile]:
    return [Tile(save_png(folder / f"{n}.png", photo(n)), None, "good", n) for n in range(count)]


def test_training_images_depend_on_seed_and_number_alone(tmp_path: Path) -> None:
    good = tiles_on_disk(tmp_path, 3)
    small = training_stack(baseline_maker("draem", good), good, 10, seed=4)
    again = training_stack(baseline_maker("draem", good), good, 10, seed=4)
    assert np.array_equal(small.images, again.images)
    assert np.array_equal(small.masks, again.masks)
    assert small.kinds.count("good") == round(GOOD_SHARE * 10)
    assert not small.masks[:4].any()
    assert all(mask.any() for mask in small.masks[4:])


def test_sentences_are_read_as_meant() -> None:
    assert tuple(sorted(DESCRIPTIONS)) == tuple(sorted(CLASSES))
    for description in DESCRIPTIONS.values():
        assert blueprint_of(description).defect_type == description.defect_type
        for style in description.variants:
            assert all(low <= high for low, high in style.values())


def test_every_description_can_be_drawn(tmp_path: Path) -> None:
    good = tiles_on_disk(tmp_path, 2)
    sculptor = Sculptor(good, switches={"match_camera": 0, "nothing_has_this": 3})
    rng = np.random.default_rng(0)
    kinds = set()
    for index in range(10):
        image, mask, kind, tile = sculptor.draw(index, rng)
        kinds.add(kind)
        clean = photo(int(tile.path.stem))
        assert mask.any()
        assert np.array_equal(image[mask == 0], clean[mask == 0])
    assert kinds == set(CLASSES)


def test_plan_has_what_the_contract_names() -> None:
    for quick in (True, False):
        names = {(job.name, who) for job in plan(quick=quick) if job.section == "methods" for who in job.learners}
        for method in ("sculpted", "cutpaste", "nsa", "draem", "real"):
            assert (method, "decoder") in names
            assert (method, "unet_tiny") in names


@pytest.mark.slow
@pytest.mark.parametrize("name", ["decoder", "unet_tiny"])
def test_learners_learn_an_easy_defect(name: str) -> None:
    from evals.synthesis.learners import Plan, train

    rng = np.random.default_rng(0)
    images = np.stack([np.full((*SIZE_HW, 3), 120, np.uint8) for _ in range(20)])
    masks = np.zeros((20, *SIZE_HW), np.uint8)
    for index in range(20):
        y, x = rng.integers(0, 200), rng.integers(0, 150)
        masks[index, y : y + 80, x : x + 80] = 255
    images[masks > 0] = 30
    stack = Stack(images, masks, ("box",) * 20)
    trained = train(name, stack, Plan(30, batch=4), seed=0, progress=lambda line: None)
    found = trained.logits(stack) > trained.log["logit_threshold"]
    assert (found & (masks > 0)).sum() / (found | (masks > 0)).sum() > 0.7


def test_finished_runs_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evals.synthesis import downstream

    bench = downstream.Bench.__new__(downstream.Bench)
    bench.out, bench.size, bench.seed = tmp_path, downstream.Size(4, 2, 2, 2), 0
    masks = np.zeros((2, 8, 16), np.uint8)
    masks[0, :4] = 255
    bench.tests = [Tile(tmp_path, None, "crack", 0), Tile(tmp_path, None, "good", 1)]
    bench.stack = Stack(np.zeros((2, 8, 16, 3), np.uint8), masks, ("crack", "good"))
    runs: list[int] = []

    def work() -> tuple[np.ndarray, np.ndarray, list[dict[str, object]]]:
        runs.append(1)
        log: dict[str, object] = {"converged": True, "seconds": 1, "images": 4}
        return np.where(masks > 0, 4, -4).astype(np.float16), np.zeros(2), [log]

    monkeypatch.setattr("evals.synthesis.metrics.TOP_PX", 5)
    first = bench._kept("x-decoder-0", work)
    assert bench._kept("x-decoder-0", work) == json.loads(json.dumps(first))
    assert len(runs) == 1
    monkeypatch.setattr(downstream, "code_digest", lambda *, renderer: f"changed {renderer}")
    bench._kept("x-decoder-0", work)
    assert len(runs) == 2
