"""The Models place in a real browser: two epochs beside each other, the threshold, an upload, narrow and dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.segmentation.config import train_config
from tools.segmentation.examples import Example, Held
from tools.segmentation.train import train
from tools.vision.images import save_png

from .test_browser import DESKTOP, PHONE, page  # noqa: F401  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIDE = 128


def plate(index: int) -> Example:
    """A grey plate; every other one has a dark hole."""
    rng = np.random.default_rng(index)
    image = (140 + rng.normal(0, 5, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    if index % 2:
        y, x = (int(v) for v in rng.integers(20, 90, 2))
        mask[y : y + 18, x : x + 14] = 255
        image[mask > 0] = 30
    return Example(image, mask, "hole" if index % 2 else "good", f"plate{index}", f"plate{index}")


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A training run and a data set in the data folder of the server that `page` starts."""
    plates = [plate(index) for index in range(16)]
    config = train_config(
        epochs=3, steps_per_epoch=12, batch=6, size_hw=(SIDE, SIDE), crop_px=64, device="cpu",
        network={"widths": (8, 16, 24)},
    )  # fmt: skip
    data = tmp_path / "data"
    train(Held(plates[:12]), plates[12:], data / "training" / "holes", config)
    for each in plates:
        save_png(data / "datasets" / "plates" / "images" / f"{each.name}.png", each.image)
        if each.mask.any():
            save_png(data / "datasets" / "plates" / "masks" / f"{each.name}.png", each.mask)
    return tmp_path


def choose(page: Any, field: str, text: str) -> None:  # noqa: F811
    """Pick an entry of a drop-down list."""
    page.click(f"#{field} input")
    page.click(f"#{field} [role=option]:has-text('{text}')")


def marked(page: Any) -> float:  # noqa: F811
    """The Dice that the view states first."""
    found = re.search(r"Dice\s+([\d.]+)", page.inner_text("#rr-models-view"))
    assert found is not None, page.inner_text("#rr-models-view")
    return float(found[1])


def test_epochs_beside_each_other_and_the_threshold(trained: Path, page: Any) -> None:  # noqa: F811
    shots = trained / "screenshots"
    page.click("role=tab[name=Models]")
    page.wait_for_selector("#rr-models-view img")
    choose(page, "rr-models-sample", "plate15")
    page.wait_for_function("document.querySelector('#rr-models-view').innerText.includes('plate15')")
    alone = page.locator("#rr-models-view img").count()
    choose(page, "rr-models-second", "epoch 1 ")
    page.wait_for_function(f"document.querySelectorAll('#rr-models-view img').length > {alone}")
    page.screenshot(path=shots / "models.png", full_page=True)
    before = page.inner_text("#rr-models-view")
    page.fill("#rr-models-threshold input[type=number]", "0.99")
    page.press("#rr-models-threshold input[type=number]", "Tab")
    page.wait_for_function("before => document.querySelector('#rr-models-view').innerText !== before", arg=before)
    assert 0.0 <= marked(page) <= 1.0
    page.click(".rr-theme")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=shots / "models_dark_phone.png", full_page=True)
    page.set_viewport_size(DESKTOP)
    page.click("#rr-models-from >> text=Upload")
    save_png(trained / "new.png", plate(99).image)
    page.set_input_files("#rr-models-photo input[type=file]", [trained / "new.png"])
    page.wait_for_function("document.querySelector('#rr-models-view').innerText.includes('new')")
    page.screenshot(path=shots / "models_dark.png", full_page=True)
