"""MMAD-style question sets from any data set with masks: for a user's own line. Labelled MMAD-style, never MMAD.

What masks and labels can prove is asked: is there a defect, of which type, where, how it looks, which product it is.
Nothing is asked whose right answer would be an opinion, so there are no analysis questions.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from evals.mmad.describe import look_at
from evals.mmad.errors import MmadInputError
from evals.mmad.layout import DETECTION, LOCALIZATION, QUESTION_FILE
from tools.datasets.model import GOOD
from tools.datasets.registry import recognise
from tools.vision.images import load_image, save_png, write_atomic
from tools.vision.types import Mask

LABEL = "MMAD-style"
TEMPLATES = 8
PLACES = {
    "top left": "Top left.", "top": "Top center.", "top right": "Top right.",
    "left": "Left side.", "center": "Center.", "right": "Right side.",
    "bottom left": "Bottom left.", "bottom": "Bottom center.", "bottom right": "Bottom right.",
}  # fmt: skip
_GRID = tuple(PLACES)
OTHER_TYPES = ("scratch", "crack", "stain", "dent", "hole", "contamination", "missing part", "discoloration")
OTHER_PRODUCTS = ("Bottle.", "Circuit board.", "Screw.", "Leather.", "Cable.", "Tablet.", "Wooden board.", "Zipper.")


@dataclass(frozen=True)
class Photo:
    """One photo of the source: good or with a defect's name and mask."""

    path: Path
    label: str
    mask: Path | None
    split: str = "test"

    @property
    def good(self) -> bool:
        """Without a defect?"""
        return self.label == GOOD


def make_questions(
    source: Path,
    out: Path,
    *,
    product: str,
    dataset: str = "own",
    limit: int | None = None,
    train_share: float = 0.4,
    seed: int = 0,
) -> dict[str, int]:
    """Write a question set in the MMAD layout.

    Args:
        source: a data set of any of our formats, or a folder with `good/`, `defect/<type>/` and `masks/<type>/`.
        out: new folder: `mmad.json`, the photos and masks.
        product: what the photos show, in words: "magnetic tile".
        dataset: name of the data set in keys.
        limit: about so many questions, spread over types and good parts.
        train_share: of good photos that become templates and `train/good`, where the source has no train split.
        seed: of every choice.

    Returns:
        Counts of images and questions.

    Raises:
        MmadInputError: no photo with a mask, no good photo, or `out` is not empty.
    """
    if out.exists() and any(out.iterdir()):
        raise MmadInputError(f"{out} is not empty; choose a new folder")
    with photos_in(source) as photos:
        return _write(photos, source, out, product, dataset, limit, train_share, seed)


def _write(
    photos: Sequence[Photo],
    source: Path,
    out: Path,
    product: str,
    dataset: str,
    limit: int | None,
    train_share: float,
    seed: int,
) -> dict[str, int]:
    generator = random.Random(seed)
    train, test = _split(photos, train_share, generator)
    if not train or not any(not photo.good for photo in test):
        raise MmadInputError(f"{source} needs good photos and photos of defects with masks; see docs/mmad.md")
    category = re.sub(r"\W+", "_", product.lower()).strip("_") or "part"
    writer = _Writer(out, dataset, category, product, sorted({p.label for p in test if not p.good}), generator)
    writer.templates(train)
    for photo in _spread(test, limit, generator):
        writer.add(photo)
    about = {"label": LABEL, "made_by": "redrabbit eval mmad make", "product": product, "seed": seed}
    write_atomic(out / QUESTION_FILE, json.dumps({"_about": about, **writer.entries}, indent=1).encode())
    questions = sum(len(entry["conversation"]) for entry in writer.entries.values())
    return {"images": len(writer.entries), "questions": questions, "templates": len(train)}


