"""The segmentation evaluation's own parts: overlap by hand, what is kept, the folds and the few added defects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.segmentation.confusion import NAMES, Confusions, ious
from evals.segmentation.folds import deal
from evals.segmentation.plan import FULL, QUICK, Keeper, config
from evals.segmentation.zero_real import _pick
from evals.synthesis.tiles import CLASSES, Split, Tile
from tools.vision.images import save_png


@pytest.fixture
def split(tmp_path: Path) -> Split:
    """Six specimens a class, two photos each."""
    tiles = []
    save_png(tmp_path / "photo.png", np.full((32, 32, 3), 90, np.uint8))
    save_png(tmp_path / "mask.png", np.full((32, 32), 255, np.uint8))
    for kind in CLASSES:
        for number in range(12):
            specimen = CLASSES.index(kind) * 10 + number // 2
            tiles.append(Tile(tmp_path / "photo.png", tmp_path / "mask.png", kind, specimen))
    return Split((), (), tuple(tiles))


def test_miou_by_hand() -> None:
    truth = np.zeros((10, 10), np.uint8)
    truth[:2, :5] = 255
    labels = np.zeros((10, 10), np.uint8)
    labels[:1, :5] = NAMES.index("crack")
    labels[5, :5] = NAMES.index("break")
    confusions = Confusions()
    confusions.add(labels, truth, "crack", "a")
    confusions.add(labels, np.zeros((10, 10), np.uint8), "fray", "b")  # an empty mask says nothing
    found = confusions.figures(seed=0, resamples=5)
    assert found["photos"] == 1
    assert found["by_class"]["crack"] == pytest.approx(0.5)
    assert found["by_class"]["background"] == pytest.approx(85 / 95, abs=1e-4)
    assert found["miou"]["value"] == pytest.approx(np.mean([85 / 95, 0.5, 0.0]))
    assert found["dice"]["value"] == pytest.approx(2 * 5 / (10 + 10))


def test_classes_that_are_nowhere_do_not_count() -> None:
    counts = np.zeros((len(NAMES), len(NAMES)), np.int64)
    counts[0, 0] = 5
    assert np.nanmean(ious(counts)) == 1


def test_folds_by_specimen_do_not_leak_and_all_photos_are_held_once(split: Split) -> None:
    for by_specimen in (False, True):
        folds = deal(split, 5, seed=0, by_specimen=by_specimen)
        assert sorted(index for fold in folds for index in fold.held) == list(range(len(split.defects)))
        for fold in folds:
            rest, held = ({split.defects[index].specimen for index in side} for side in (fold.rest, fold.held))
            assert not by_specimen or not rest & held


def test_the_added_defects_take_classes_in_turn_and_one_a_specimen(split: Split) -> None:
    added = _pick(split.defects, 20, seed=0)
    assert len({tile.specimen for tile in added}) == 20
    assert {tile.kind for tile in added[:5]} == set(CLASSES)
    assert added[:5] == _pick(split.defects, 5, seed=0)


def test_finished_parts_are_kept(tmp_path: Path) -> None:
    calls = []
    keeper = Keeper(tmp_path, QUICK, seed=0)
    for _ in range(2):
        assert keeper.part("a", lambda: calls.append(1) or {"value": 1}) == {"value": 1}
    assert len(calls) == 1
    assert Keeper(tmp_path, FULL, seed=0).stamp != keeper.stamp


def test_steps_become_epochs() -> None:
    assert config(FULL, FULL.fold_steps, seed=0).total_steps == FULL.fold_steps
    assert config(QUICK, QUICK.fold_steps, seed=0).total_steps == QUICK.fold_steps
