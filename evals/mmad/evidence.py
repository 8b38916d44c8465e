"""What a detector says of a photo: is it defective, where, and how that place looks. The condition "+ detector".

A detector is fitted for each product on photos of good parts that are no test images (`train/good` of the product where
it is there, else the product's template photos), or comes as a bundle; see `eye` for its threshold.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.mmad.describe import Look, look_at
from evals.mmad.errors import MmadInputError
from evals.mmad.eye import Eye
from evals.mmad.layout import Item, QuestionSet
from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionError
from tools.vision.errors import ImageError
from tools.vision.images import SUFFIXES, load_image
from tools.vision.types import RgbImage

MAX_GOOD = 96
MIN_GOOD = 2
MAX_UNSEEN = 48
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """A detector's view of one photo."""

    defect: bool
    score: float
    threshold: float
    look: Look
    """Where the most striking place is and how it looks, whatever the verdict."""

    def evidence(self) -> str:
        """The finding in words, for a model that is asked with it."""
        verdict = "defective" if self.defect else "good"
        ratio = self.score / self.threshold if self.threshold > 0 else 1.0
        lines = [
            "An anomaly detector that was fitted on good photos of this product has looked at the query image. It can "
            "be wrong.",
            f"Verdict: {verdict} (score {ratio:.2f} times its threshold).",
        ]
        if self.defect:
            lines.append(f"Most striking place: {self.look.place_words()}; {self.look.words()}.")
        return " ".join(lines)


class Detectors:
    """One detector a product, fitted or loaded when first needed.

    Args:
        questions: the whole set: where good photos come from.
        folder: where fitted detectors are kept; a later run takes them from there.
        bundle: a bundle for every product, or a folder with a bundle a product (`<data set>/<category>` or
            `<category>`).
        detector: name of the detector that is fitted.
        seed: of the fit.
        say: called with a sentence about what takes time.
    """

    def __init__(
        self,
        questions: QuestionSet,
        folder: Path,
        *,
        bundle: Path | None = None,
        detector: str = "patchcore",
        seed: int = 0,
        say: Progress | None = None,
    ) -> None:
        self._questions = questions
        self._folder = folder
        self._bundle = bundle
        self._detector = detector
        self._seed = seed
        self._say = say or (lambda text: print(text, file=sys.stderr))
        self._loaded: dict[str, Eye | None] = {}
        self.notes: dict[str, str] = {}
        """Product → which photos its detector was fitted on, or why there is none."""

    def look(self, item: Item, image: RgbImage) -> Finding | None:
        """The finding on a photo; None where its product has no detector."""
        eye = self._get(item)
        if eye is None:
            return None
        sight = eye.see(image)
        look = look_at(image, sight.heat, sight.baseline)
        return Finding(sight.score > sight.threshold, sight.score, sight.threshold, look)

    def _get(self, item: Item) -> Eye | None:
        if item.product not in self._loaded:
            self._loaded.clear()  # one in memory: items come product by product
            self._loaded[item.product] = self._open(item)
        return self._loaded[item.product]

    def _open(self, item: Item) -> Eye | None:
        if self._bundle is not None:
            return self._given(item, self._bundle)
        name = re.sub(r"[^\w.-]+", "_", f"{item.dataset}__{item.category}")
        own = self._folder / f"{name}--{self._detector}-{self._seed}"
        if (own / "eye.json").is_file():
            self.notes.setdefault(item.product, json.loads((own / "eye.json").read_text())["note"])
            return Eye.load(own)
        good = [path for path in good_photos(self._questions, item) if load_photo(path) is not None]
        if len(good) < MIN_GOOD:
            self.notes[item.product] = f"no detector: {len(good)} good photos, at least {MIN_GOOD} are needed"
            self._say(f"{item.product}: {self.notes[item.product]}")
            return None
        note = f"{self._detector} on {len(good)} good photos"
        self._say(f"{item.product}: fitting {note}")
        try:
            eye = Eye.fit(good, self._detector, seed=self._seed)
        except DetectionError as error:
            self.notes[item.product] = f"no detector: {error}"
            self._say(f"{item.product}: {error}")
            return None
        eye.save(own, {"note": note})
        self.notes[item.product] = note
        return eye

    def _given(self, item: Item, folder: Path) -> Eye | None:
        """The bundle that the user gave for this product, with good photos that it has not seen."""
        for place in (folder / item.dataset / item.category, folder / item.category, folder):
            if (place / "bundle.json").is_file():
                bundle = Bundle.load(place)
                seen = set(bundle.manifest.good.sha256)
                paths = good_photos(self._questions, item, 2 * MAX_UNSEEN)
                fresh = [p for p in paths if hashlib.sha256(p.read_bytes()).hexdigest() not in seen][:MAX_UNSEEN]
                images = [image for path in fresh if (image := load_photo(path)) is not None]
                self.notes[item.product] = f"bundle {place.name}; {len(images)} good photos that it had not seen"
                return Eye.of_bundle(bundle, images)
        if not folder.exists():
            raise MmadInputError(f"{folder} does not exist; give a bundle that redrabbit fit wrote")
        if not any(folder.rglob("bundle.json")):
            raise MmadInputError(f"{folder} is no bundle and holds none; make one with redrabbit fit")
        self.notes[item.product] = f"no detector: {folder.name} has no bundle for it"
        return None


def good_photos(questions: QuestionSet, item: Item, limit: int = MAX_GOOD) -> list[Path]:
    """Photos of good parts of an item's product that are no test images, at most `limit`, evenly chosen."""
    mine = [other for other in questions.items if other.product == item.product]
    asked = {other.image.resolve() for other in mine}
    templates = dict.fromkeys(path for other in mine for path in (*other.similar, *other.random))
    folders = dict.fromkeys(path.parent for path in templates)
    for name in dict.fromkeys((item.key.split("/", 1)[0], item.dataset)):
        folders.setdefault(questions.root / name / item.category / "train" / "good", None)
    train = [folder for folder in folders if folder.parts[-2:] == ("train", "good") and folder.is_dir()]
    found = [path for folder in train for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    photos = [path for path in dict.fromkeys([*found, *sorted(templates)]) if path.resolve() not in asked]
    return spread(photos, limit)


def spread(items: Sequence[Path], limit: int) -> list[Path]:
    """At most `limit` of the items, evenly chosen."""
    if len(items) <= limit:
        return list(items)
    chosen: NDArray[np.intp] = np.unique(np.linspace(0, len(items) - 1, limit).round().astype(int))
    return [items[index] for index in chosen]


def load_photo(path: Path) -> RgbImage | None:
    """A photo's pixels; None where the file cannot be read."""
    try:
        return load_image(path)
    except ImageError:
        return None