@contextmanager
def photos_in(source: Path) -> Iterator[list[Photo]]:
    """The photos of a source folder, in a fixed order; formats other than MVTec are converted for the time being.

    Raises:
        MmadInputError: the folder does not exist.
        DatasetError: it has none of our formats.
    """
    if not source.is_dir():
        raise MmadInputError(f"{source} does not exist; give a data set with masks")
    if (source / "good").is_dir() and (source / "defect").is_dir():
        good = [Photo(path, GOOD, None) for path in _images(source / "good")]
        yield good + list(_defects(source / "defect", source / "masks"))
    elif recognise(source).name == "mvtec":
        yield list(_mvtec(source))
    else:
        from tools.datasets.convert import convert

        with tempfile.TemporaryDirectory(prefix="redrabbit-mmad-") as folder:
            convert(source, Path(folder) / "mvtec", "mvtec")
            yield list(_mvtec(Path(folder) / "mvtec"))


def _mvtec(root: Path) -> Iterator[Photo]:
    """`train/good`, `test/good`, `test/<type>`, `ground_truth/<type>/<name>_mask.png`."""
    for split in ("train", "test"):
        if (root / split / GOOD).is_dir():
            yield from (Photo(path, GOOD, None, split) for path in _images(root / split / GOOD))
    yield from _defects(root / "test", root / "ground_truth")


def _defects(folder: Path, masks: Path) -> Iterator[Photo]:
    """Photos below a folder a type that have a mask of their name."""
    for kind in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != GOOD):
        for path in _images(kind):
            names = (f"{path.stem}.png", f"{path.stem}_mask.png")
            mask = next((masks / kind.name / name for name in names if (masks / kind.name / name).is_file()), None)
            if mask is not None:
                yield Photo(path, kind.name, mask)


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".bmp"))


def _split(photos: Sequence[Photo], share: float, generator: random.Random) -> tuple[list[Photo], list[Photo]]:
    train = [photo for photo in photos if photo.good and photo.split == "train"]
    test = [photo for photo in photos if photo.split != "train"]
    if not train:
        good = [photo for photo in photos if photo.good]
        generator.shuffle(good)
        train = good[: max(2, round(share * len(good)))]
        apart = {photo.path for photo in train}
        test = [photo for photo in photos if photo.path not in apart]
    return train, [photo for photo in test if photo.good or photo.mask is not None]


def _spread(photos: Sequence[Photo], limit: int | None, generator: random.Random) -> list[Photo]:
    """As many good as defective photos where there is a limit, defects spread over types."""
    if limit is None:
        return list(photos)
    strata: dict[str, list[Photo]] = {}
    for photo in photos:
        strata.setdefault(photo.label, []).append(photo)
    for some in strata.values():
        generator.shuffle(some)
    good = strata.pop(GOOD, [])
    bad = [
        some[turn]
        for turn in range(max(map(len, strata.values()), default=0))
        for some in strata.values()
        if turn < len(some)
    ]
    chosen: list[Photo] = []
    asked = 0
    while asked < limit and (good or bad):
        if bad:
            chosen.append(bad.pop(0))
            asked += 5
        if good and asked < limit:
            chosen.append(good.pop(0))
            asked += 2
    return chosen


