"""What a product is, and which colours it has, from its pixels alone: for questions about the object.

The bundled EfficientNet-lite0 still has its ImageNet classifier, whose classes have names that can be compared with
options (see `products`). The names come with Gradio; without them the classifier says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.foreground import find_part
from tools.vision.backbone.prepare import to_batch
from tools.vision.images import content_hash
from tools.vision.types import RgbImage

SIDE_PX = 224
MAX_SEEN = 64
NOISE = 25.0
"""Grey levels of the noise on pictures without content."""
_seen: dict[str, NDArray[np.float64]] = {}
COLOURS = {
    "black": (25, 25, 25), "white": (240, 240, 240), "gray": (128, 128, 128), "silver": (185, 188, 190),
    "red": (190, 35, 35), "orange": (230, 130, 30), "yellow": (235, 210, 60), "green": (50, 140, 60),
    "blue": (45, 80, 175), "purple": (110, 50, 130), "pink": (235, 150, 170), "brown": (115, 75, 45),
    "beige": (215, 195, 160), "gold": (200, 165, 70), "copper": (185, 110, 75), "cream": (240, 230, 205),
    "tan": (200, 165, 120), "metallic": (150, 152, 155), "transparent": (205, 208, 205),
}  # fmt: skip
"""Name → a typical sRGB value."""
_SAME = {"grey": "gray", "silvery": "silver", "golden": "gold", "violet": "purple", "amber": "orange", "dark": "black"}


def names() -> list[str]:
    """The 1,000 ImageNet class names in the classifier's order; none where Gradio does not bring them."""
    return list(_names())


def sighting(images: Sequence[RgbImage]) -> NDArray[np.float64]:
    """How clearly each ImageNet class is seen on photos of one product.

    Args:
        images: `uint8` H x W x 3, at least one.

    Returns:
        A value a class: its logit in standard deviations of a photo's logits, less what pictures without content get
        (Zhao et al., "Calibrate before use", 2021), mean over the photos. About 0 is a class that is not there; a class
        that is there has 5 to 10.
    """
    return np.asarray(np.mean([_standardised(image) for image in images], axis=0) - _without_content())


def _standardised(image: RgbImage) -> NDArray[np.float64]:
    key = content_hash(image)
    if key not in _seen:
        if len(_seen) >= MAX_SEEN:
            _seen.clear()
        _seen[key] = _standardised_logits(image)
    return _seen[key]


def _standardised_logits(image: RgbImage) -> NDArray[np.float64]:
    """The classifier's logits with mean 0 and deviation 1."""
    import torch

    weight, bias = _classifier()
    with torch.inference_mode():
        batch = torch.from_numpy(to_batch([image], (SIDE_PX, SIDE_PX), (127.0,) * 3, (128.0,) * 3))
        pooled = _trunk().pooled(batch).numpy()[0]
    logits = np.asarray(weight @ pooled + bias, dtype=np.float64)
    return np.asarray((logits - logits.mean()) / logits.std())


@lru_cache(maxsize=1)
def _without_content() -> NDArray[np.float64]:
    """Mean standardised logits of plain and of noisy grey pictures: what the classifier says of nothing."""
    generator = np.random.default_rng(0)
    found = []
    for tone in (64, 128, 192):
        for sigma in (None, 0.0, 2.0, 16.0):
            picture = np.full((SIDE_PX, SIDE_PX), float(tone))
            if sigma is not None:
                noise = generator.standard_normal((SIDE_PX, SIDE_PX))
                noise = cv2.GaussianBlur(noise, (0, 0), sigma) if sigma else noise
                picture += NOISE * noise / noise.std()
            grey = np.clip(picture, 0, 255).astype(np.uint8)
            found.append(_standardised_logits(np.repeat(grey[..., None], 3, axis=2)))
    return np.asarray(np.mean(found, axis=0))


def colours(image: RgbImage) -> dict[str, float]:
    """Colour name → share of the part's pixels that are nearest to it (CIELAB)."""
    scale = 96 / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    part = find_part(np.asarray(small, dtype=np.uint8))
    pixels = _lab(np.asarray(small, dtype=np.uint8))[part.mask]
    anchors = _lab(np.array([list(COLOURS.values())], dtype=np.uint8))[0]
    near = np.argmin(((pixels[:, None] - anchors[None]) ** 2).sum(axis=2), axis=1)
    counts = np.bincount(near, minlength=len(COLOURS))
    return {name: float(count / max(len(pixels), 1)) for name, count in zip(COLOURS, counts, strict=True)}


def colour_words(text: str) -> list[str]:
    """The colours that a text names."""
    words = text.lower().replace(".", " ").replace(",", " ").replace("-", " ").split()
    return [_SAME.get(word, word) for word in words if _SAME.get(word, word) in COLOURS]


def _lab(image: RgbImage) -> NDArray[np.float64]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), dtype=np.float64)


@lru_cache(maxsize=1)
def _names() -> list[str]:
    spec = find_spec("gradio")
    if spec is None or spec.origin is None:
        return []
    path = Path(spec.origin).parent / "media_assets" / "data" / "imagenet_labels.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in found] if isinstance(found, list) and len(found) == 1000 else []


@lru_cache(maxsize=1)
def _trunk() -> Any:
    from tools.vision.backbone.efficientnet_lite_network import load_trunk
    from tools.vision.weights import checked_weights

    return load_trunk("efficientnet-lite0", checked_weights("efficientnet-lite0"))


@lru_cache(maxsize=1)
def _classifier() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    import torch

    from tools.vision.weights import checked_weights

    state = torch.load(checked_weights("efficientnet-lite0"), map_location="cpu", weights_only=True)
    return state["_fc.weight"].numpy(), state["_fc.bias"].numpy()
