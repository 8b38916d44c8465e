"""What pictures from fal.ai cost, as the generator says it."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from tools.blueprint.model import Blueprint
from tools.generation.fal import Connection, FalError, FalGenerator, FalRefusedError, FalRequest, connect, price_usd
from tools.generation.registry import get_generator
from tools.vision.images import encode_png, load_image

GREY = (130 + np.random.default_rng(0).normal(0, 4, (128, 160, 1))).clip(0, 255).astype(np.uint8)
PHOTO = np.repeat(GREY, 3, axis=2)


def painted(request: FalRequest) -> bytes:
    """Darker where the mask is; elsewhere what was sent, with a model's noise."""
    image, mask = (
        load_image(base64.b64decode(request.arguments[name].partition(",")[2])) for name in ("image_url", "mask_url")
    )
    noisy = image + np.random.default_rng(0).normal(0, 1.2, image.shape)
    return encode_png(np.where(mask > 127, 0.6 * noisy, noisy).clip(0, 255).astype(np.uint8))


def refused(request: FalRequest) -> bytes:
    raise FalRefusedError("the safety filter did not like it")


@pytest.mark.parametrize(("megapixels", "units"), [(0.1, 1), (1.0, 1), (1.048576, 2), (2.0, 2), (2.36, 3)])
def test_megapixels_are_rounded_up(megapixels: float, units: int) -> None:
    assert price_usd(megapixels, 0.035) == pytest.approx(units * 0.035)


def test_the_price_comes_from_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.generation.fal._connection", None)
    assert FalGenerator().usd_per_image == 0.0
    assert FalGenerator(Connection(painted, usd_per_megapixel=0.05)).usd_per_image == 0.05
    connect(Connection(painted, usd_per_megapixel=0.02))
    try:
        assert get_generator("fal").usd_per_image == 0.02  # type: ignore[attr-defined]
    finally:
        connect(None)


def test_each_request_is_counted_once() -> None:
    generator = FalGenerator(Connection(painted, usd_per_megapixel=0.05))
    for seed in (1, 2, 1):
        generator.generate(Blueprint(defect_type="scratch"), PHOTO, seed)
    assert generator.spent_usd == pytest.approx(0.10)


def test_tries_that_gave_nothing_are_counted() -> None:
    generator = FalGenerator(Connection(refused, usd_per_megapixel=0.05))
    with pytest.raises(FalError, match="asked 4 times"):
        generator.generate(Blueprint(defect_type="scratch"), PHOTO, 1)
    assert generator.spent_usd == pytest.approx(0.20)
