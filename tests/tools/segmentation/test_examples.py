from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tools.blueprint.parser import parse
from tools.generation.registry import get_generator
from tools.segmentation.augment import augment, crop, paste, to_size
from tools.segmentation.config import AugmentConfig, train_config
from tools.segmentation.draws import batches
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.examples import Example, Held, Made, Mixed, Stream, read_examples, split_examples
from tools.vision.images import save_png


def test_held_examples_leave_out_defects_without_a_mask(parts: list[Example], rng: np.random.Generator) -> None:
    blank = Example(parts[0].image, np.zeros_like(parts[0].mask), "hole")
    held = Held([*parts, blank])
    assert len(held) == len(parts)
    assert held.classes == ("hole", "scratch")
    labels = {each.label for each in (held.defect(rng) for _ in range(30)) if each is not None}
    assert labels == {"hole", "scratch"}
    good = held.good(rng)
    assert good is not None
    assert good.is_good


def test_a_stream_never_draws_the_same_twice_and_repeats_with_its_seed() -> None:
    photo = np.full((96, 96, 3), 150, np.uint8)
    stream = Stream([parse("a dark void").blueprint], [photo], get_generator("renderer"))
    first, second = (stream.defect(np.random.default_rng((0, index))) for index in range(2))
    again = stream.defect(np.random.default_rng((0, 0)))
    assert first is not None
    assert second is not None
    assert again is not None
    assert first.mask.any()
    assert not np.array_equal(first.image, second.image)
    assert np.array_equal(first.image, again.image)


def test_a_stream_needs_photos_and_a_defect_type() -> None:
    with pytest.raises(SegmentationInputError, match="no photo"):
        Stream([parse("a void").blueprint], [], get_generator("renderer"))
    nothing = parse("a void").blueprint.model_copy(update={"defect_type": None})
    with pytest.raises(SegmentationInputError, match="defect type"):
        Stream([nothing], [np.zeros((64, 64, 3), np.uint8)], get_generator("renderer"))


def test_mixing_keeps_its_ratio(parts: list[Example], rng: np.random.Generator) -> None:
    made = Made(lambda _index, _rng: (parts[1].image, parts[1].mask, "sculpted"), ["sculpted"])
    mixed = Mixed(Held(parts), made, 0.25)
    assert mixed.classes == ("hole", "scratch", "sculpted")
    drawn = [mixed.defect(rng) for _ in range(400)]
    share = np.mean([each is not None and each.label == "sculpted" for each in drawn])
    assert 0.18 < share < 0.32


def test_groups_stay_on_one_side_of_a_split(parts: list[Example]) -> None:
    grouped = [Example(each.image, each.mask, each.label, each.name, f"g{n // 4}") for n, each in enumerate(parts)]
    kept, held = split_examples(grouped, 0.3, seed=1)
    assert kept
    assert held
    assert not {each.group for each in kept} & {each.group for each in held}


def test_any_data_set_can_be_read_and_is_scaled_down(tmp_path: Path) -> None:
    image, mask = np.full((300, 200, 3), 90, np.uint8), np.zeros((300, 200), np.uint8)
    mask[100:160, 50:90] = 255
    save_png(tmp_path / "images" / "a.png", image)
    save_png(tmp_path / "masks" / "a.png", mask)
    save_png(tmp_path / "images" / "b.png", image)
    found = read_examples(tmp_path, size_hw=(64, 64))
    assert [each.label for each in found] == ["defect", "good"]
    assert max(found[0].image.shape) == 96
    assert 0.03 < (found[0].mask > 0).mean() < 0.05
    with pytest.raises(SegmentationInputError, match="holds no sample in test"):
        read_examples(tmp_path, size_hw=(64, 64), splits=["test"])


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    save_png(tmp_path / "images" / "a.png", np.full((64, 64, 3), 90, np.uint8))
    save_png(tmp_path / "masks" / "a.png", np.full((32, 64), 255, np.uint8))
    with pytest.raises(SegmentationInputError, match="must be the same"):
        read_examples(tmp_path, size_hw=(64, 64))


