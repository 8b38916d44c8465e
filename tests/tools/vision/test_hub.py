from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tools.vision import hub
from tools.vision.backbone import get_backbone
from tools.vision.errors import WeightsError


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """A hub of one tiny DINOv2 whose files lie in a dict."""
    from transformers import Dinov2Config, Dinov2Model

    folder = tmp_path / "source"
    shape = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    Dinov2Model(Dinov2Config(**shape, image_size=28, patch_size=14)).save_pretrained(folder)
    files = {name: (folder / name).read_bytes() for name in ("config.json", "model.safetensors")}
    digest = hashlib.sha256(files["model.safetensors"]).hexdigest()
    listing = {"config.json": None, "model.safetensors": digest, "pytorch_model.bin": "1" * 64}
    monkeypatch.setattr(hub, "_listing", lambda _repository, _revision: ("c0ffee", listing))

    def download(_repository: str, _commit: str, file: str) -> Path:
        path = tmp_path / "cache" / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(files[file])
        return path

    monkeypatch.setattr(hub, "_download", download)
    return files


def test_fetched_model_is_a_backbone(fake: dict[str, bytes], tmp_path: Path) -> None:
    said: list[str] = []
    found = hub.fetch("dinov2-small", tmp_path / "model", progress=said.append)
    assert found.spec == f"dinov2:{tmp_path / 'model'}"
    assert not (tmp_path / "model" / "pytorch_model.bin").exists()
    assert get_backbone(found.spec).stages[0].channels == 8
    kept = json.loads((tmp_path / "model" / "weights.json").read_text())
    assert kept["revision"] == "c0ffee"
    assert kept["files"]["model.safetensors"] == hashlib.sha256(fake["model.safetensors"]).hexdigest()
    said.clear()
    hub.fetch("dinov2-small", tmp_path / "model", progress=said.append)
    assert "model.safetensors: already here" in said


def test_damaged_bytes_are_not_kept(fake: dict[str, bytes], tmp_path: Path) -> None:
    fake["model.safetensors"] += b"!"
    with pytest.raises(WeightsError, match="arrived damaged"):
        hub.fetch("dinov2-small", tmp_path / "model")
    assert not (tmp_path / "model" / "model.safetensors").exists()


@pytest.mark.usefixtures("fake")
def test_own_digest(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="another SHA-256"):
        hub.fetch("dinov2-small", tmp_path / "model", sha256="a" * 64)


def test_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there are dinov2-small, dinov2-base"):
        hub.fetch("dino", tmp_path)


def test_without_a_network_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("no route to host\nand a second line")

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", refuse)
    with pytest.raises(
        WeightsError, match=r"cannot be reached \(ConnectionError\); on a machine with a network"
    ) as found:
        hub.fetch("dinov2-small", tmp_path / "model")
    assert "\n" not in str(found.value)
    assert not (tmp_path / "model").exists()
