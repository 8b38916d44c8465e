from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tools.segmentation import export as exporting
from tools.segmentation.errors import BusyError, ParityError, SegmentationInputError
from tools.segmentation.examples import Example
from tools.segmentation.export import FP32, INT8, REPORT, export
from tools.segmentation.latency import latency_table, profile_operators
from tools.segmentation.library import ModelLibrary
from tools.segmentation.model import read_card
from tools.segmentation.opening import open_segmenter
from tools.segmentation.parity import check_fp32, mean_dice
from tools.segmentation.runtime import Admission, EnginePool, OrtEngine
from tools.segmentation.segmenter import Segmenter
from tools.segmentation.train import TrainResult


def test_the_export_is_equal_at_every_size_and_small(exported: Path, trained: TrainResult) -> None:
    report = json.loads((exported / REPORT).read_text())
    assert report["parity"]["fp32_max_abs"] <= 1e-4
    assert report["parity"]["int8_dice_drop"] <= 0.01
    assert report["size_mb"]["int8"] < 0.6
    segmenter = Segmenter.load(trained.model, device="cpu")
    assert check_fp32(segmenter.engine, OrtEngine(exported / FP32), segmenter.card) <= 1e-4


def test_exports_say_nothing_of_the_machine_that_made_them(exported: Path) -> None:
    for name in (FP32, INT8):
        data = (exported / name).read_bytes()
        assert b"site-packages" not in data
        assert b"pkg.torch" not in data


def test_int8_and_fp32_mark_the_same_places(exported: Path, parts: list[Example]) -> None:
    card = read_card(exported)
    assert mean_dice(OrtEngine(exported / INT8), card, parts) > 0.8
    for precision in ("fp32", "int8"):
        found = open_segmenter(exported, precision=precision).predict([parts[1].image, parts[0].image])
        assert found[0].regions[0].type == "hole"
        assert found[0].regions[0].type_confidence is not None
        assert not found[1].regions


def test_a_file_that_differs_is_never_left_behind(
    trained: TrainResult,
    exported: Path,
    parts: list[Example],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Off(OrtEngine):
        def run(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            defect, classes = super().run(batch)
            return defect + 2e-4, classes

    # The exporter takes seconds and is tried above: here the file is already there.
    monkeypatch.setattr(exporting, "_to_onnx", lambda _network, _card, path: shutil.copy(exported / FP32, path))
    monkeypatch.setattr(exporting, "OrtEngine", Off)
    with pytest.raises(ParityError, match="nothing was exported"):
        export(trained.model, tmp_path / "out", parts, int8=False)
    assert not (tmp_path / "out").exists()


def test_int8_that_loses_masks_fails(exported: Path, parts: list[Example]) -> None:
    from tools.segmentation.parity import check_int8

    class Blind(OrtEngine):
        def run(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            defect, classes = super().run(batch)
            return defect * 0, classes

    with pytest.raises(ParityError, match="Dice"):
        check_int8(OrtEngine(exported / FP32), Blind(exported / INT8), read_card(exported), parts)


def test_int8_needs_calibration_photos(trained: TrainResult, parts: list[Example], tmp_path: Path) -> None:
    with pytest.raises(SegmentationInputError, match="--calibration"):
        export(trained.model, tmp_path / "out", [each for each in parts if each.is_good])


def test_models_are_found_by_name_and_version(exported: Path, tmp_path: Path) -> None:
    library = ModelLibrary(tmp_path / "models")
    with pytest.raises(SegmentationInputError, match="no segmentation model yet"):
        library.get()
    assert library.add(exported, "tiles").version == "1"
    assert library.add(exported, "tiles").version == "2"
    library.add(exported, "tiles", "10")
    assert library.get("tiles").version == "10"
    assert library.get(None, "2").version == "2"
    assert library.get().file("int8").is_file()
    for bad, text in (({"name": "x"}, "no model 'x'"), ({"name": "tiles", "version": "7"}, "no version")):
        with pytest.raises(SegmentationInputError, match=text):
            library.get(**bad)
    with pytest.raises(SegmentationInputError, match="already"):
        library.add(exported, "tiles", "2")
    with pytest.raises(SegmentationInputError, match="cannot be a name"):
        library.add(exported, "../up")


def test_the_door_lets_so_many_in() -> None:
    door = Admission(1)
    with door.enter(), pytest.raises(BusyError), door.enter():
        pass
    assert door.inside == 0


def test_a_pool_is_an_engine(exported: Path) -> None:
    pool = EnginePool([OrtEngine(exported / FP32)])
    defect, classes = pool.run(np.zeros((2, 3, 32, 64), np.float32))
    assert defect.shape == (2, 1, 32, 64)
    assert classes.shape == (2, 2, 16, 32)


def test_latency_is_measured_and_profiled(exported: Path, trained: TrainResult) -> None:
    table = latency_table(trained.model, exported, repeats=1, sides=(32,))
    assert {"torch_fp32_1t", "onnx_fp32_2t", "onnx_int8_1t"} <= set(table)
    assert all(value["32"] > 0 for value in table.values())
    assert "QLinearConv" in profile_operators(exported / INT8, side=32, repeats=1)


def test_folders_that_are_no_model_say_what_to_do(tmp_path: Path, trained: TrainResult) -> None:
    with pytest.raises(SegmentationInputError, match="segment train"):
        open_segmenter(tmp_path)
    with pytest.raises(SegmentationInputError, match="segment export"):
        open_segmenter(trained.model, precision="int8")
    assert open_segmenter(trained.model.parent, device="cpu").card.classes == ("hole", "scratch")
