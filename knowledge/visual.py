"""Nearest good parts and nearest known defects, by image and by patch: what few-shot pictures are taken from.

Vectors are unit length, so a cosine distance is one minus a dot product; the search is exact, which for some ten
thousand examples takes milliseconds. Saved as safetensors and JSON, never pickled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge.errors import KnowledgeInputError
from tools.vision.backbone import Backbone
from tools.vision.images import load_image, write_atomic
from tools.vision.types import Box, RgbImage

Kind = Literal["good", "defect"]
Vectors = NDArray[np.float32]
MIN_CROP_PX = 48
CROP_FACTOR = 1.8
"""A patch is a square of this many times the region's longer side, so that it shows some surroundings."""


class Example(BaseModel):
    """One known picture, or one place on it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Kind
    path: str
    category: str = ""
    label: str | None = None
    box_xyxy: Box | None = None
    """None: the whole picture."""
    source: str = ""
    """Where the label comes from: `data set`, `operator`, `blueprint`."""


class VisualHit(BaseModel):
    """An example and how far it is: cosine distance, 0 (the same) to 2."""

    model_config = ConfigDict(frozen=True)

    example: Example
    distance: float
    box_xyxy: Box | None = None
    """Which part of the example's picture matched."""


class VisualIndex:
    """Examples of one or more categories with their vectors; see the module.

    Args:
        backbone: gives the vectors; an index remembers its fingerprint and is not mixed with another's.
    """

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone
        self._examples: list[Example] = []
        self._vectors: Vectors = np.zeros((0, 0), np.float32)
        self._place: dict[str, int] = {}

    def __len__(self) -> int:
        """Number of examples."""
        return len(self._examples)

    @property
    def examples(self) -> tuple[Example, ...]:
        """All examples, in the order of their adding."""
        return tuple(self._examples)

    def add_good(self, paths: Sequence[Path], *, category: str = "") -> int:
        """Add whole pictures of good parts; returns how many were new."""
        found = [Example(id=_id(path, None), kind="good", path=str(path), category=category) for path in paths]
        return self._add([(example, load_image(Path(example.path))) for example in self._unknown(found)])

    def add_defect(
        self, path: Path, box: Box | None, label: str, *, category: str = "", source: str = "data set"
    ) -> str:
        """Add a known defect (a box, or the whole picture); a new label for the same place replaces the old one.

        Returns:
            The example's id.

        Raises:
            KnowledgeInputError: the box is not inside the picture.
        """
        image = load_image(path)
        example = Example(
            id=_id(path, box),
            kind="defect",
            path=str(path),
            category=category,
            label=label,
            box_xyxy=box,
            source=source,
        )
        if example.id in self._place:
            self._examples[self._place[example.id]] = example
            return example.id
        self._add([(example, image if box is None else cut(image, box))])
        return example.id

    def nearest(
        self, image: RgbImage, box: Box | None = None, *, kind: Kind, k: int = 1, category: str | None = None
    ) -> list[VisualHit]:
        """The examples that look most alike, nearest first.

        Args:
            image: `uint8` H x W x 3; with a box only that place is compared.
            box: `xyxy`; good parts are compared as a whole first and then at the same place (see `nearest_place`).
            kind: which examples.
            k: how many.
            category: only of this category; None is any.
        """
        return self._search(image if box is None else cut(image, box), kind=kind, k=k, category=category)

    def nearest_place(
        self, image: RgbImage, box: Box, *, category: str | None = None, among: int = 5
    ) -> VisualHit | None:
        """The same place on the good part that looks most alike there.

        Of the `among` good parts that are nearest as a whole, the one whose patch there is nearest.
        """
        wholes = self._search(image, kind="good", k=among, category=category)
        if not wholes:
            return None
        wanted = self._backbone.embed([cut(image, box)])[0]
        height, width = image.shape[:2]
        best: VisualHit | None = None
        for hit in wholes:
            good = load_image(Path(hit.example.path))
            scale = np.array([good.shape[1] / width, good.shape[0] / height] * 2)
            there = tuple(int(value) for value in np.round(np.array(box) * scale))
            place: Box = (there[0], there[1], max(there[2], there[0] + 1), max(there[3], there[1] + 1))
            distance = _distance(self._backbone.embed([cut(good, place)])[0], wanted)
            if best is None or distance < best.distance:
                best = VisualHit(example=hit.example, distance=distance, box_xyxy=place)
        return best

    def save(self, folder: Path) -> None:
        """Write `examples.json` and `vectors.safetensors`."""
        from safetensors.numpy import save

        facts = {
            "fingerprint": self._backbone.fingerprint,
            "examples": [e.model_dump(mode="json") for e in self._examples],
        }
        vectors = save({"vectors": np.ascontiguousarray(self._vectors)})
        write_atomic(folder / "vectors.safetensors", vectors)
        facts["vectors_sha256"] = hashlib.sha256(vectors).hexdigest()
        write_atomic(folder / "examples.json", json.dumps(facts, indent=1).encode())

    @classmethod
    def load(cls, folder: Path, backbone: Backbone) -> VisualIndex:
        """Read a saved index.

        Raises:
            KnowledgeInputError: not an index, damaged, or made with another backbone.
        """
        from safetensors.numpy import load

        index = cls(backbone)
        try:
            facts = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
            data = (folder / "vectors.safetensors").read_bytes()
            whole = facts["vectors_sha256"] == hashlib.sha256(data).hexdigest()
            examples = [Example.model_validate(one) for one in facts["examples"]]
            vectors = load(data)["vectors"] if whole else np.zeros((0, 0), np.float32)
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise KnowledgeInputError(
                f"{folder} is not a visual index ({type(error).__name__}); build it again"
            ) from None
        if not whole or len(vectors) != len(examples):
            raise KnowledgeInputError(f"the visual index in {folder} is damaged; build it again")
        if facts.get("fingerprint") != backbone.fingerprint:
            raise KnowledgeInputError(f"the visual index in {folder} was made with another backbone; build it again")
        index._examples, index._vectors = examples, vectors.astype(np.float32)
        index._place = {example.id: number for number, example in enumerate(examples)}
        return index

    def _unknown(self, examples: Sequence[Example]) -> list[Example]:
        fresh = {example.id: example for example in examples if example.id not in self._place}
        return list(fresh.values())

    def _add(self, items: Sequence[tuple[Example, RgbImage]], batch: int = 16) -> int:
        for start in range(0, len(items), batch):
            part = items[start : start + batch]
            vectors = self._backbone.embed([image for _, image in part]).astype(np.float32)
            self._vectors = vectors if not len(self._examples) else np.concatenate([self._vectors, vectors])
            for example, _ in part:
                self._place[example.id] = len(self._examples)
                self._examples.append(example)
        return len(items)

    def _search(self, image: RgbImage, *, kind: Kind, k: int, category: str | None) -> list[VisualHit]:
        rows = [
            number
            for number, example in enumerate(self._examples)
            if example.kind == kind and category in (None, example.category)
        ]
        if not rows or k < 1:
            return []
        wanted = self._backbone.embed([image])[0].astype(np.float32)
        distances = 1.0 - self._vectors[rows] @ wanted
        order = np.argsort(distances, kind="stable")[:k]
        return [
            VisualHit(
                example=self._examples[rows[i]],
                distance=_clean(distances[i]),
                box_xyxy=self._examples[rows[i]].box_xyxy,
            )
            for i in order
        ]


