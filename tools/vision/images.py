"""Reading and writing images, with their limits.

Whatever a file holds (grey, palette, CMYK, 16 bit, alpha, EXIF rotation), a caller gets `uint8` H x W x 3 RGB.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from tools.vision.errors import ImageError
from tools.vision.types import Mask, RgbImage

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class ImageLimits:
    """What is still accepted."""

    max_megapixels: float = 100.0
    min_side_px: int = 16
    max_bytes: int = 256 * 1024 * 1024


DEFAULT_LIMITS = ImageLimits()


def load_image(
    source: Path | str | bytes, *, limits: ImageLimits = DEFAULT_LIMITS, name: str | None = None
) -> RgbImage:
    """Decode one image file, or the bytes of one.

    16-bit grey is scaled by its own lowest and highest value; EXIF rotation is applied; alpha is laid on white.

    Args:
        source: a path or the file's bytes.
        limits: size limits, checked before any pixel is decoded.
        name: what to call it in errors; the path's name if not given.

    Returns:
        `uint8` H x W x 3 RGB, contiguous.

    Raises:
        ImageError: missing, empty, not an image, truncated, animated, too small or too large.
    """
    label = name or (Path(source).name if not isinstance(source, bytes) else "the upload")
    data = source if isinstance(source, bytes) else _read(Path(source), label, limits)
    if not data:
        raise ImageError(f"{label} is empty (0 bytes); save the photo again and retry")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                _check(picture, label, limits)
                return _to_rgb(picture)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(f"{label} is not an image that can be read; use PNG, JPEG, BMP, TIFF or WebP") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{label} is larger than {limits.max_megapixels:g} megapixels; scale or crop it") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise ImageError(f"{label} is damaged or cut off ({error}); export it again") from None


def _read(path: Path, label: str, limits: ImageLimits) -> bytes:
    try:
        if path.stat().st_size > limits.max_bytes:
            raise ImageError(f"{label} is larger than {limits.max_bytes // 2**20} MiB; scale or crop it")
        return path.read_bytes()
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist; check the path") from None
    except OSError as error:
        raise ImageError(f"{label} cannot be read: {error.strerror}") from None


def _check(picture: Image.Image, label: str, limits: ImageLimits) -> None:
    width, height = picture.size
    if width * height > limits.max_megapixels * 1e6:
        size = f"{width} x {height} px"
        raise ImageError(f"{label} is {size}, more than {limits.max_megapixels:g} megapixels; scale or crop it")
    if min(width, height) < limits.min_side_px:
        raise ImageError(f"{label} is {width} x {height} px; at least {limits.min_side_px} px a side are needed")
    if getattr(picture, "n_frames", 1) > 1:
        raise ImageError(f"{label} holds {len(list(ImageSequence.Iterator(picture)))} frames; send one still photo")


def _to_rgb(picture: Image.Image) -> RgbImage:
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I") or turned.mode == "F":
        values = np.asarray(turned, dtype=np.float64)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        scaled = np.nan_to_num((values - low) / (high - low) * 255.0) if high > low else np.zeros_like(values)
        grey = scaled.round().astype(np.uint8)
        return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))
    if turned.mode in ("LA", "PA", "RGBA") or "transparency" in turned.info:
        layer = turned.convert("RGBA")
        turned = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return np.ascontiguousarray(np.asarray(turned.convert("RGB"), dtype=np.uint8))


def is_grey(image: RgbImage) -> bool:
    """True when the three channels are the same everywhere."""
    return bool(np.array_equal(image[..., 0], image[..., 1]) and np.array_equal(image[..., 1], image[..., 2]))


def find_images(folder: Path | str) -> list[Path]:
    """The image files below a folder (or the one file), sorted by path; links that lead nowhere are kept, to be told.

    Raises:
        ImageError: it does not exist, cannot be read, or holds no image file.
    """
    root = Path(folder)
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise ImageError(f"{root} does not exist; check the path")
    if not os.access(root, os.R_OK | os.X_OK):
        raise ImageError(f"{root} cannot be read; check its permissions")
    named = (path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    found = sorted(path for path in named if path.is_file() or (path.is_symlink() and not path.exists()))
    if not found:
        kinds = ", ".join(sorted(SUFFIXES))
        raise ImageError(f"{root} holds no image ({kinds}); choose the folder with the photos")
    return found


def iter_images(paths: list[Path], skipped: list[str] | None = None) -> Iterator[tuple[Path, RgbImage]]:
    """Decode one image after the other; files that cannot be used are left out and named in `skipped`."""
    for path in paths:
        try:
            yield path, load_image(path)
        except ImageError as error:
            if skipped is None:
                raise
            skipped.append(str(error))


def encode_png(image: RgbImage | Mask) -> bytes:
    """PNG bytes of an image or a mask; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


def save_png(path: Path | str, image: RgbImage | Mask) -> Path:
    """Write a PNG so that a reader sees the whole file or none; makes the folder."""
    target = Path(path)
    write_atomic(target, encode_png(image))
    return target


def write_atomic(target: Path, data: bytes) -> None:
    """Write bytes to a file beside the target, then move it into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def content_hash(data: bytes | RgbImage | Mask) -> str:
    """SHA-256 in hex: of the bytes, or of an array's shape and pixels."""
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    digest = hashlib.sha256(repr((data.shape, data.dtype.str)).encode())
    digest.update(np.ascontiguousarray(data).tobytes())
    return digest.hexdigest()
