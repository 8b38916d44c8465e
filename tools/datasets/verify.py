"""Is a sculpted data set still what its lineage says: every image is rendered again and compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.datasets.errors import DatasetError
from tools.datasets.files import inside, load_mask
from tools.datasets.lineage import read_lineage
from tools.datasets.model import LineageRecord
from tools.errors import RedRabbitError
from tools.generation.protocol import Generator
from tools.generation.registry import get_generator
from tools.vision.images import content_hash, load_image


@dataclass(frozen=True)
class Mismatch:
    """One image that is not what its lineage says, and how it differs."""

    image: str
    reason: str


@dataclass(frozen=True)
class VerifyResult:
    """`n_images` were looked at; `ok` when none differs."""

    n_images: int
    mismatches: tuple[Mismatch, ...]

    @property
    def ok(self) -> bool:
        """True when every image and mask is bit for bit the same."""
        return not self.mismatches


def verify(root: Path, *, progress: Callable[[int], None] | None = None) -> VerifyResult:
    """Render every image of a data set again.

    An image whose generator cannot draw the same pixels twice (a remote one: its `repeatable` is False) is compared
    with its hashes, and with its photo outside the mask.

    Args:
        root: a folder that `redrabbit sculpt` wrote.
        progress: gets the number of images done.

    Raises:
        DatasetError: there is no lineage, it is empty, or it is damaged.
    """
    if not root.is_dir():
        raise DatasetError(f"{root} does not exist; check the path")
    mismatches: list[Mismatch] = []
    number = 0
    for number, record in enumerate(read_lineage(root), start=1):
        try:
            reason = _difference(root, record)
        except RedRabbitError as error:
            reason = str(error)
        if reason:
            mismatches.append(Mismatch(record.image, reason))
        if progress is not None:
            progress(number)
    if number == 0:
        raise DatasetError(f"{root} has an empty lineage; sculpt it again")
    return VerifyResult(number, tuple(mismatches))


def _difference(root: Path, record: LineageRecord) -> str:
    """How the files differ from the record; empty where they do not."""
    source = load_image(inside(root, record.source))
    if content_hash(source) != record.source_sha256:
        return f"its good photo {record.source} was changed"
    image, mask = load_image(inside(root, record.image)), load_mask(inside(root, record.mask))
    if image.shape != source.shape or mask.shape != source.shape[:2]:
        return f"image {image.shape[:2]}, mask {mask.shape} and photo {source.shape[:2]} differ in size"
    name, _, version = record.generator.partition(" ")
    generator = get_generator(name)
    if not getattr(generator, "repeatable", True):
        return _by_hash(record, source, image, mask)
    if generator.version != version:
        return f"made by {record.generator}, and this is {name} {generator.version}: render it with that version"
    return _by_rendering(generator, record, source, image, mask)


def _by_rendering(
    generator: Generator,
    record: LineageRecord,
    source: np.typing.NDArray[np.uint8],
    image: np.typing.NDArray[np.uint8],
    mask: np.typing.NDArray[np.uint8],
) -> str:
    again = generator.generate(record.blueprint, source, record.seed)
    differing = {
        "image": int((again.image != image).any(axis=2).sum()),
        "mask": int((again.mask != mask).sum()),
    }
    return ", ".join(f"{count} pixels of the {name} differ" for name, count in differing.items() if count)


def _by_hash(
    record: LineageRecord,
    source: np.typing.NDArray[np.uint8],
    image: np.typing.NDArray[np.uint8],
    mask: np.typing.NDArray[np.uint8],
) -> str:
    if content_hash(image) != record.image_sha256:
        return "the image was changed since it was made"
    if content_hash(mask) != record.mask_sha256:
        return "the mask was changed since it was made"
    outside = int(((image != source).any(axis=2) & (mask == 0)).sum())
    return f"{outside} pixels outside the mask are not the photo's own" if outside else ""