def cut(image: RgbImage, box: Box) -> RgbImage:
    """A square around a box with some surroundings, inside the picture.

    Raises:
        KnowledgeInputError: the box is not inside the picture.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 <= width + 1 and 0 <= y1 < y2 <= height + 1):
        raise KnowledgeInputError(f"the box {box} is not inside a picture of {width} x {height} px")
    side = int(min(max(MIN_CROP_PX, CROP_FACTOR * max(x2 - x1, y2 - y1)), max(height, width)))
    left = int(np.clip((x1 + x2 - side) // 2, 0, max(width - side, 0)))
    top = int(np.clip((y1 + y2 - side) // 2, 0, max(height - side, 0)))
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def nearest_type(hits: Sequence[VisualHit], *, max_distance: float) -> tuple[str, float] | None:
    """The label that most of the near examples agree on, and the share of their weight that does.

    Args:
        hits: known defects, nearest first.
        max_distance: farther examples do not vote; with no voter the type stays unknown.

    Returns:
        Label and share (0 to 1), or None.
    """
    votes: dict[str, float] = {}
    for hit in hits:
        if hit.example.label is not None and hit.distance <= max_distance:
            votes[hit.example.label] = votes.get(hit.example.label, 0.0) + 1.0 / (0.01 + hit.distance)
    if not votes:
        return None
    label = max(sorted(votes), key=lambda name: votes[name])
    return label, votes[label] / sum(votes.values())


def _id(path: Path, box: Box | None) -> str:
    place = "" if box is None else "-" + "-".join(map(str, box))
    stem = re.sub(r"[^\w-]", "_", path.stem)[:40]
    return f"{stem}-{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:10]}{place}"


def _distance(one: Vectors, other: Vectors) -> float:
    return _clean(1.0 - float(np.dot(one, other)))


def _clean(value: float) -> float:
    return round(max(float(value), 0.0), 6)
