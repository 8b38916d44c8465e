"""A model folder as transformers writes it: what it holds, how its input is prepared, whether its files are intact."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.vision.errors import BackboneError
from tools.vision.weights import check_digest, file_digest

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
EMBED_PX = 224
DIGESTS = "weights.json"
"""Written by `redrabbit weights get`: file name → SHA-256, compared whenever the folder is loaded."""


@dataclass(frozen=True)
class ModelFolder:
    """`mean` and `scale` are in 0..255, RGB; `embed_px` is the side that the model was made for."""

    path: Path
    model_type: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    embed_px: int
    patch_px: int | None
    fingerprint: str


def read_folder(spec: str, argument: str) -> ModelFolder:
    """Read config, preprocessing and digests of a folder; loads no weights.

    Raises:
        BackboneError: no such folder, no `config.json`, no weights.
        WeightsError: a file differs from the digest that was recorded when it was fetched.
    """
    path = Path(argument).expanduser()
    if not argument or not path.is_dir():
        raise BackboneError(f"{spec}: there is no folder {argument or '(none given)'!r}; {_remedy(spec)}")
    config = _json(path / "config.json")
    if config is None:
        raise BackboneError(f"{spec}: {path} has no readable config.json; it needs config.json and model.safetensors")
    files = _weight_files(path)
    if not files:
        raise BackboneError(f"{spec}: {path} has no weights; put model.safetensors beside config.json")
    for name, expected in (_json(path / DIGESTS) or {}).get("files", {}).items():
        if (path / name).is_file():
            check_digest(path / name, expected)
    vision = config.get("vision_config") or config
    model_type = str(config.get("model_type", ""))
    mean, scale = _normalisation(path, clip=model_type == "clip")
    patch = vision.get("patch_size")
    patch_px = int(patch[0] if isinstance(patch, list) else patch) if patch else None
    seen = [file_digest(file) for file in (*files, path / "config.json")]
    fingerprint = hashlib.sha256(f"{seen} {mean} {scale}".encode()).hexdigest()
    return ModelFolder(path, model_type, mean, scale, _embed_px(path, vision, patch_px), patch_px, fingerprint)


def _remedy(spec: str) -> str:
    kind = spec.partition(":")[0]
    name = {"dinov2": "dinov2-small", "clip": "clip-vit-b32"}.get(kind)
    fetch = f"`redrabbit weights get {name}` fetches one where there is a network, or " if name else ""
    return f"{fetch}name a folder with config.json and model.safetensors: {kind}:/folder"


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _weight_files(path: Path) -> list[Path]:
    """Safetensors where there are any; else PyTorch files, which are read with `weights_only`."""
    return sorted(path.glob("model*.safetensors")) or sorted(path.glob("pytorch_model*.bin"))


def _normalisation(path: Path, *, clip: bool) -> tuple[tuple[float, ...], tuple[float, ...]]:
    said = _json(path / "preprocessor_config.json") or {}
    mean, scale = CLIP if clip else IMAGENET
    mean, scale = tuple(said.get("image_mean") or mean), tuple(said.get("image_std") or scale)
    full = 1 / float(said.get("rescale_factor") or 1 / 255)
    return tuple(round(value * full, 6) for value in mean), tuple(round(value * full, 6) for value in scale)


def _embed_px(path: Path, vision: dict[str, Any], patch_px: int | None) -> int:
    """The crop that the model's own preprocessing makes, else its image size but not above 224; whole patches."""
    said = (_json(path / "preprocessor_config.json") or {}).get("crop_size")
    side = said.get("height") if isinstance(said, dict) else said
    image = vision.get("image_size")
    image = image[0] if isinstance(image, list) else image
    wanted = int(side or min(int(image or EMBED_PX), EMBED_PX))
    return max(1, wanted // patch_px) * patch_px if patch_px else max(32, wanted // 32 * 32)