class _Writer:
    """Copies photos and writes their questions."""

    def __init__(
        self, out: Path, dataset: str, category: str, product: str, types: list[str], generator: random.Random
    ) -> None:
        self.out, self.dataset, self.category, self.product = out, dataset, category, product
        self.types, self.random = types, generator
        self.entries: dict[str, Any] = {}
        self._templates: list[str] = []
        self._small: list[Any] = []

    def templates(self, photos: Sequence[Photo]) -> None:
        """Good photos become `train/good`."""
        for photo in photos:
            key = f"{self.dataset}/{self.category}/train/good/{photo.path.name}"
            self._copy(photo.path, key)
            self._templates.append(key)
            self._small.append(_thumbnail(photo.path))

    def add(self, photo: Photo) -> None:
        """One test photo with its questions."""
        inside = f"test/{photo.label}/{photo.path.name}"
        key = f"{self.dataset}/{self.category}/{inside}"
        mask = None if photo.mask is None else load_image(photo.mask)[..., 0] > 127
        if not photo.good and (mask is None or not mask.any()):
            return
        self._copy(photo.path, key)
        entry: dict[str, Any] = {"image_path": inside, "conversation": [], "mask_path": ""}
        if mask is not None and not photo.good:
            entry["mask_path"] = f"ground_truth/{photo.label}/{photo.path.stem}_mask.png"
            pixels: Mask = mask.astype(np.uint8) * np.uint8(255)
            save_png(self.out / self.dataset / self.category / entry["mask_path"], pixels)
        entry["conversation"] = list(self._questions(photo, mask))
        entry["similar_templates"], entry["random_templates"] = self._similar(photo.path), self._some()
        self.entries[key] = entry

    def _questions(self, photo: Photo, mask: Any) -> Iterator[dict[str, Any]]:
        yield self._ask(DETECTION, "Is there any defect in the object?", "No." if photo.good else "Yes.",
                        ["Yes." if photo.good else "No."])  # fmt: skip
        if not photo.good:
            others = [name for name in dict.fromkeys([*self.types, *OTHER_TYPES]) if name != photo.label]
            yield self._ask(
                "Defect Classification",
                "There is a defect in the object. What is the type of the defect?",
                _sentence(photo.label),
                [_sentence(name) for name in self._few([n for n in others if n in self.types], others)],
            )
            cells = _cells(mask)
            if len(cells) <= len(_GRID) - 3:
                far = [PLACES[name] for name in _GRID if name not in cells]
                yield self._ask(
                    LOCALIZATION,
                    "There is a defect in the object. Where is the defect?",
                    PLACES[cells[0]],
                    self.random.sample(far, 3),
                )
            yield self._appearance(photo, mask)
        product = f"{self.product.capitalize()}."
        yield self._ask("Object Classification", "What kind of product is in the image?", product,
                        self.random.sample([p for p in OTHER_PRODUCTS if p != product], 3))  # fmt: skip

    def _appearance(self, photo: Photo, mask: Any) -> dict[str, Any]:
        """A question whose right answer is measured on the mask: shape and tone."""
        image = load_image(photo.path)
        look = look_at(image, cv2.resize(mask.astype(np.float32), (image.shape[1], image.shape[0])), 0.0)
        line = look.shape.is_line or look.shape.aspect_ratio > 4
        dark = look.darker < 0
        texts = {
            (
                is_line,
                is_dark,
            ): f"{'A thin line' if is_line else 'A compact area'} that is {'darker' if is_dark else 'brighter'} than its surroundings."  # noqa: E501
            for is_line in (True, False)
            for is_dark in (True, False)
        }
        right = texts.pop((line, dark))
        return self._ask("Defect Description", "There is a defect in the object. What does the defect look like?",
                         right, list(texts.values()))  # fmt: skip

    def _ask(self, kind: str, text: str, right: str, wrong: Sequence[str]) -> dict[str, Any]:
        options = [right, *wrong]
        self.random.shuffle(options)
        letters = "ABCDEFGH"[: len(options)]
        return {
            "Question": text,
            "Answer": letters[options.index(right)],
            "Options": dict(zip(letters, options, strict=True)),
            "type": kind,
            "annotation": True,
        }

    def _few(self, first: list[str], then: list[str]) -> list[str]:
        """Three wrong types: of the data set's own before general ones."""
        chosen = self.random.sample(first, min(3, len(first)))
        rest = [name for name in then if name not in chosen]
        return chosen + self.random.sample(rest, 3 - len(chosen))

    def _similar(self, path: Path) -> list[str]:
        wanted = _thumbnail(path)
        distance = [float(np.abs(other - wanted).mean()) for other in self._small]
        return [self._templates[index] for index in np.argsort(distance, kind="stable")[:TEMPLATES]]

    def _some(self) -> list[str]:
        return self.random.sample(self._templates, min(TEMPLATES, len(self._templates)))

    def _copy(self, path: Path, key: str) -> None:
        target = self.out / key
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _cells(mask: Any) -> list[str]:
    """The cells of a 3 x 3 grid that a mask touches, the one with most of it first."""
    rows, columns = np.nonzero(mask)
    cell = (3 * rows // mask.shape[0]) * 3 + 3 * columns // mask.shape[1]
    counts = np.bincount(cell, minlength=9)
    return [_GRID[index] for index in np.argsort(-counts, kind="stable") if counts[index]]


def _thumbnail(path: Path) -> Any:
    return cv2.resize(load_image(path), (16, 16), interpolation=cv2.INTER_AREA).astype(np.float32)


def _sentence(name: str) -> str:
    return f"{re.sub(r'[_+]+', ' ', name).strip().capitalize()}."