def test_augmentation_moves_the_mask_with_the_pixels() -> None:
    image, mask = np.full((80, 60, 3), 200, np.uint8), np.zeros((80, 60), np.uint8)
    mask[30:50, 20:40] = 255
    image[mask > 0] = 10
    quiet = AugmentConfig(gamma=0, gain=0, light=0, blur_px=0, noise=0)
    for seed in range(8):
        moved, moved_mask = augment(image, mask, (64, 64), quiet, np.random.default_rng(seed))
        assert moved.shape == (64, 64, 3)
        assert set(np.unique(moved_mask)) == {0, 255}
        assert moved[moved_mask > 0].mean() < 60
        assert moved[moved_mask == 0].mean() > 150


def test_pasting_brings_the_other_defect_level_with_the_ground(parts: list[Example]) -> None:
    image, mask = paste(parts[0].image, parts[0].mask, parts[1].image, parts[1].mask)
    assert np.array_equal(mask, parts[1].mask)
    assert image[mask > 0].mean() < 60
    same, _ = to_size(image, mask, (64, 64))
    assert same is image


def test_batches_depend_on_the_seed_and_the_epoch_alone(parts: list[Example]) -> None:
    config = train_config(steps_per_epoch=2, batch=3, size_hw=(64, 64))
    first, again, other = (list(batches(Held(parts), config, ("hole", "scratch"), epoch)) for epoch in (0, 0, 1))
    assert all(bool((a[0] == b[0]).all()) for a, b in zip(first, again, strict=True))
    assert not bool((first[0][0] == other[0][0]).all())


@given(st.integers(0, 119), st.integers(0, 89), st.integers(8, 90), st.integers(8, 90), st.integers(0, 2**32))
def test_a_window_on_a_defect_shows_it_and_moves_with_its_pixels(
    row: int, column: int, height: int, width: int, seed: int
) -> None:
    mask = np.zeros((120, 90), np.uint8)
    mask[row, column] = 255
    image = np.repeat(mask[..., None], 3, axis=2)
    window, marked = crop(image, mask, (height, width), 1.0, np.random.default_rng(seed))
    assert window.shape == (height, width, 3)
    assert marked.shape == (height, width)
    assert np.array_equal(window[..., 0], marked)
    assert (marked > 0).sum() == 1


def test_a_window_is_levelled_like_the_photo_it_was_cut_from() -> None:
    image = np.full((96, 96, 3), 40, np.uint8)
    image[:, 48:] = 220
    photo = Example(image, np.pad(np.full((4, 4), 255, np.uint8), ((10, 82), (10, 82))), "hole", "a", "a")
    still = dict.fromkeys(
        ("rotation_deg", "scale_share", "shift_share", "gamma", "gain", "light", "blur_px", "noise"), 0
    )
    config = train_config(
        steps_per_epoch=1, batch=4, size_hw=(96, 96), crop_px=32, on_defect=1.0, good_share=0.0,
        network={"widths": (8, 16)}, augment={**still, "flip": False},
    )  # fmt: skip
    images, masks, _, moments = next(iter(batches(Held([photo]), config, ("hole",), 0)))
    assert images.shape == (4, 32, 32, 3)
    assert bool((masks.flatten(1) > 0).any(dim=1).all())
    whole = image[::2, ::2].astype(np.float32) / 127.5 - 1
    assert torch.allclose(moments, torch.tensor([[whole.mean(), whole.std()]]).float().expand(4, 2), atol=1e-5)


def test_a_window_must_fit_the_network() -> None:
    with pytest.raises(SegmentationInputError, match="crop_px 100"):
        train_config(size_hw=(256, 256), crop_px=100)
    assert train_config(size_hw=(64, 64)).crop_hw == (64, 64)
    assert train_config(size_hw=(256, 320), crop_px=0).crop_hw == (256, 320)
