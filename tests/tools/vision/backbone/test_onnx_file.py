from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.vision.backbone import get_backbone
from tools.vision.backbone.export import export_onnx, largest_difference
from tools.vision.backbone.onnx_file import TOLERANCE
from tools.vision.errors import BackboneError


@pytest.fixture
def images(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(2)]


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_onnx(get_backbone(), tmp_path_factory.mktemp("onnx") / "lite0.onnx", ["s8", "s16"])


@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_equals_the_default_backbone(engine: str, lite: Path, images: list[np.ndarray]) -> None:
    backbone = get_backbone(f"{engine}:{lite}")
    assert [(stage.name, stage.stride) for stage in backbone.stages] == [("s8", 8), ("s16", 16)]
    for size in ((64, 64), (64, 96)):
        assert largest_difference(get_backbone(), backbone, images, size) < TOLERANCE
    np.testing.assert_allclose(backbone.embed(images), get_backbone().embed(images), atol=TOLERANCE)
    assert backbone.features([], (64, 96), ["s16"])[0].shape == (0, 112, 4, 6)


def test_transformers_model_of_one_size(dinov2_folder: Path, tmp_path: Path, images: list[np.ndarray]) -> None:
    source = get_backbone(f"dinov2:{dinov2_folder}")
    backbone = get_backbone(f"onnx:{export_onnx(source, tmp_path / 'd.onnx', ['b3'], side_px=42)}")
    assert largest_difference(source, backbone, images, (42, 42)) < TOLERANCE
    with pytest.raises(BackboneError, match=r"exported for \(42, 42\) px"):
        backbone.features(images, (56, 56))


def test_refusals(tmp_path: Path, lite: Path) -> None:
    with pytest.raises(BackboneError, match="no file"):
        get_backbone("onnx:/nowhere.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")
    with pytest.raises(BackboneError, match="not a usable ONNX file"):
        get_backbone(f"onnx:{tmp_path / 'broken.onnx'}")
    with pytest.raises(BackboneError, match="cannot be exported"):
        export_onnx(get_backbone(f"onnx:{lite}"), tmp_path / "again.onnx")
