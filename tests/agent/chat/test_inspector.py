"""The model inspector: what it lists, what it shows, and that nothing outside the data folder can be named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from agent.api.artifacts import Artifacts
from agent.chat.inspector import NONE, InspectorError, ModelInspector
from agent.chat.inspector_tab import FROM_SAMPLES, FROM_UPLOAD, _Place
from agent.chat.inspector_view import EMPTY, overlap, shown_html
from agent.settings import Settings
from tools.segmentation.checkpoint import epoch_folder
from tools.segmentation.config import NetworkConfig
from tools.segmentation.model import ModelCard, build_network, save_model
from tools.vision.images import save_png


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A run of two epochs, and a data set of one defect and one good photo."""
    run = tmp_path / "training" / "tiles"
    for epoch in (1, 2):
        torch.manual_seed(epoch)
        card = ModelCard(
            network=NetworkConfig(widths=(8, 16)),
            classes=("pit",),
            size_hw=(32, 32),
            epoch=epoch,
            metrics={"val_dice": epoch / 4},
            threshold=0.3,
        )
        save_model(epoch_folder(run, epoch), card, build_network(card).state_dict())
        save_model(run / "model", card, build_network(card).state_dict())
    (run / "train.json").write_text("{}")
    data = tmp_path / "datasets" / "few"
    image, mask = np.full((40, 40, 3), 120, np.uint8), np.zeros((40, 40), np.uint8)
    mask[10:20, 10:20] = 255
    for name, values in (("images/pit.png", image), ("images/fine.png", image), ("masks/pit.png", mask)):
        save_png(data / name, values)
    return Settings(data_dir=tmp_path)


@pytest.fixture
def place(settings: Settings) -> _Place:
    return _Place(ModelInspector(settings), Artifacts(settings))


def test_it_lists_runs_epochs_and_samples(settings: Settings) -> None:
    inspector = ModelInspector(settings)
    assert inspector.runs() == ["tiles"]
    assert inspector.epochs("tiles") == [("epoch 2 · Dice 0.500 · kept", 2), ("epoch 1 · Dice 0.250", 1)]
    assert inspector.threshold("tiles") == 0.3
    assert inspector.datasets() == ["datasets/few"]
    assert inspector.samples("datasets/few") == ["defect · pit", "good · fine"]


def test_two_epochs_side_by_side_with_the_truth(place: _Place) -> None:
    asked = ("tiles", 2, 1, "cpu", FROM_SAMPLES, "datasets/few", "defect · pit", None, None)
    shown, html = place.compute(*asked, 0.5)
    assert shown is not None
    assert html.count("<figure>") == 8
    assert html.count("Ground truth</figcaption>") == 2
    assert "Dice" in html
    assert "IoU" in html
    other = place.at_threshold(shown, 0.01)
    assert "Marked above 0.01" in other
    assert other != html


def test_one_epoch_on_an_upload_with_a_mask_of_another_size(place: _Place, settings: Settings, tmp_path: Path) -> None:
    photo = str(settings.data_dir / "datasets/few/images/pit.png")
    shown, html = place.compute("tiles", 1, NONE, "cpu", FROM_UPLOAD, None, None, photo, None, 0.5)
    assert shown is not None
    assert html.count("<figure>") == 4
    assert "No ground truth" in html
    small = str(save_png(tmp_path / "small.png", np.zeros((20, 20), np.uint8)))
    _, note = place.compute("tiles", 1, NONE, "cpu", FROM_UPLOAD, None, None, photo, small, 0.5)
    assert "must be the same" in note


def test_nothing_outside_the_data_folder_can_be_named(settings: Settings, place: _Place) -> None:
    inspector = ModelInspector(settings)
    for name in ("../..", "/etc", "other"):
        with pytest.raises(InspectorError):
            inspector.run_folder(name)
        with pytest.raises(InspectorError):
            inspector.samples(name)
    asked = ("../..", 1, NONE, "cpu", FROM_SAMPLES, "datasets/few", "defect · pit", None, None)
    assert "not there any more" in place.compute(*asked, 0.5)[1]


def test_names_are_escaped_and_an_empty_place_says_what_to_do(place: _Place) -> None:
    assert place.compute(None, None, NONE, "cpu", FROM_SAMPLES, None, None, None, None, 0.5) == (None, EMPTY)
    assert "segment train" in EMPTY
    asked = ("tiles", 1, NONE, "cpu", FROM_SAMPLES, "datasets/few", "defect · pit", None, None)
    shown, _ = place.compute(*asked, 0.5)
    assert shown is not None
    renamed = type(shown)("<b>x", shown.image, shown.truth, "<i>", shown.views)
    assert "<b>x" not in shown_html(renamed, 0.5)


def test_overlap_by_hand() -> None:
    truth, mask = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)
    truth[0, :4] = mask[0, :2] = mask[1, :2] = 255
    assert overlap(mask, truth) == {"Dice": "0.500", "IoU": "0.333"}
    assert overlap(mask, np.zeros((4, 4), np.uint8)) == {"Wrongly marked": "4 px"}
    assert overlap(mask, None) == {}
