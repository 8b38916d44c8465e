from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.vision.backbone import CachedBackbone, get_backbone


class Counting:
    """A backbone that counts the images it was asked for."""

    def __init__(self) -> None:
        inner = get_backbone()
        self.name, self.fingerprint, self.stages = inner.name, inner.fingerprint, inner.stages
        self.multiple_px, self.inner, self.seen = inner.multiple_px, inner, 0

    def features(self, images, size, stages=None):  # type: ignore[no-untyped-def]
        self.seen += len(images)
        return self.inner.features(images, size, stages)

    def embed(self, images):  # type: ignore[no-untyped-def]
        self.seen += len(images)
        return self.inner.embed(images)


def test_second_time_costs_nothing_and_is_the_same(tmp_path: Path, rng: np.random.Generator) -> None:
    images = [rng.integers(0, 256, (32, 64, 3), dtype=np.uint8) for _ in range(3)]
    counting = Counting()
    cached = CachedBackbone(counting, tmp_path)
    first = cached.features(images[:2], (32, 64), ["s16", "s8"])
    second = cached.features(images, (32, 64), ["s16", "s8"])
    assert counting.seen == 3
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two[:2])
    cached.features(images[:1], (32, 64), ["s8"])
    assert counting.seen == 3
    cached.features(images[:1], (64, 64), ["s8"])
    assert counting.seen == 4
    np.testing.assert_array_equal(cached.embed(images), cached.embed(images))
    assert counting.seen == 7
