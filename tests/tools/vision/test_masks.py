from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.vision.errors import ImageError
from tools.vision.masks import (
    components,
    draw,
    load_mask,
    mask_to_polygons,
    mask_to_rle,
    polygons_to_mask,
    rle_to_mask,
    save_mask,
)

masks = arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20)))


@settings(max_examples=60, deadline=None)
@given(masks)
def test_run_lengths_and_components_give_the_mask_back(mask: np.ndarray) -> None:
    assert np.array_equal(rle_to_mask(mask_to_rle(mask)) > 0, mask)
    assert np.array_equal(draw(components(mask), mask.shape), mask)


@settings(max_examples=60, deadline=None)
@given(masks)
def test_polygons_cover_the_mask(mask: np.ndarray) -> None:
    back = polygons_to_mask(mask_to_polygons(mask), mask.shape) > 0
    assert np.array_equal(back, mask)


def test_polygons_of_solid_shapes_and_lines_are_exact() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    mask[5:20, 5:30] = True
    mask[30, 3:37] = True
    assert np.array_equal(polygons_to_mask(mask_to_polygons(mask), mask.shape) > 0, mask)


@pytest.mark.parametrize("kind", ["png", "npy", "npz"])
def test_mask_files_of_every_kind(tmp_path: Path, kind: str, rng: np.random.Generator) -> None:
    mask = np.where(rng.random((33, 47)) > 0.5, 255, 0).astype(np.uint8)
    path = save_mask(tmp_path / f"m.{kind}", mask, kind)  # type: ignore[arg-type]
    assert np.array_equal(load_mask(path), mask)


def test_damaged_masks_are_named(tmp_path: Path) -> None:
    (tmp_path / "m.npz").write_bytes(b"nothing")
    with pytest.raises(ImageError, match=r"m\.npz is not a mask file"):
        load_mask(tmp_path / "m.npz")
    with pytest.raises(ImageError, match="run lengths cannot be read"):
        rle_to_mask({"size": [3, 3]})
