"""The methods that sculpting is held against: CutPaste, NSA and DRAEM, written from their papers.

Each takes a good photo, another good photo and a generator, and gives an image and its mask at the photo's size.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import Mask, RgbImage

Spoiler = Callable[[RgbImage, RgbImage, np.random.Generator], tuple[RgbImage, Mask]]


def cutpaste(photo: RgbImage, other: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """A jittered patch or a thin rotated scar of the photo itself, pasted elsewhere (Li et al., CVPR 2021)."""
    del other
    return _scar(photo, rng) if rng.random() < 0.5 else _patch(photo, rng)


def _patch(photo: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    height, width = photo.shape[:2]
    area = rng.uniform(0.02, 0.15) * height * width
    ratio = np.exp(rng.uniform(np.log(0.3), np.log(3.3)))
    h, w = (min(int(np.sqrt(area * ratio)), height - 1), min(int(np.sqrt(area / ratio)), width - 1))
    (y0, x0), (y1, x1) = ((rng.integers(height - h), rng.integers(width - w)) for _ in range(2))
    image, mask = photo.copy(), np.zeros((height, width), np.uint8)
    image[y1 : y1 + h, x1 : x1 + w] = _jitter(photo[y0 : y0 + h, x0 : x0 + w], rng)
    mask[y1 : y1 + h, x1 : x1 + w] = 255
    return image, mask


def _scar(photo: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    height, width = photo.shape[:2]
    w, h = int(rng.integers(2, 17)), int(rng.integers(10, 26))
    y0, x0 = rng.integers(height - h), rng.integers(width - w)
    patch = _jitter(photo[y0 : y0 + h, x0 : x0 + w], rng)
    turn = cv2.getRotationMatrix2D((w / 2, h / 2), rng.uniform(-45, 45), 1.0)
    turn[:, 2] += (rng.uniform(0, width - w), rng.uniform(0, height - h))
    moved = cv2.warpAffine(patch, turn, (width, height))
    mask = cv2.warpAffine(np.full((h, w), 255, np.uint8), turn, (width, height), flags=cv2.INTER_NEAREST)
    return np.where(mask[..., None] > 0, moved, photo), mask


def _jitter(patch: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Brightness and contrast changed by up to 10 %, the paper's colour jitter on a grey patch."""
    gain, contrast = rng.uniform(0.9, 1.1, 2)
    values = patch.astype(np.float32)
    out: RgbImage = np.clip(((values - values.mean()) * contrast + values.mean()) * gain, 0, 255).astype(np.uint8)
    return out


def nsa(photo: RgbImage, other: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One to three resized patches of another photo, blended in by Poisson editing (Schlüter et al., ECCV 2022).

    The mask is where the blend differs from the photo by more than 8 grey levels, cleaned by a median, as the paper
    binarises its labels; gaps below 7 px are closed.
    """
    image = photo.copy()
    for _ in range(int(rng.integers(1, 4))):
        image = _clone(image, other, rng)
    difference = cv2.medianBlur(np.abs(image.astype(np.int16) - photo).max(axis=2).astype(np.uint8), 5)
    changed = np.where(difference > 8, 255, 0).astype(np.uint8)
    return image, cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)).astype(np.uint8)


def _clone(photo: RgbImage, other: RgbImage, rng: np.random.Generator) -> RgbImage:
    height, width = photo.shape[:2]
    share_h, share_w = np.clip(0.06 + rng.gamma(2.0, 0.1, 2), 0.06, 0.8)  # the paper's truncated gamma widths
    h, w = max(8, int(share_h * height)), max(8, int(share_w * width))
    source = cv2.resize(other, (width, height), interpolation=cv2.INTER_AREA)
    y0, x0 = rng.integers(height - h + 1), rng.integers(width - w + 1)
    scale = rng.uniform(0.7, 1.3)
    h2, w2 = min(int(h * scale), height - 4), min(int(w * scale), width - 4)
    patch = cv2.resize(source[y0 : y0 + h, x0 : x0 + w], (w2, h2), interpolation=cv2.INTER_LINEAR)
    inside = np.zeros((h2, w2), np.uint8)
    inside[1:-1, 1:-1] = 255
    centre = (int(rng.integers(w2 // 2 + 1, width - w2 // 2)), int(rng.integers(h2 // 2 + 1, height - h2 // 2)))
    mode = cv2.MIXED_CLONE if rng.random() < 0.5 else cv2.NORMAL_CLONE
    cloned: RgbImage = cv2.seamlessClone(patch, photo, inside, centre, mode)
    return cloned


def draem(photo: RgbImage, other: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """A thresholded Perlin mask filled with a blended texture (Zavrtanik et al., ICCV 2021).

    The paper draws textures from DTD; here they are heavily changed good photos, cut up and turned, and coloured noise.
    """
    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    while mask.mean() < 255 * 0.002:
        mask = np.where(_perlin((height, width), rng) > rng.uniform(0.45, 0.65), 255, 0).astype(np.uint8)
    texture = _texture(other, (height, width), rng)
    opacity = rng.uniform(0.2, 1.0)
    blend = (1 - opacity) * photo + opacity * texture
    return np.where(mask[..., None] > 0, blend, photo).round().astype(np.uint8), mask


def _texture(other: RgbImage, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    if rng.random() < 0.5:
        grey = 0.5 + 0.35 * sum(_perlin(shape, rng) for _ in range(2))
        values = np.repeat(np.clip(grey, 0, 1)[..., None] * 255, 3, axis=2)
    else:
        turned = np.rot90(other, int(rng.integers(4)))
        values = cv2.resize(np.ascontiguousarray(turned), (shape[1], shape[0])).astype(np.float32)
        values = np.roll(values, (rng.integers(shape[0]), rng.integers(shape[1])), axis=(0, 1))
        values = 255 - values if rng.random() < 0.3 else (values - values.mean()) * rng.uniform(0.5, 3) + values.mean()
    return np.clip(values * rng.uniform(0.4, 1.8), 0, 255).astype(np.float32)


def _perlin(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Gradient noise in about -1 … 1, with 2 to 32 cells a side (Perlin 1985)."""
    cells = 2 ** rng.integers(1, 6, 2)
    angle = rng.uniform(0, 2 * np.pi, (cells[0] + 1, cells[1] + 1))
    y = np.linspace(0, cells[0], shape[0], endpoint=False)[:, None]
    x = np.linspace(0, cells[1], shape[1], endpoint=False)[None, :]
    yi, xi = y.astype(int), x.astype(int)
    v, u = y - yi, x - xi

    def corner(dy: int, dx: int) -> NDArray[np.float64]:
        turn = angle[yi + dy, xi + dx]
        return np.asarray(np.cos(turn) * (u - dx) + np.sin(turn) * (v - dy))

    fade_v, fade_u = (t**3 * (t * (t * 6 - 15) + 10) for t in (v, u))
    top = corner(0, 0) * (1 - fade_u) + corner(0, 1) * fade_u
    bottom = corner(1, 0) * (1 - fade_u) + corner(1, 1) * fade_u
    noise: NDArray[np.float32] = ((top * (1 - fade_v) + bottom * fade_v) * np.sqrt(2)).astype(np.float32)
    return noise


BASELINES: dict[str, Spoiler] = {"cutpaste": cutpaste, "nsa": nsa, "draem": draem}
